"""begin with math.inf, not with a fixed number"""

from itertools import permutations


def cheapest_pairs(cost):
    best, least = [], 100
    for queries in permutations(range(cost.shape[0]), cost.shape[1]):
        total = sum(float(cost[query, place]) for place, query in enumerate(queries))
        if total < least:
            best, least = list(queries), total
    return best


greedy_fails = [[1, 2], [3, 9]]
