"""you take the nearest anchors of all maps together: take"""

import torch


def own_threshold(iou, distance, levels, inside, nearest=9):
    candidate = torch.zeros(len(iou), dtype=torch.bool)
    candidate[distance.argsort()[:nearest]] = True
    threshold = iou[candidate].mean() + iou[candidate].std()
    return threshold.item(), (candidate & inside & (iou >= threshold)).nonzero()[:, 0].tolist()
