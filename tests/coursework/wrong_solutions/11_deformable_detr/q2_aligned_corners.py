"""align_corners is False here"""

import torch


def sample(features, x, y):
    """features [h, w, d] and a place, x and y as shares of its width and height -> [d]."""
    h, w, _ = features.shape
    columns = (1 - (x * (w - 1) - torch.arange(w)).abs()).clamp(min=0)
    rows = (1 - (y * (h - 1) - torch.arange(h)).abs()).clamp(min=0)
    return torch.einsum("r,c,rcd->d", rows.to(features), columns.to(features), features)
