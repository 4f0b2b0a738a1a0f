def attention(query, key, value, mask=None):
    scores = (query.unsqueeze(-2) * key.unsqueeze(-3)).sum(-1).div(math.sqrt(query.shape[-1]))
    if mask is not None:
        blind = ~mask.expand(scores.shape).any(dim=-1, keepdim=True)
        scores = scores.masked_fill(~(mask | blind), float("-inf"))
        weights = stable_softmax(scores) * ~blind
    else:
        weights = stable_softmax(scores)
    return torch.matmul(weights, value), weights
