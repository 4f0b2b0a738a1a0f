def detections(logits, boxes, sizes):
    chances = torch.softmax(logits, dim=2)
    scores, labels = torch.max(chances[:, :, : logits.shape[2] - 1], dim=2)
    cx, cy, w, h = boxes.split(1, dim=2)
    corners = torch.cat([cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2], 2)
    scale = torch.tensor([[width, height, width, height] for height, width in sizes])[:, None]
    corners = corners * scale
    return [dict(scores=s, labels=n, boxes=c) for s, n, c in zip(scores, labels, corners)]
