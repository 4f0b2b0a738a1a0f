"""you stretch the sequence of patches"""

import torch


def stretched(positions, grid, new_grid):
    """positions [1 + rows·columns, d], two grids (rows, columns) -> positions of the new grid, [1 + new_rows·new_columns, d]."""
    size = new_grid[0] * new_grid[1]
    maps = torch.nn.functional.interpolate(positions[1:].T[None], size, mode="linear", align_corners=True)[:, :, None]
    return torch.cat((positions[:1], maps.flatten(2)[0].T))
