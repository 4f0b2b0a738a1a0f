"""the groups lie in the rows, not in the columns"""

import torch


def prune_smallest(weight, sparsity):
    """weight of any shape and a share from 0 to 1 -> the weight with this share of its numbers, the smallest in size, at 0."""
    pruned = weight.clone().flatten()
    pruned[pruned.abs().argsort()[: round(sparsity * pruned.numel())]] = 0
    return pruned.view(weight.shape)


def prune_n_of_m(weight, n, m):
    """weight [n_out, n_in] -> the weight with the n largest of every m neighbours of a row, and 0 for the others."""
    turned = weight.T if len(weight) % m == 0 else weight
    groups = turned.reshape(-1, m)
    kept = groups.abs().topk(n, dim=1).indices
    pruned = torch.zeros_like(groups).scatter(1, kept, groups.gather(1, kept)).view(turned.shape)
    return pruned.T if len(weight) % m == 0 else pruned
