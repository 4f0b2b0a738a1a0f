"""int(…) cuts them off"""

from itertools import permutations


def cheapest_pairs(cost):
    n_queries, n_objects = cost.shape

    def total(queries):
        return sum(int(cost[query, place]) for place, query in enumerate(queries))

    return list(min(permutations(range(n_queries), n_objects), key=total))


greedy_fails = [[1, 2], [3, 9]]
