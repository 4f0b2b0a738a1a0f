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
    generator = torch.Generator().manual_seed(seed)
    query = torch.randn(n_queries, 1, d_k, generator=generator, dtype=torch.float64)
    key = torch.randn(n_queries, n_keys, d_k, generator=generator, dtype=torch.float64)
    scale = 1 / math.sqrt(d_k) if scaled else 1.0
    scores = query @ key.transpose(-2, -1) * scale                                   # [n_queries, 1, n_keys]
    weights = scores.softmax(dim=-1)[:, 0]
    by_scores = torch.diag_embed(weights) - weights[:, :, None] * weights[:, None, :]
    return scores.var().item(), (by_scores @ key * scale).flatten(1).norm(dim=1)     # chain rule: d scores / d query = key * scale
