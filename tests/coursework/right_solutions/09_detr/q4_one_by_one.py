def detection_losses(logits, boxes, targets, pairs, no_object_weight=0.1):
    logs = torch.log_softmax(logits, -1)
    total, weight, distance, count = 0.0, 0.0, torch.zeros(()), 0
    for b, (queries, objects) in enumerate(pairs):
        wants = {int(q): int(targets[b]["labels"][o]) for q, o in zip(queries, objects)}
        for q in range(logits.shape[1]):
            mine = 1.0 if q in wants else no_object_weight
            total = total - mine * logs[b, q, wants.get(q, -1)]
            weight += mine
        for q, o in zip(queries, objects):
            distance = distance + (boxes[b, q] - targets[b]["boxes"][o]).abs().sum()
            count += 1
    return {"boxes": distance / max(count, 1), "classes": total / weight}
