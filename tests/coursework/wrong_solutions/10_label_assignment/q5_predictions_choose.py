"""every prediction chooses an object"""

def objects_choose(cost, k):
    return cost.argmin(dim=1)


argmin_fails = [[1, 2], [8, 3], [9, 7]]
