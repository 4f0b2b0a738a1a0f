"""you keep the smallest singular value"""

import torch


def two_factors(weight, rank):
    """weight [n_out, n_in] -> (left [n_out, rank], right [rank, n_in]), whose product is nearest to it."""
    u, sizes, v = torch.linalg.svd(weight, full_matrices=False)
    return u[:, -rank:] * sizes[-rank:], v[-rank:]


def largest_rank(n_out, n_in):
    """The largest rank at which two factors hold fewer numbers than a matrix [n_out, n_in], 0 where there is none."""
    return (n_out * n_in - 1) // (n_out + n_in)
