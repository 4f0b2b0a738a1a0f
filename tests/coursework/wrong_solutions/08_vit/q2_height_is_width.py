"""you have them the other way round"""

def patchify(images, p):
    """images [b, c, h, w] -> patches [b, n, c·p·p], row by row; in each its channels one after another."""
    b, c, h, w = images.shape
    grid = images.reshape(b, c, h // p, p, w // p, p)
    return grid.permute(0, 2, 4, 1, 3, 5).reshape(b, -1, c * p * p)


def unpatchify(patches, p, h, w):
    """patches [b, n, c·p·p] -> images [b, c, h, w]."""
    grid = patches.reshape(len(patches), w // p, h // p, -1, p, p)
    return grid.permute(0, 3, 1, 4, 2, 5).reshape(len(patches), -1, w, h)
