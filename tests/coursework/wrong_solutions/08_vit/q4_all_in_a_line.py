"""the class token has no place on the grid"""

import torch


def stretched(positions, grid, new_grid):
    """positions [1 + rows·columns, d], two grids (rows, columns) -> positions of the new grid, [1 + new_rows·new_columns, d]."""
    n = 1 + new_grid[0] * new_grid[1]
    return torch.nn.functional.interpolate(positions.T[None], n, mode="linear", align_corners=True)[0].T
