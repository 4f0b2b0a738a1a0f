def matching_cost(logits, boxes, labels, places, overlap):
    chance = logits.softmax(1)
    cost = -2 * overlap
    for j in range(len(labels)):
        cost = cost.clone()
        cost[:, j] = cost[:, j] - chance[:, labels[j]] + 5 * (boxes - places[j]).abs().sum(1)
    return cost
