"""you return a mask"""

import torch


def own_threshold(iou, distance, levels, inside, nearest=9):
    candidate = torch.zeros(len(iou), dtype=torch.bool)
    for level in levels.unique():
        (own,) = (levels == level).nonzero(as_tuple=True)
        candidate[own[distance[own].argsort()[:nearest]]] = True
    threshold = iou[candidate].mean() + iou[candidate].std()
    return threshold.item(), (candidate & inside & (iou >= threshold)).tolist()
