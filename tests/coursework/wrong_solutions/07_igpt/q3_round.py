"""the last pixel has come round to the front"""

import torch


def inputs(pictures, table, start, positions):
    """pictures [b, h, w], table [k, d], start [d], positions [h·w, d] -> the input tokens [b, h·w, d]."""
    return table[pictures.flatten(1).roll(1, dims=1)] + positions


def may_use(height, width, row, column):
    """Which pixels come before the pixel (row, column) in raster order, bool [height, width]."""
    return (torch.arange(height * width) < row * width + column).view(height, width)
