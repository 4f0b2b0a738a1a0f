"""How strongly attention weights react to a small change of the query, for random queries and keys, divided by √d_k or not."""

import math

import torch


def softmax_gradients(d_k, *, scaled, n_queries=2000, n_keys=16, seed=0):
    """Draw queries and keys with entries of variance 1, and measure d weights / d query.

    Returns (variance of the scores, a float; norms [n_queries] of the Jacobian of the n_keys weights with respect to the query), float64.
    Raises ValueError for sizes under 1.
    """
    if min(d_k, n_queries, n_keys) < 1:
        raise ValueError(f"d_k is {d_k}, n_queries {n_queries}, n_keys {n_keys}; expected 1 or more each")
    generator, scale = torch.Generator().manual_seed(seed), 1 / math.sqrt(d_k) if scaled else 1.0
    scores, norms = [], []
    for _ in range(n_queries):                                                       # one by one: all at once they would fill the memory
        query = torch.randn(d_k, generator=generator, dtype=torch.float64)
        key = torch.randn(n_keys, d_k, generator=generator, dtype=torch.float64)
        scores.append(key @ query * scale)
        weights = scores[-1].softmax(dim=0)
        by_scores = torch.diag(weights) - weights[:, None] * weights                 # d weights / d scores
        norms.append((by_scores @ key * scale).norm())                               # chain rule: d scores / d query = key * scale
    return torch.stack(scores).var().item(), torch.stack(norms)
