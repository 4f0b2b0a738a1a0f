"""for positions [2, 3] and d_model = 6"""

import torch


def sinusoidal_code(positions, d_model, base=10000.0):
    if d_model % 2:
        raise ValueError("d_model must be even")
    speeds = base ** (-torch.arange(0, d_model, 2) / d_model)
    angles = torch.outer(positions, speeds)
    return torch.stack((angles.sin(), angles.cos()), dim=2).reshape(len(positions), d_model)
