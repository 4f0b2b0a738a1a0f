"""a negative point should have the centre-ness 0"""

import math

import torch


def serve_points(points, low, high, boxes):
    if not len(boxes):
        return [-1] * len(points), torch.zeros(len(points))
    sides = torch.cat([points[:, None] - boxes[:, :2], boxes[:, 2:] - points[:, None]], dim=-1)
    largest = sides.amax(dim=-1)
    suits = (sides.amin(dim=-1) > 0) & (low[:, None] <= largest) & (largest <= high[:, None])
    area = (boxes[:, 2:] - boxes[:, :2]).prod(dim=-1)
    smallest, objects = torch.where(suits, area, math.inf).min(dim=1)
    near_side, far_side = sides[range(len(points)), objects].view(-1, 2, 2).aminmax(dim=1)
    centreness = (near_side / far_side).prod(dim=-1).sqrt()
    return torch.where(smallest < math.inf, objects, -1), torch.where(smallest < math.inf, centreness, 1.0)
