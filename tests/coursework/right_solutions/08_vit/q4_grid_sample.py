import torch
import torch.nn.functional as F


def stretched(positions, grid, new_grid):
    """positions [1 + rows·columns, d], two grids (rows, columns) -> positions of the new grid, [1 + new_rows·new_columns, d]."""
    maps = positions[1:].unflatten(0, grid).permute(2, 0, 1)[None]
    y, x = (torch.linspace(-1, 1, n) for n in new_grid)
    places = torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1)[None]
    seen = F.grid_sample(maps, places, align_corners=True)
    return torch.vstack((positions[0], seen[0].flatten(1).T))
