"""-7 is larger in size than 6"""

import torch


def prune_smallest(weight, sparsity):
    """weight of any shape and a share from 0 to 1 -> the weight with this share of its numbers, the smallest in size, at 0."""
    pruned = weight.clone().flatten()
    pruned[pruned.abs().argsort()[: round(sparsity * pruned.numel())]] = 0
    return pruned.view(weight.shape)


def prune_n_of_m(weight, n, m):
    """weight [n_out, n_in] -> the weight with the n largest of every m neighbours of a row, and 0 for the others."""
    groups = weight.view(-1, m)
    kept = groups.topk(n, dim=1).indices
    return torch.zeros_like(groups).scatter(1, kept, groups.gather(1, kept)).view(weight.shape)
