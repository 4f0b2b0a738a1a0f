"""objects_choose should return p whole numbers"""

def objects_choose(cost, k):
    owners = [-1] * len(cost)
    for i, column in enumerate(cost.T):
        for j in column.argsort()[:k].tolist():
            if owners[j] == -1 or column[j] < cost[j, owners[j]]:
                owners[j] = i
    return


argmin_fails = [[1, 2], [8, 3], [9, 7]]
