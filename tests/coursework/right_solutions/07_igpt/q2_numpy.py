import numpy as np
import torch


def nearest(colours, palette):
    """colours [..., 3], palette [k, 3] -> the number of the nearest colour of the palette, [...]."""
    gaps = colours.numpy()[..., np.newaxis, :] - palette.numpy()
    return torch.from_numpy(np.asarray(np.linalg.norm(gaps.astype(np.float64), axis=-1).argmin(axis=-1)))


def moved(colours, palette):
    """colours [n, 3], palette [k, 3] -> the palette after one step of k-means, [k, 3]."""
    owner = nearest(colours, palette).numpy()
    means = [colours.numpy()[owner == i].mean(axis=0) if (owner == i).any() else palette[i].numpy() for i in range(len(palette))]
    return torch.from_numpy(np.stack(means))
