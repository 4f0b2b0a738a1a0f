"""your softmax runs over the queries"""

def matching_cost(logits, boxes, labels, places, overlap):
    probability = logits.softmax(dim=0)[:, labels]
    distance = (boxes[:, None] - places[None]).abs().sum(dim=-1)
    return -probability + 5 * distance - 2 * overlap
