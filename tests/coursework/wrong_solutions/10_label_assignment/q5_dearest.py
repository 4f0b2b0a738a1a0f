"""your objects take the dearest predictions"""

def objects_choose(cost, k):
    owners = [-1] * len(cost)
    for i, column in enumerate(cost.T):
        for j in column.argsort(descending=True)[:k].tolist():
            if owners[j] == -1 or column[j] < cost[j, owners[j]]:
                owners[j] = i
    return owners


argmin_fails = [[1, 2], [8, 3], [9, 7]]
