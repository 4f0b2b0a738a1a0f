"""your scores are [keys, queries]"""

import torch


def additive_scores(query, key, w):
    return torch.tanh(query[None, :, :] + key[:, None, :]) @ w
