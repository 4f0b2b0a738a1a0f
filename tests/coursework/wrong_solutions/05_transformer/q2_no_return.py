"""layer_norm should return a tensor"""

import torch


def layer_norm(tokens, gain, shift, eps=1e-5):
    deviation = tokens - tokens.mean(dim=-1, keepdim=True)
    deviation / torch.sqrt(deviation.square().mean(dim=-1, keepdim=True) + eps) * gain + shift  # noqa: B018
