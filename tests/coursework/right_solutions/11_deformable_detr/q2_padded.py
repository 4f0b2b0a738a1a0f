import torch


def sample(features, x, y):
    """features [h, w, d] and a place, x and y as shares of its width and height -> [d]."""
    h, w, d = features.shape
    framed = torch.zeros(h + 2, w + 2, d, dtype=torch.float64)
    framed[1:-1, 1:-1] = features
    column, row = min(max(x * w + 0.5, 0.0), w + 1.0), min(max(y * h + 0.5, 0.0), h + 1.0)
    i, j = min(int(column), w), min(int(row), h)
    above, below = (torch.lerp(framed[r, i], framed[r, i + 1], column - i) for r in (j, j + 1))
    return torch.lerp(above, below, row - j)
