def detections(logits, boxes, sizes):
    result = []
    for b in range(logits.shape[0]):
        height, width = sizes[b]
        rows = [torch.softmax(row, 0)[:-1].max(0) for row in logits[b]]
        half = boxes[b][:, 2:] / 2
        box = torch.hstack([boxes[b][:, :2] - half, boxes[b][:, :2] + half])
        box[:, 0::2] *= width
        box[:, 1::2] *= height
        result.append({"scores": torch.stack([row.values for row in rows]), "labels": torch.stack([row.indices for row in rows]), "boxes": box})
    return result
