"""sum over the rows, do not take their mean"""


def pair_costs(x_hat, probability, x, valid):
    """x_hat [q, p], probability [q], x [n, p] and valid [n, p] (bool) -> costs [q, n]."""
    counts = valid.sum(dim=1)
    weights = (counts.sum() / counts).sqrt()
    weights = weights / weights.max()
    apart = ((x_hat[:, None] - x).abs() * valid).sum(dim=-1) / valid.sum(dim=1)
    return -3 * probability[:, None] + 5 * weights * apart
