"""so none is lost"""

def objects_choose(cost, k):
    owners = [-1] * len(cost)
    for i, column in enumerate(cost.T):
        for j in column.argsort()[:k].tolist():
            if owners[j] == -1 or column[j] < cost[j, owners[j]]:
                owners[j] = i
    return owners


argmin_fails = [[1, 5], [8, 2], [9, 7]]
