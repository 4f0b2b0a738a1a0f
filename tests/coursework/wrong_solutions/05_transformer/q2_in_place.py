"""layer_norm changes the tensor it was given"""

import torch


def layer_norm(tokens, gain, shift, eps=1e-5):
    tokens -= tokens.mean(dim=-1, keepdim=True)
    tokens /= torch.sqrt(tokens.square().mean(dim=-1, keepdim=True) + eps)
    return tokens * gain + shift
