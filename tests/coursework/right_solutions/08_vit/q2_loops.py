import torch


def patchify(images, p):
    """images [b, c, h, w] -> patches [b, n, c·p·p], row by row; in each its channels one after another."""
    rows, columns = range(0, images.shape[2], p), range(0, images.shape[3], p)
    return torch.stack([images[:, :, y : y + p, x : x + p].flatten(1) for y in rows for x in columns], 1)


def unpatchify(patches, p, h, w):
    """patches [b, n, c·p·p] -> images [b, c, h, w]."""
    c = patches.shape[2] // p**2
    images = torch.zeros(len(patches), c, h, w)
    for place in range(patches.shape[1]):
        y, x = place // (w // p) * p, place % (w // p) * p
        images[:, :, y : y + p, x : x + p] = patches[:, place].view(-1, c, p, p)
    return images
