"""you take the mean over the predictions"""


def share_right(predicted, line, near=20.0):
    """x of a prediction and of a line, px [n], below 0 where there is none -> the share of rows that agree."""
    both, neither = (predicted >= 0) & (line >= 0), (predicted < 0) & (line < 0)
    right = (both & ((predicted - line).abs() < near)) | neither
    return right.double().mean().item()


def best_shares(predictions, lines, near=20.0):
    """Predictions [p, n] and lines [m, n] -> for each line the largest share, m numbers."""
    return [sum(share_right(p, line, near) for p in predictions) / max(1, len(predictions)) for line in lines]
