"""you divide by the variance: divide by its root"""


def layer_norm(tokens, gain, shift, eps=1e-5):
    deviation = tokens - tokens.mean(dim=-1, keepdim=True)
    return deviation / (deviation.square().mean(dim=-1, keepdim=True) + eps) * gain + shift
