import torch


def two_factors(weight, rank):
    """weight [n_out, n_in] -> (left [n_out, rank], right [rank, n_in]), whose product is nearest to it."""
    u, sizes, v = torch.svd(weight)
    roots = torch.diag(sizes[:rank].sqrt())
    return u[:, :rank] @ roots, roots @ v[:, :rank].T


def largest_rank(n_out, n_in):
    """The largest rank at which two factors hold fewer numbers than a matrix [n_out, n_in], 0 where there is none."""
    rank = 0
    while (rank + 1) * (n_out + n_in) < n_out * n_in:
        rank += 1
    return rank
