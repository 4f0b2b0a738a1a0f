"""you average over the four numbers"""

def matching_cost(logits, boxes, labels, places, overlap):
    probability = logits.softmax(dim=-1)[:, labels]
    distance = (boxes[:, None] - places[None]).abs().mean(dim=-1)
    return -probability + 5 * distance - 2 * overlap
