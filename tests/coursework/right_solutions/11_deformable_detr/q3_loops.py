import torch


def places_of(reference, offsets, shapes):
    """reference [n_queries, 2 or 4], offsets [n_queries, n_heads, n_levels, n_points, 2], shapes [(h, w), …] -> places as offsets."""
    places = offsets.clone()
    for query, head, level, point in torch.cartesian_prod(*map(torch.arange, offsets.shape[:4])).tolist():
        x, y = offsets[query, head, level, point].tolist()
        if reference.shape[1] == 2:
            h, w = shapes[level]
            cx, cy = reference[query].tolist()
            places[query, head, level, point] = torch.tensor([cx + x / w, cy + y / h])
        else:
            cx, cy, w, h = reference[query].tolist()
            k = offsets.shape[3]
            places[query, head, level, point] = torch.tensor([cx + 0.5 * x * w / k, cy + 0.5 * y * h / k])
    return places
