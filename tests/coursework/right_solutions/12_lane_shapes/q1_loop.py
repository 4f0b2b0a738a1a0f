import torch


def curve_x(curve, y):
    k, f, m, n, b, shift = curve.tolist()
    x = []
    for row in y.tolist():
        x.append(k / (row - f) ** 2 + m / (row - f) + n + b * row - shift if row > f else -2.0)
    return torch.tensor(x)
