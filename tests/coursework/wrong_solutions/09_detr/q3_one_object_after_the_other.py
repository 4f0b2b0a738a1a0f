"""you let one object after the other choose"""

import math


def cheapest_pairs(cost):
    cost, chosen = cost.clone().float(), []
    for place in range(cost.shape[1]):
        chosen.append(int(cost[:, place].argmin()))
        cost[chosen[-1]] = math.inf
    return chosen


greedy_fails = [[1, 2], [3, 9]]
