"""yours hides the later keys always"""

import math

import torch


def attention(query, key, value, mask=None):
    scores = query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1])
    seen = torch.ones(scores.shape[-2:]).tril().bool()
    scores = scores.masked_fill(~seen if mask is None else ~mask, -math.inf)
    weights = scores.softmax(dim=-1).nan_to_num(0.0)
    return weights @ value, weights
