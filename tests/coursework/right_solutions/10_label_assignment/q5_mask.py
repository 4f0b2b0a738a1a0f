def objects_choose(cost, k):
    if cost.shape[1] == 0:
        return torch.full((len(cost),), -1)
    taken = cost.argsort(dim=0).argsort(dim=0) < k
    left = torch.where(taken, cost, math.inf)
    return torch.where(taken.any(1), left.argmin(1), -1)


argmin_fails = torch.tensor([[2, 0], [9, 8], [3, 7]])
