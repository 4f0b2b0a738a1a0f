import torch


def nearest(colours, palette):
    """colours [..., 3], palette [k, 3] -> the number of the nearest colour of the palette, [...]."""
    score = torch.einsum("...c,kc->...k", colours, palette) - palette.square().sum(-1) / 2
    return score.argmax(-1)


def moved(colours, palette):
    """colours [n, 3], palette [k, 3] -> the palette after one step of k-means, [k, 3]."""
    belongs = torch.nn.functional.one_hot(nearest(colours, palette), len(palette)).to(colours)
    counts = belongs.sum(dim=0).unsqueeze(1)
    return torch.where(counts == 0, palette, belongs.T @ colours / counts)
