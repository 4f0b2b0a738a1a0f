def additive_scores(query, key, w):
    pairs = query.unsqueeze(1) + key.unsqueeze(0)
    return pairs.tanh().mul(w).sum(-1)
