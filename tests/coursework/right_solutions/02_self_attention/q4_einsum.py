def additive_scores(query, key, w):
    n, m = query.size(0), key.size(0)
    pairs = query.repeat_interleave(m, 0).reshape(n, m, -1) + key.repeat(n, 1).reshape(n, m, -1)
    return torch.einsum("nmd,d->nm", torch.tanh(pairs), w)
