import torch


def pair_costs(x_hat, probability, x, valid):
    counts = valid.double().sum(1)
    weights = (counts.min() / counts) ** 0.5
    apart = torch.einsum("qnp,np->qn", (x_hat[:, None] - x[None]).abs().double(), valid.double())
    return 5 * apart * weights - 3 * probability.double().unsqueeze(1)
