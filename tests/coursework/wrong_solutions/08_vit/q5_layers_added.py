"""do not add them"""

import torch


def rollout(weights):
    """A list of weights [n_heads, n, n], the first layer first -> the part of each patch in the class token, [n - 1]."""
    layers = [(layer.mean(dim=0) + torch.eye(layer.shape[-1])) / 2 for layer in weights]
    return sum(layers)[0, 1:]
