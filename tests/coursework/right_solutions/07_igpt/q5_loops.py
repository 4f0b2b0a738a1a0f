import math

import torch


def draw(logits, temperature, u):
    """logits [b, k], a number, u [b] from 0 to below 1 -> the drawn levels [b]."""
    drawn = []
    for row, number in zip(logits.tolist(), u.tolist()):
        level = row.index(max(row))
        if temperature > 0:
            odds = [math.exp((logit - max(row)) / temperature) for logit in row]
            end, level = odds[0] / sum(odds), 0
            while end <= number and level < len(row) - 1:
                level += 1
                end += odds[level] / sum(odds)
        drawn.append(level)
    return torch.tensor(drawn)


def finish(pixels, n):
    """pixels [b, t] -> the same, extended by the likeliest levels to [b, n]."""
    rows = pixels.tolist()
    while len(rows[0]) < n:
        logits = next_logits(torch.tensor(rows, dtype=torch.long)).tolist()
        rows = [row + [one.index(max(one))] for row, one in zip(rows, logits)]
    return torch.tensor(rows)
