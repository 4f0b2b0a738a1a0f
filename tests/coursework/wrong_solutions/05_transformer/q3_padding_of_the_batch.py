"""the mask of a sentence depends on the others in the batch"""

import torch


def decoder_mask(target):
    n = target.shape[1]
    return (torch.ones(n, n, dtype=torch.bool).tril() & (target != 0).any(dim=0)[None, None, None, :]).expand(len(target), 1, n, n)
