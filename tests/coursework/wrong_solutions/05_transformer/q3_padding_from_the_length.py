"""padding may stand in front of the words"""

import torch


def decoder_mask(target):
    n = target.shape[1]
    causal = torch.ones(n, n, dtype=torch.bool).tril()
    lengths = (target != 0).sum(dim=1)
    return causal & (torch.arange(n) < lengths[:, None])[:, None, None, :]
