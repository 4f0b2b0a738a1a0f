"""the cosine of a clock has another speed than its sine"""

import torch


def sinusoidal_code(positions, d_model, base=10000.0):
    if d_model % 2:
        raise ValueError("d_model must be even")
    columns = torch.arange(d_model)
    angles = positions[..., None] * base ** (-columns / d_model)
    return torch.where(columns % 2 == 0, angles.sin(), angles.cos())
