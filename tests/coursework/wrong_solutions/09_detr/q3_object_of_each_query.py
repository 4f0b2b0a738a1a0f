"""you return the object of each query"""

from itertools import permutations


def cheapest_pairs(cost):
    n_queries, n_objects = cost.shape

    def total(queries):
        return float(cost[list(queries), list(range(n_objects))].sum())

    best = min(permutations(range(n_queries), n_objects), key=total)
    return [best.index(query) for query in range(n_queries) if query in best]


greedy_fails = [[1, 2], [3, 9]]
