import numpy as np
import torch


def stretched(positions, grid, new_grid):
    """positions [1 + rows·columns, d], two grids (rows, columns) -> positions of the new grid, [1 + new_rows·new_columns, d]."""
    maps = positions[1:].numpy().reshape(*grid, -1)
    for axis, (n, new) in enumerate(zip(grid, new_grid)):
        old, places = np.arange(n), np.linspace(0, n - 1, new)
        maps = np.apply_along_axis(lambda line: np.interp(places, old, line), axis, maps)
    return torch.from_numpy(np.concatenate((positions[:1].numpy(), maps.reshape(-1, maps.shape[-1]))))
