"""your words attend to later words"""

import torch


def decoder_mask(target):
    n = target.shape[1]
    return torch.ones(n, n, dtype=torch.bool).triu() & (target != 0)[:, None, None, :]
