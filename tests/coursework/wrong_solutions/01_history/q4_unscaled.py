"""you take the softmax of the scores as they are"""

def attention_weights(scores, d_k):
    return scores.softmax(dim=-1)


def jumps_back(weights):
    places = weights.argmax(dim=-1)
    return int((places[1:] < places[:-1]).sum())
