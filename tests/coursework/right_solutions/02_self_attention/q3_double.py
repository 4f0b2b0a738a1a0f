def attention(query, key, value, mask=None):
    query, key, value = query.double(), key.double(), value.double()
    scores = torch.matmul(query / query.size(-1) ** 0.5, key.mT)
    if mask is None:
        mask = torch.ones_like(scores, dtype=torch.bool)
    shifted = (scores - scores.amax(-1, keepdim=True)).exp() * mask
    shifted = (scores - scores.masked_fill(~mask, -1e300).amax(-1, keepdim=True)).masked_fill(~mask, -1e300).exp() * mask
    weights = shifted / shifted.sum(-1, keepdim=True).clamp(min=1e-300)
    return weights @ value, weights
