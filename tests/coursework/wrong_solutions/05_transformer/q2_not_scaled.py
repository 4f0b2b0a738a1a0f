"""your tokens are centred but not scaled"""


def layer_norm(tokens, gain, shift, eps=1e-5):
    return (tokens - tokens.mean(dim=-1, keepdim=True)) * gain + shift
