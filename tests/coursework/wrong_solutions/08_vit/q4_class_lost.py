"""the position of the class token has got lost"""

import torch


def stretched(positions, grid, new_grid):
    """positions [1 + rows·columns, d], two grids (rows, columns) -> positions of the new grid, [1 + new_rows·new_columns, d]."""
    maps = positions[1:].T.reshape(1, -1, *grid)
    maps = torch.nn.functional.interpolate(maps, new_grid, mode="bilinear", align_corners=True)
    return maps.flatten(2)[0].T
