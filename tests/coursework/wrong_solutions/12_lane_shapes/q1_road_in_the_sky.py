"""above the horizon there is no road"""

import torch


def curve_x(curve, y):
    """curve [6] and rows y [n], shares of the height -> x [n], shares of the width, -2 from the horizon upwards."""
    k, f, m, n, b, shift = curve
    below = y != f
    s = torch.where(below, y - f, 1.0)
    return torch.where(below, k / s**2 + m / s + n + b * y - shift, -2.0)
