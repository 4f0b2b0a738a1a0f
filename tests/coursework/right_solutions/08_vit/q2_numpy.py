import numpy as np
import torch


def patchify(images, p):
    """images [b, c, h, w] -> patches [b, n, c·p·p], row by row; in each its channels one after another."""
    numbers = images.numpy().astype(np.float64)
    lines = np.split(numbers, numbers.shape[2] // p, axis=2)
    squares = [square for line in lines for square in np.split(line, line.shape[3] // p, axis=3)]
    return torch.from_numpy(np.stack([square.reshape(len(numbers), -1) for square in squares], axis=1))


def unpatchify(patches, p, h, w):
    """patches [b, n, c·p·p] -> images [b, c, h, w]."""
    squares = patches.numpy().reshape(len(patches), h // p, w // p, -1, p, p)
    return torch.from_numpy(np.einsum("byxcij->bcyixj", squares).reshape(len(patches), -1, h, w))
