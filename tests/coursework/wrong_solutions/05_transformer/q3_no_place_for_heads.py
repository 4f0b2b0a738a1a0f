"""add the place for the heads"""

import torch


def decoder_mask(target):
    n = target.shape[1]
    return torch.ones(n, n, dtype=torch.bool).tril() & (target != 0)[:, None, :]
