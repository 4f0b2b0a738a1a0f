"""not by all"""

import torch


def nearest(colours, palette):
    """colours [..., 3], palette [k, 3] -> the number of the nearest colour of the palette, [...]."""
    return ((colours[..., None, :] - palette) ** 2).sum(dim=-1).argmin(dim=-1)


def moved(colours, palette):
    """colours [n, 3], palette [k, 3] -> the palette after one step of k-means, [k, 3]."""
    owner = ((colours[:, None] - palette) ** 2).sum(dim=-1).argmin(dim=-1)
    return torch.stack([colours[owner == each].sum(dim=0) / len(colours) for each in range(len(palette))])
