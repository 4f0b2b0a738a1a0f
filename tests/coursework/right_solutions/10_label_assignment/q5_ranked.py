def objects_choose(cost, k):
    owners = {}
    wants = [(c, j, i) for i in range(cost.shape[1]) for c, j in sorted((float(c), j) for j, c in enumerate(cost[:, i]))[:k]]
    for _, j, i in sorted(wants):
        owners.setdefault(j, i)
    return [owners.get(j, -1) for j in range(cost.shape[0])]


argmin_fails = [(0, 1), (5, 2), (8, 9)]
