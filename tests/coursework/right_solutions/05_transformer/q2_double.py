def layer_norm(tokens, gain, shift, eps=1e-5):
    tokens = tokens.double()
    mean = tokens.sum(dim=2)[..., None] / tokens.size(2)
    variance = (tokens**2).mean(dim=2)[..., None] - mean**2
    return (tokens - mean) / (variance + eps) ** 0.5 * gain + shift
