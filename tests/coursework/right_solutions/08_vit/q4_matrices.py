import torch


def between(n, new):
    """How much of each of n points is in each of new points: [new, n]."""
    places = torch.arange(new, dtype=torch.float64) * (n - 1) / (new - 1)
    return (1 - (places[:, None] - torch.arange(n)).abs()).clamp(min=0)


def stretched(positions, grid, new_grid):
    """positions [1 + rows·columns, d], two grids (rows, columns) -> positions of the new grid, [1 + new_rows·new_columns, d]."""
    maps = positions[1:].double().view(*grid, -1)
    rows, columns = (between(n, new) for n, new in zip(grid, new_grid))
    patches = torch.einsum("yr,xc,rcd->yxd", rows, columns, maps)
    return torch.cat((positions[:1].double(), patches.flatten(0, 1)))
