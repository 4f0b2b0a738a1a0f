from itertools import permutations

import torch


def cheapest_pairs(cost):
    n_queries, n_objects = cost.shape

    def total(queries):
        return float(cost[list(queries), list(range(n_objects))].sum())

    return torch.tensor(min(permutations(range(n_queries), n_objects), key=total))


greedy_fails = [[1, 2], [3, 9]]
