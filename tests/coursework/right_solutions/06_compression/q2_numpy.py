import numpy as np
import torch


def to_int8(weight):
    """weight [n_out, n_in] -> (whole numbers int8 [n_out, n_in], scale [n_out])."""
    numbers = weight.numpy().astype(np.float64)
    scale = np.maximum(np.abs(numbers).max(axis=1), 1e-30) / 127
    return torch.from_numpy(np.rint(numbers / scale[:, None]).astype(np.int8)), torch.from_numpy(scale)
