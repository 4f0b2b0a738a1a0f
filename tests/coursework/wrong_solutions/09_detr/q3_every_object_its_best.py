"""one query answers for two objects"""

def cheapest_pairs(cost):
    return cost.argmin(dim=0).tolist() if len(cost) else []


greedy_fails = [[1, 2], [3, 9]]
