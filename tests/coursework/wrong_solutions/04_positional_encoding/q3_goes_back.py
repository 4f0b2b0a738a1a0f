"""your matrix goes back instead of forward"""

import torch


def shift_matrix(offset, d_model, base=10000.0):
    angles = offset * clock_speeds(d_model, base)  # noqa: F821
    sine, cosine = angles.sin(), angles.cos()
    blocks = torch.stack((torch.stack((cosine, sine), -1), torch.stack((-sine, cosine), -1)), -2)
    return torch.block_diag(*blocks)
