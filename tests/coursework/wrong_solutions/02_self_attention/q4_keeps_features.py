"""your scores still have the feature dimension"""

import torch


def additive_scores(query, key, w):
    return torch.tanh(query[:, None, :] + key[None, :, :]) * w
