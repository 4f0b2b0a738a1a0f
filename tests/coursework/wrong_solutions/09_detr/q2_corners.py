"""you measure the distance between corners"""

import torch


def matching_cost(logits, boxes, labels, places, overlap):
    probability = logits.softmax(dim=-1)[:, labels]
    boxes, places = (torch.cat((box[:, :2] - box[:, 2:] / 2, box[:, :2] + box[:, 2:] / 2), dim=-1) for box in (boxes, places))
    distance = (boxes[:, None] - places[None]).abs().sum(dim=-1)
    return -probability + 5 * distance - 2 * overlap
