"""a place on the edge still has the pixels inside of it"""

import math

import torch


def sample(features, x, y):
    """features [h, w, d] and a place, x and y as shares of its width and height -> [d]."""
    h, w, _ = features.shape
    column, row = x * w - 0.5, y * h - 0.5
    if not (0 <= column <= w - 1 and 0 <= row <= h - 1):
        return torch.zeros_like(features[0, 0])
    left, top = math.floor(column), math.floor(row)
    total = torch.zeros_like(features[0, 0])
    for j in (top, top + 1):
        for i in (left, left + 1):
            if 0 <= i < w and 0 <= j < h:
                total = total + (1 - abs(column - i)) * (1 - abs(row - j)) * features[j, i]
    return total
