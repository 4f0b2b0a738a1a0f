"""you add the shift before you multiply"""

import torch


def layer_norm(tokens, gain, shift, eps=1e-5):
    deviation = tokens - tokens.mean(dim=-1, keepdim=True)
    return (deviation / torch.sqrt(deviation.square().mean(dim=-1, keepdim=True) + eps) + shift) * gain
