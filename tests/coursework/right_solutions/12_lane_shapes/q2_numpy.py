import numpy as np


def share_right(predicted, line, near=20.0):
    predicted, line = np.asarray(predicted), np.asarray(line)
    there = (predicted >= 0) == (line >= 0)
    return np.mean(there & ((line < 0) | (np.abs(predicted - line) < near)))


def best_shares(predictions, lines, near=20.0):
    return np.array([max([share_right(p, line, near) for p in predictions] + [0.0]) for line in lines])
