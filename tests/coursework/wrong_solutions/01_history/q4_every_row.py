"""you count every row after the first"""

import math


def attention_weights(scores, d_k):
    return (scores / math.sqrt(d_k)).softmax(dim=-1)


def jumps_back(weights):
    return len(weights) - 1
