"""a word may not attend to itself in your mask"""

import torch


def decoder_mask(target):
    n = target.shape[1]
    return torch.ones(n, n, dtype=torch.bool).tril(-1) & (target != 0)[:, None, None, :]
