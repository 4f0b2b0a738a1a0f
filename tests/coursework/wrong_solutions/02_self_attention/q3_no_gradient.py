"""no gradient finds its way from the output to query"""

import math


def attention(query, key, value, mask=None):
    scores = query.detach() @ key.transpose(-2, -1) / math.sqrt(query.shape[-1])
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf)
    weights = scores.softmax(dim=-1).nan_to_num(0.0)
    return weights @ value, weights
