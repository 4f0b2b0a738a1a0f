import torch


def places_of(reference, offsets, shapes):
    """reference [n_queries, 2 or 4], offsets [n_queries, n_heads, n_levels, n_points, 2], shapes [(h, w), …] -> places as offsets."""
    offsets = offsets.double()
    if reference.size(-1) == 4:
        moved = torch.einsum("qhlpc,qc->qhlpc", offsets, reference[:, 2:].double()) / offsets.size(3) / 2
    else:
        moved = torch.einsum("qhlpc,lc->qhlpc", offsets, 1 / torch.tensor(shapes, dtype=torch.float64).flip(1))
    return moved + reference[:, :2].view(-1, 1, 1, 1, 2)
