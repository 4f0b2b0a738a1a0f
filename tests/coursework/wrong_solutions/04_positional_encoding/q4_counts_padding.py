"""padding changes nothing in your code"""

import math

import torch


def sine_map(mask, d_model):
    everywhere = torch.ones_like(mask)
    rows, columns = everywhere.cumsum(1).float(), everywhere.cumsum(2).float()
    rows = rows / (rows[:, -1:, :] + 1e-6) * 2 * math.pi
    columns = columns / (columns[:, :, -1:] + 1e-6) * 2 * math.pi
    codes = torch.cat((axis_code(rows, d_model // 2), axis_code(columns, d_model // 2)), dim=-1)  # noqa: F821
    return codes.permute(0, 3, 1, 2)
