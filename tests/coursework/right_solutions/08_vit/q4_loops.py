import torch


def stretched(positions, grid, new_grid):
    """positions [1 + rows·columns, d], two grids (rows, columns) -> positions of the new grid, [1 + new_rows·new_columns, d]."""
    (h, w), (new_h, new_w) = grid, new_grid
    rows = [positions[0]]
    for y in range(new_h):
        for x in range(new_w):
            top, left = y * (h - 1) / (new_h - 1), x * (w - 1) / (new_w - 1)
            r, c = min(int(top), h - 2), min(int(left), w - 2)
            a, b = top - r, left - c
            upper = (1 - b) * positions[1 + r * w + c] + b * positions[2 + r * w + c]
            lower = (1 - b) * positions[1 + (r + 1) * w + c] + b * positions[2 + (r + 1) * w + c]
            rows.append((1 - a) * upper + a * lower)
    return torch.stack(rows)
