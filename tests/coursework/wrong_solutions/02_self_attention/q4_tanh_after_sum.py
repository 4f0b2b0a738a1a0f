"""your tanh comes after the sum over features"""

import torch


def additive_scores(query, key, w):
    return torch.tanh((query[:, None, :] + key[None, :, :]) @ w)
