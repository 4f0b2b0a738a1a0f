"""your numbers end at 1"""

import torch


def sine_map(mask, d_model):
    rows, columns = mask.cumsum(1).float(), mask.cumsum(2).float()
    rows = rows / (rows[:, -1:, :] + 1e-6)
    columns = columns / (columns[:, :, -1:] + 1e-6)
    codes = torch.cat((axis_code(rows, d_model // 2), axis_code(columns, d_model // 2)), dim=-1)  # noqa: F821
    return codes.permute(0, 3, 1, 2)
