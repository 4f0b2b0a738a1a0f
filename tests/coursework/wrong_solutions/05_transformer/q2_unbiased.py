"""your variance is divided by d - 1"""

import torch


def layer_norm(tokens, gain, shift, eps=1e-5):
    deviation = tokens - tokens.mean(dim=-1, keepdim=True)
    return deviation / torch.sqrt(tokens.var(dim=-1, keepdim=True) + eps) * gain + shift
