"""only the first clock moves"""

import torch


def shift_matrix(offset, d_model, base=10000.0):
    angles = offset * clock_speeds(d_model, base)  # noqa: F821
    sine, cosine = angles.sin(), angles.cos()
    matrix = torch.eye(d_model, dtype=torch.float64)
    matrix[:2, :2] = torch.tensor([[cosine[0], -sine[0]], [sine[0], cosine[0]]])
    return matrix
