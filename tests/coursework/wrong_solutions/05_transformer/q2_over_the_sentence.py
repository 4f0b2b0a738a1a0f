"""you norm each feature over the words of its sentence"""

import torch


def layer_norm(tokens, gain, shift, eps=1e-5):
    mean = tokens.mean(dim=1, keepdim=True)
    variance = tokens.var(dim=1, keepdim=True, unbiased=False)
    return (tokens - mean) / torch.sqrt(variance + eps) * gain + shift
