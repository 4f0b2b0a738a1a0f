"""the rows are right, but not the columns"""

import torch


def stretched(positions, grid, new_grid):
    """positions [1 + rows·columns, d], two grids (rows, columns) -> positions of the new grid, [1 + new_rows·new_columns, d]."""
    maps = positions[1:].T.reshape(1, -1, *grid)
    maps = torch.nn.functional.interpolate(maps, new_grid, mode="bilinear", align_corners=True)
    maps = maps[..., :1].expand_as(maps)
    return torch.cat((positions[:1], maps.flatten(2)[0].T))
