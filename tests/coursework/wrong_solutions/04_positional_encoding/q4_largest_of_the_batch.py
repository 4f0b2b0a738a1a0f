"""a smaller picture in the batch changes"""

import math

import torch


def sine_map(mask, d_model):
    rows, columns = mask.cumsum(1).float(), mask.cumsum(2).float()
    rows = rows / (rows.amax(dim=(1, 2), keepdim=True) + 1e-6) * 2 * math.pi
    columns = columns / (columns.amax(dim=(1, 2), keepdim=True).amin(dim=0, keepdim=True) + 1e-6) * 2 * math.pi
    codes = torch.cat((axis_code(rows, d_model // 2), axis_code(columns, d_model // 2)), dim=-1)  # noqa: F821
    return codes.permute(0, 3, 1, 2)
