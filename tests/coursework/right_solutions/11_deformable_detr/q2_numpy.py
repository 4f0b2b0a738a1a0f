import numpy as np
import torch


def sample(features, x, y):
    """features [h, w, d] and a place, x and y as shares of its width and height -> [d]."""
    numbers = features.numpy()
    h, w, _ = numbers.shape
    across = np.maximum(0, 1 - np.abs(float(x) * w - 0.5 - np.arange(w)))
    down = np.maximum(0, 1 - np.abs(float(y) * h - 0.5 - np.arange(h)))
    return torch.from_numpy(np.tensordot(np.outer(down, across), numbers, axes=2))
