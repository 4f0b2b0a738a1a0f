def detection_losses(logits, boxes, targets, pairs, no_object_weight=0.1):
    weight = torch.tensor([1.0] * (logits.shape[2] - 1) + [no_object_weight])
    wanted = torch.full(logits.shape[:2], logits.shape[2] - 1)
    distance, count = boxes.new_zeros(1), 0
    for b in range(len(targets)):
        q, o = pairs[b]
        wanted[b][q] = targets[b]["labels"][o]
        distance = distance + torch.nn.functional.l1_loss(boxes[b][q], targets[b]["boxes"][o], reduction="sum")
        count = count + targets[b]["labels"].numel()
    classes = torch.nn.functional.cross_entropy(logits.reshape(-1, logits.shape[2]), wanted.reshape(-1), weight=weight)
    return {"classes": classes.expand(1), "boxes": distance / max(count, 1)}
