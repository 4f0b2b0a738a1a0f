"""cheapest_pairs changes the costs it was given"""

from itertools import permutations


def cheapest_pairs(cost):
    n_queries, n_objects = cost.shape

    def total(queries):
        return float(cost[list(queries), list(range(n_objects))].sum())

    best = list(min(permutations(range(n_queries), n_objects), key=total))
    cost[best] = 1000
    return best


greedy_fails = [[1, 2], [3, 9]]
