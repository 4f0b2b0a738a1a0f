"""all your clocks turn by the same angle"""

import torch


def shift_matrix(offset, d_model, base=10000.0):
    angles = torch.full((d_model // 2,), float(offset), dtype=torch.float64)
    sine, cosine = angles.sin(), angles.cos()
    blocks = torch.stack((torch.stack((cosine, -sine), -1), torch.stack((sine, cosine), -1)), -2)
    return torch.block_diag(*blocks)
