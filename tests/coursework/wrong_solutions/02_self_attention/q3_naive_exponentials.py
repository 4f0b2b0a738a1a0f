"""very large scores should put all weight on the best key"""

import math


def attention(query, key, value, mask=None):
    exponentials = (query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1])).exp()
    if mask is not None:
        exponentials = exponentials * mask
    weights = exponentials / exponentials.sum(dim=-1, keepdim=True).clamp(min=1e-30)
    return weights @ value, weights
