"""are sine and cosine interleaved?"""

import torch


def shift_matrix(offset, d_model, base=10000.0):
    angles = offset * clock_speeds(d_model, base)  # noqa: F821
    sine, cosine = angles.sin(), angles.cos()
    top = torch.cat((torch.diag(cosine), torch.diag(-sine)), dim=1)
    return torch.cat((top, torch.cat((torch.diag(sine), torch.diag(cosine)), dim=1)))
