import torch


def rollout(weights):
    """A list of weights [n_heads, n, n], the first layer first -> the part of each patch in the class token, [n - 1]."""
    n = weights[0].size(-1)
    part = torch.zeros(n)
    part[0] = 1
    for layer in reversed(weights):
        part = 0.5 * part + 0.5 * torch.einsum("i,hij->j", part, layer) / len(layer)
    return part[1:]
