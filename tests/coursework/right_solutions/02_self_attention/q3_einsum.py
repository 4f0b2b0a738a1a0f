def attention(query, key, value, mask=None):
    scores = torch.einsum("...nd,...md->...nm", query, key) * key.shape[-1] ** -0.5
    if mask is not None:
        scores = torch.where(mask, scores, torch.tensor(-math.inf))
    weights = torch.nn.functional.softmax(scores, dim=-1)
    weights = torch.where(weights.isnan(), torch.zeros_like(weights), weights)
    return [torch.einsum("...nm,...md->...nd", weights, value), weights]
