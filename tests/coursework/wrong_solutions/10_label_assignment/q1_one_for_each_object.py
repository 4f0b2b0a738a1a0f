"""you return one number for each object"""

import torch


def labels_by_iou(iou, positive_from, negative_below, rescue=False):
    if not len(iou):
        return torch.full((iou.shape[1],), -1)
    overlap, owner = iou.max(dim=1)
    labels = torch.where(overlap >= positive_from, owner, -2)
    labels[overlap < negative_below] = -1
    return labels
