"""your mask does not know about padding"""

import torch


def decoder_mask(target):
    n = target.shape[1]
    return torch.ones(n, n, dtype=torch.bool).tril().expand(len(target), 1, n, n)
