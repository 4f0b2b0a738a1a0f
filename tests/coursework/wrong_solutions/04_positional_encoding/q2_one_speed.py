"""all your clocks run at the same speed"""

import torch


def sinusoidal_code(positions, d_model, base=10000.0):
    if d_model % 2:
        raise ValueError("d_model must be even")
    angles = positions[..., None].expand(*positions.shape, d_model // 2)
    return torch.stack((angles.sin(), angles.cos()), dim=-1).flatten(-2)
