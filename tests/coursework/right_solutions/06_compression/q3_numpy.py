import numpy as np
import torch


def integer_product(x, zero, w):
    """x uint8 [n, n_in] with its zero point, w int8 [n_out, n_in] -> sums int32 [n, n_out]."""
    return torch.from_numpy(((x.numpy().astype(np.float64) - zero) @ w.numpy().astype(np.float64).T).astype(np.int32))


def product_of_values(sums, x_scale, w_scale):
    """sums [n, n_out], a number x_scale, w_scale [n_out] -> the product of the values, float [n, n_out]."""
    return torch.mul(sums, w_scale[None] * x_scale)
