def labels_by_iou(iou, positive_from, negative_below, rescue=False):
    nothing = torch.zeros(1, iou.shape[1])
    padded = torch.cat([iou, nothing]).double()
    best = padded.max(0)
    labels = torch.full((iou.shape[1],), -2.0)
    labels[best.values < negative_below] = -1
    positive = best.values >= positive_from
    if rescue:
        for row in iou:
            if row.max() > 0:
                positive = positive | (row == row.max())
    labels[positive] = best.indices[positive].float()
    return labels
