"""your exponent is f over d_model"""

import torch


def sinusoidal_code(positions, d_model, base=10000.0):
    if d_model % 2:
        raise ValueError("d_model must be even")
    speeds = base ** (-torch.arange(d_model // 2) / d_model)
    angles = positions[..., None] * speeds
    return torch.stack((angles.sin(), angles.cos()), dim=-1).flatten(-2)
