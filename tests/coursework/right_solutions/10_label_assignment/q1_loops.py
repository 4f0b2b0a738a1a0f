def labels_by_iou(iou, positive_from, negative_below, rescue=False):
    labels = []
    best_of = [float(row.max()) for row in iou]
    for j in range(iou.shape[1]):
        column = iou[:, j].tolist()
        if not column:
            labels.append(-1)
            continue
        best = max(column)
        if best >= positive_from or rescue and any(x > 0 and x == b for x, b in zip(column, best_of)):
            labels.append(column.index(best))
        elif best < negative_below:
            labels.append(-1)
        else:
            labels.append(-2)
    return labels
