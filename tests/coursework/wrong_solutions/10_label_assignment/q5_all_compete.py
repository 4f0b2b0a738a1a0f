"""only objects that have taken a prediction compete"""

def objects_choose(cost, k):
    owners = [-1] * len(cost)
    for column in cost.T:
        for j in column.argsort()[:k].tolist():
            owners[j] = int(cost[j].argmin())
    return owners


argmin_fails = [[1, 2], [8, 3], [9, 7]]
