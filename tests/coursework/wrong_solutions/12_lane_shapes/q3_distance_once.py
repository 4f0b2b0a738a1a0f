"""the distances count five times"""


def pair_costs(x_hat, probability, x, valid):
    """x_hat [q, p], probability [q], x [n, p] and valid [n, p] (bool) -> costs [q, n]."""
    counts = valid.sum(dim=1)
    weights = (counts.sum() / counts).sqrt()
    weights = weights / weights.max()
    apart = ((x_hat[:, None] - x).abs() * valid).sum(dim=-1)
    return -3 * probability[:, None] + weights * apart
