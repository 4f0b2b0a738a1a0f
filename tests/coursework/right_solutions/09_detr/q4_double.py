def detection_losses(logits, boxes, targets, pairs, no_object_weight=0.1):
    logits, boxes = logits.double(), boxes.double()
    b, q, c = logits.shape
    wanted = torch.full((b, q), c - 1)
    differences = []
    for i in range(b):
        wanted[i, pairs[i][0]] = targets[i]["labels"][pairs[i][1]]
        differences.append(boxes[i][pairs[i][0]] - targets[i]["boxes"][pairs[i][1]])
    weight = torch.where(wanted == c - 1, no_object_weight, 1.0)
    each = torch.nn.functional.cross_entropy(logits.transpose(1, 2), wanted, reduction="none")
    differences = torch.cat(differences)
    return dict(classes=(each * weight).sum() / weight.sum(), boxes=differences.abs().sum() / max(1, len(differences)))
