"""has the larger weight with you"""


def pair_costs(x_hat, probability, x, valid):
    """x_hat [q, p], probability [q], x [n, p] and valid [n, p] (bool) -> costs [q, n]."""
    counts = valid.sum(dim=1)
    weights = (counts / counts.sum()).sqrt()
    weights = weights / weights.max()
    apart = ((x_hat[:, None] - x).abs() * valid).sum(dim=-1)
    return -3 * probability[:, None] + 5 * weights * apart
