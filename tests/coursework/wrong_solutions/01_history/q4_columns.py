"""your columns sum to one"""

import math


def attention_weights(scores, d_k):
    return (scores / math.sqrt(d_k)).softmax(dim=0)


def jumps_back(weights):
    places = weights.argmax(dim=-1)
    return int((places[1:] < places[:-1]).sum())
