"""the exponential is missing"""

def attention_weights(scores, d_k):
    return scores / scores.sum(dim=-1, keepdim=True)


def jumps_back(weights):
    places = weights.argmax(dim=-1)
    return int((places[1:] < places[:-1]).sum())
