"""you make all ignored anchors positive"""

import torch


def labels_by_iou(iou, positive_from, negative_below, rescue=False):
    if not len(iou):
        return torch.full((iou.shape[1],), -1)
    overlap, owner = iou.max(dim=0)
    labels = torch.where(overlap >= positive_from, owner, -2)
    labels[overlap < negative_below] = -1
    if rescue:
        largest = iou.max(dim=1, keepdim=True).values
        labels = torch.where(((iou == largest) & (largest > 0)).any(dim=0), owner, labels)
        labels = torch.where(labels == -2, owner, labels)
    return labels
