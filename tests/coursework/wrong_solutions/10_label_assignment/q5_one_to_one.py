"""that is a one-to-one matching"""

from itertools import permutations


def objects_choose(cost, k):
    owners = [-1] * len(cost)
    ways = permutations(range(len(cost)), cost.shape[1])
    best = min(ways, key=lambda way: sum(float(cost[j, i]) for i, j in enumerate(way)))
    for i, j in enumerate(best):
        owners[j] = i
    return owners


argmin_fails = [[1, 2], [8, 3], [9, 7]]
