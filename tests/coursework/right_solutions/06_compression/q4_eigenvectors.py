import math

import torch


def two_factors(weight, rank):
    """weight [n_out, n_in] -> (left [n_out, rank], right [rank, n_in]), whose product is nearest to it."""
    _, vectors = torch.linalg.eigh(weight.double() @ weight.double().T)
    left = vectors[:, -rank:]
    return left, left.T @ weight.double()


def largest_rank(n_out, n_in):
    """The largest rank at which two factors hold fewer numbers than a matrix [n_out, n_in], 0 where there is none."""
    return math.ceil(n_out * n_in / (n_out + n_in)) - 1
