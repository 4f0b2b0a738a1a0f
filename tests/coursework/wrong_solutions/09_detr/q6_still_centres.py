"""your boxes are still centre and size"""

import torch


def detections(logits, boxes, sizes):
    found = []
    for picture, (height, width) in enumerate(sizes):
        scores, labels = logits[picture].softmax(dim=-1)[:, :-1].max(dim=-1)
        corners = boxes[picture] * torch.tensor([width, height, width, height])
        found.append({"scores": scores, "labels": labels, "boxes": corners})
    return found
