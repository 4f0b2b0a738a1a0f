"""with your matrix greedy is as cheap"""

from itertools import permutations


def cheapest_pairs(cost):
    n_queries, n_objects = cost.shape

    def total(queries):
        return float(cost[list(queries), list(range(n_objects))].sum())

    return list(min(permutations(range(n_queries), n_objects), key=total))


greedy_fails = [[1, 3], [4, 2]]
