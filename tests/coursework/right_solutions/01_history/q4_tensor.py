import math


def attention_weights(scores, d_k):
    return (scores / math.sqrt(d_k)).softmax(dim=-1)


def jumps_back(weights):
    places = weights.argmax(dim=-1)
    return (places[1:] < places[:-1]).sum()
