"""that is one mask for all sentences"""

import torch


def decoder_mask(target):
    n = target.shape[1]
    return torch.ones(n, n, dtype=torch.bool).tril()
