"""put the heads side by side"""

import torch


def deformable(maps, places, logits):
    """maps [h, w, n_heads, d_head] of each level, places […, n_levels, n_points, 2], logits -> [n_queries, n_heads * d_head]."""
    weights = logits.flatten(2).softmax(dim=-1).view(logits.shape)
    n_queries, n_heads, n_levels, n_points = logits.shape
    output = torch.zeros(n_queries, n_heads, maps[0].shape[-1])
    for query in range(n_queries):
        for head in range(n_heads):
            for level in range(n_levels):
                for point in range(n_points):
                    seen = look(maps[level][:, :, head], *places[query, head, level, point])  # noqa: F821
                    output[query, head] += weights[query, head, level, point] * seen
    return output
