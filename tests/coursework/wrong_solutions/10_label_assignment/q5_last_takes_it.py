"""the last object takes prediction 0"""

def objects_choose(cost, k):
    owners = [-1] * len(cost)
    for i, column in enumerate(cost.T):
        for j in column.argsort()[:k].tolist():
            owners[j] = i
    return owners


argmin_fails = [[1, 2], [8, 3], [9, 7]]
