"""in yours the diagonal of the weights is 0"""

import math

import torch


def attention(query, key, value, mask=None):
    scores = query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1])
    if mask is None and scores.shape[-1] == scores.shape[-2]:
        mask = ~torch.eye(scores.shape[-1], dtype=torch.bool)
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf)
    weights = scores.softmax(dim=-1).nan_to_num(0.0)
    return weights @ value, weights
