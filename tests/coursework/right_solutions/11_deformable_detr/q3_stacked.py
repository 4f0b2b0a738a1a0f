import torch


def places_of(reference, offsets, shapes):
    """reference [n_queries, 2 or 4], offsets [n_queries, n_heads, n_levels, n_points, 2], shapes [(h, w), …] -> places as offsets."""
    x, y = offsets.unbind(-1)
    if reference.shape[1] == 2:
        x = x / torch.tensor([float(shape[1]) for shape in shapes])[:, None]
        y = y / torch.tensor([float(shape[0]) for shape in shapes])[:, None]
    else:
        x, y = (each * side[:, None, None, None] / 2 / x.shape[-1] for each, side in zip((x, y), (reference[:, 2], reference[:, 3])))
    return torch.stack((x + reference[:, 0, None, None, None], y + reference[:, 1, None, None, None]), dim=-1)
