"""all maps together, twice as many"""

import torch


def own_threshold(iou, distance, levels, inside, nearest=9):
    candidate = torch.zeros(len(iou), dtype=torch.bool)
    candidate[distance.argsort()[: nearest * len(levels.unique())]] = True
    threshold = iou[candidate].mean() + iou[candidate].std()
    return threshold.item(), (candidate & inside & (iou >= threshold)).nonzero()[:, 0].tolist()
