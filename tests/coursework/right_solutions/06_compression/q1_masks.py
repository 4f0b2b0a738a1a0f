import torch


def prune_smallest(weight, sparsity):
    """weight of any shape and a share from 0 to 1 -> the weight with this share of its numbers, the smallest in size, at 0."""
    stays = weight.numel() - round(sparsity * weight.numel())
    mask = torch.zeros(weight.numel())
    mask[weight.flatten().abs().topk(stays).indices] = 1
    return weight * mask.view(weight.shape)


def prune_n_of_m(weight, n, m):
    """weight [n_out, n_in] -> the weight with the n largest of every m neighbours of a row, and 0 for the others."""
    groups = weight.unflatten(1, (-1, m))
    order = groups.abs().argsort(dim=-1, descending=True).argsort(dim=-1)
    return (groups * (order < n)).flatten(1)
