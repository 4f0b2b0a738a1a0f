import torch


def inputs(pictures, table, start, positions):
    """pictures [b, h, w], table [k, d], start [d], positions [h·w, d] -> the input tokens [b, h·w, d]."""
    n_levels, n = len(table), len(positions)
    words = torch.nn.functional.one_hot(pictures.reshape(-1, n), n_levels).to(table) @ table
    shift = torch.diag(torch.ones(n - 1, dtype=table.dtype), -1)
    tokens = torch.einsum("mn,bnd->bmd", shift, words)
    tokens[:, 0] = start
    return tokens.add(positions)


def may_use(height, width, row, column):
    """Which pixels come before the pixel (row, column) in raster order, bool [height, width]."""
    seen = torch.zeros(height, width, dtype=torch.bool)
    seen[:row] = True
    seen[row, :column] = True
    return seen
