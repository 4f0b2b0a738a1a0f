import torch


def deformable(maps, places, logits):
    """maps [h, w, n_heads, d_head] of each level, places […, n_levels, n_points, 2], logits -> [n_queries, n_heads * d_head]."""
    rows = []
    for query in range(len(places)):
        row = []
        for head in range(places.shape[1]):
            weights = logits[query, head].double().flatten().softmax(0)
            spots = [(level, point) for level in range(len(maps)) for point in range(places.shape[3])]
            seen = [look(maps[level][..., head, :].double(), *places[query, head, level, point].double()) for level, point in spots]
            row.append(torch.stack(seen, dim=1) @ weights)
        rows.append(torch.cat(row))
    return torch.stack(rows)
