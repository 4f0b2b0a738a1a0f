import torch


def pair_costs(x_hat, probability, x, valid):
    counts = [int(row.sum()) for row in valid]
    weights = [(sum(counts) / count) ** 0.5 for count in counts]
    costs = torch.zeros(len(x_hat), len(x))
    for i in range(len(x_hat)):
        for j in range(len(x)):
            apart = sum(abs(float(x_hat[i, r] - x[j, r])) for r in range(x.shape[1]) if valid[j, r])
            costs[i, j] = -3 * probability[i] + 5 * weights[j] / max(weights) * apart
    return costs
