"""your sums are [n_out, n]"""

import torch


def integer_product(x, zero, w):
    """x uint8 [n, n_in] with its zero point, w int8 [n_out, n_in] -> sums int32 [n, n_out]."""
    return w.to(torch.int32) @ (x.to(torch.int32) - zero).T


def product_of_values(sums, x_scale, w_scale):
    """sums [n, n_out], a number x_scale, w_scale [n_out] -> the product of the values, float [n, n_out]."""
    return sums * (x_scale * w_scale)
