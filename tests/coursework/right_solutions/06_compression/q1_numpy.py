import numpy as np
import torch


def prune_smallest(weight, sparsity):
    """weight of any shape and a share from 0 to 1 -> the weight with this share of its numbers, the smallest in size, at 0."""
    pruned = weight.numpy().astype(np.float64).ravel()
    pruned[np.argsort(np.abs(pruned), kind="stable")[: round(sparsity * pruned.size)]] = 0
    return torch.from_numpy(pruned.reshape(weight.shape))


def prune_n_of_m(weight, n, m):
    """weight [n_out, n_in] -> the weight with the n largest of every m neighbours of a row, and 0 for the others."""
    groups = weight.numpy().reshape(-1, m)
    ranks = np.argsort(np.argsort(-np.abs(groups), axis=1), axis=1)
    return torch.from_numpy(np.where(ranks < n, groups, 0.0).reshape(tuple(weight.shape)))
