"""the first object keeps prediction 1"""

def objects_choose(cost, k):
    owners = [-1] * len(cost)
    for i in cost.amin(dim=0).argsort().tolist():
        for j in cost[:, i].argsort()[:k].tolist():
            if owners[j] == -1:
                owners[j] = i
    return owners


argmin_fails = [[1, 2], [8, 3], [9, 7]]
