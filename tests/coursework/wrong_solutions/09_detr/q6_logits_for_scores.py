"""your scores are logits"""

import torch


def detections(logits, boxes, sizes):
    found = []
    for picture, (height, width) in enumerate(sizes):
        scores, labels = logits[picture][:, :-1].max(dim=-1)
        centre, size = boxes[picture, :, :2], boxes[picture, :, 2:]
        corners = torch.cat([centre - size / 2, centre + size / 2], dim=-1) * torch.tensor([width, height, width, height])
        found.append({"scores": scores, "labels": labels, "boxes": corners})
    return found
