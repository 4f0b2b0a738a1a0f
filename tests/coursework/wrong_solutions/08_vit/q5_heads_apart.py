"""a token is made by all heads"""

import torch


def rollout(weights):
    """A list of weights [n_heads, n, n], the first layer first -> the part of each patch in the class token, [n - 1]."""
    n_heads, n, _ = weights[0].shape
    made_of = torch.eye(n).expand(n_heads, n, n)
    for layer in weights:
        made_of = (layer + torch.eye(n)) / 2 @ made_of
    return made_of.mean(dim=0)[0, 1:]
