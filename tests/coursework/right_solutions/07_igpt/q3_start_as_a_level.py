import torch
import torch.nn.functional as F


def inputs(pictures, table, start, positions):
    """pictures [b, h, w], table [k, d], start [d], positions [h·w, d] -> the input tokens [b, h·w, d]."""
    with_start = torch.vstack((table, start[None])).double()
    before = F.pad(pictures.flatten(start_dim=1), (1, -1), value=len(table))
    return F.embedding(before, with_start) + positions[None]


def may_use(height, width, row, column):
    """Which pixels come before the pixel (row, column) in raster order, bool [height, width]."""
    order = torch.arange(height)[:, None] * width + torch.arange(width)[None, :]
    return order.lt(order[row, column])
