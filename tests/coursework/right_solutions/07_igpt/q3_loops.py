import torch


def inputs(pictures, table, start, positions):
    """pictures [b, h, w], table [k, d], start [d], positions [h·w, d] -> the input tokens [b, h·w, d]."""
    rows = []
    for picture in pictures.tolist():
        tokens, place = [], 0
        last = start
        for line in picture:
            for level in line:
                tokens.append(last + positions[place])
                last, place = table[level], place + 1
        rows.append(torch.stack(tokens))
    return torch.stack(rows)


def may_use(height, width, row, column):
    """Which pixels come before the pixel (row, column) in raster order, bool [height, width]."""
    return torch.tensor([[r < row or (r == row and c < column) for c in range(width)] for r in range(height)])
