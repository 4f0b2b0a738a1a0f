"""you take the cheapest pair first"""

import math


def cheapest_pairs(cost):
    cost, chosen = cost.clone().float(), {}
    for _ in range(cost.shape[1]):
        query, place = divmod(int(cost.argmin()), cost.shape[1])
        chosen[place] = query
        cost[query], cost[:, place] = math.inf, math.inf
    return [chosen[place] for place in range(cost.shape[1])]


greedy_fails = [[1, 2], [3, 9]]
