"""to a grid of the same size nothing changes"""

import torch


def stretched(positions, grid, new_grid):
    """positions [1 + rows·columns, d], two grids (rows, columns) -> positions of the new grid, [1 + new_rows·new_columns, d]."""
    if grid == new_grid:
        return positions - positions.mean(dim=0)
    maps = positions[1:].T.reshape(1, -1, *grid)
    maps = torch.nn.functional.interpolate(maps, new_grid, mode="bilinear", align_corners=True)
    return torch.cat((positions[:1], maps.flatten(2)[0].T))
