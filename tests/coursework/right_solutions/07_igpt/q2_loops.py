import torch


def closest(colour, palette):
    far = [sum((a - b) ** 2 for a, b in zip(colour, one)) for one in palette]
    return far.index(min(far))


def nearest(colours, palette):
    """colours [..., 3], palette [k, 3] -> the number of the nearest colour of the palette, [...]."""
    rows = [closest(colour, palette.tolist()) for colour in colours.reshape(-1, 3).tolist()]
    return torch.tensor(rows).reshape(colours.shape[:-1])


def moved(colours, palette):
    """colours [n, 3], palette [k, 3] -> the palette after one step of k-means, [k, 3]."""
    new = []
    for place, old in enumerate(palette.tolist()):
        own = [colour for colour in colours.tolist() if closest(colour, palette.tolist()) == place]
        new.append([sum(channel) / len(own) for channel in zip(*own)] if own else old)
    return torch.tensor(new)
