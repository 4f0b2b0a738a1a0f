def layer_norm(tokens, gain, shift, eps=1e-5):
    mean = tokens.mean(-1, keepdim=True)
    variance = tokens.var(-1, unbiased=False, keepdim=True)
    return gain * (tokens - mean) * torch.rsqrt(variance + eps) + shift
