import numpy as np
import torch


def two_factors(weight, rank):
    """weight [n_out, n_in] -> (left [n_out, rank], right [rank, n_in]), whose product is nearest to it."""
    u, sizes, v = np.linalg.svd(weight.numpy())
    return torch.from_numpy(u[:, :rank]), torch.from_numpy(np.diag(sizes[:rank]) @ v[:rank])


def largest_rank(n_out, n_in):
    """The largest rank at which two factors hold fewer numbers than a matrix [n_out, n_in], 0 where there is none."""
    return max((rank for rank in range(min(n_out, n_in)) if rank * n_out + rank * n_in < n_out * n_in), default=0)
