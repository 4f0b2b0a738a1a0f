"""do not add it to the first pixel"""

import torch


def inputs(pictures, table, start, positions):
    """pictures [b, h, w], table [k, d], start [d], positions [h·w, d] -> the input tokens [b, h·w, d]."""
    tokens = table[pictures.flatten(1)]
    tokens[:, 0] = tokens[:, 0] + start
    return tokens + positions


def may_use(height, width, row, column):
    """Which pixels come before the pixel (row, column) in raster order, bool [height, width]."""
    return (torch.arange(height * width) < row * width + column).view(height, width)
