"""the last pixel is left out"""

import torch


def inputs(pictures, table, start, positions):
    """pictures [b, h, w], table [k, d], start [d], positions [h·w, d] -> the input tokens [b, h·w, d]."""
    before = table[pictures.flatten(1)]
    return torch.cat((start.expand(len(pictures), 1, -1), before), dim=1) + torch.cat((positions, positions[-1:]))


def may_use(height, width, row, column):
    """Which pixels come before the pixel (row, column) in raster order, bool [height, width]."""
    return (torch.arange(height * width) < row * width + column).view(height, width)
