import numpy as np


def own_threshold(iou, distance, levels, inside, nearest=9):
    i, d, l = (x.double().numpy() for x in (iou, distance, levels))
    keep = np.zeros(len(i), dtype=bool)
    for level in np.unique(l):
        own = np.flatnonzero(l == level)
        keep[own[np.argsort(d[own])][:nearest]] = True
    t = i[keep].mean() + i[keep].std(ddof=1)
    return np.float64(t), list(np.flatnonzero(keep & inside.numpy() & (i >= t)))
