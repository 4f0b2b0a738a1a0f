"""is the mean subtracted?"""

import torch


def layer_norm(tokens, gain, shift, eps=1e-5):
    return tokens / torch.sqrt(tokens.square().mean(dim=-1, keepdim=True) + eps) * gain + shift
