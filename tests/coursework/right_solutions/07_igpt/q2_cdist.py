import torch


def nearest(colours, palette):
    """colours [..., 3], palette [k, 3] -> the number of the nearest colour of the palette, [...]."""
    flat = torch.cdist(colours.reshape(-1, 3).double(), palette.double(), compute_mode="donot_use_mm_for_euclid_dist")
    return flat.min(dim=1).indices.view(colours.shape[:-1])


def moved(colours, palette):
    """colours [n, 3], palette [k, 3] -> the palette after one step of k-means, [k, 3]."""
    owner = nearest(colours, palette)
    counts = owner.bincount(minlength=len(palette))[:, None]
    sums = torch.zeros_like(palette).index_add(0, owner, colours)
    return torch.where(counts > 0, sums / counts.clamp(min=1), palette)
