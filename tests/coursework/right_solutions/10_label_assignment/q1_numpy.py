import numpy as np


def labels_by_iou(iou, positive_from, negative_below, rescue=False):
    table = iou.numpy()
    if table.shape[0] == 0:
        return -np.ones(table.shape[1], dtype=int)
    best = table.max(axis=0)
    labels = np.select([best >= positive_from, best < negative_below], [table.argmax(axis=0), -1], -2)
    if rescue:
        for row in table[table.max(axis=1) > 0]:
            saved = np.flatnonzero(row == row.max())
            labels[saved] = table[:, saved].argmax(axis=0)
    return labels
