"""for d_model = 6 the matrix should be [6, 6]"""

import torch


def shift_matrix(offset, d_model, base=10000.0):
    return torch.diag((offset * clock_speeds(d_model, base)).cos())  # noqa: F821
