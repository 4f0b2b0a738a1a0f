"""the channels of a patch come one after another"""

def patchify(images, p):
    """images [b, c, h, w] -> patches [b, n, c·p·p], row by row; in each its channels one after another."""
    b, c, h, w = images.shape
    grid = images.reshape(b, c, h // p, p, w // p, p)
    return grid.permute(0, 2, 4, 1, 3, 5).reshape(b, -1, c * p * p)


def unpatchify(patches, p, h, w):
    """patches [b, n, c·p·p] -> images [b, c, h, w]."""
    grid = patches.reshape(len(patches), h // p, w // p, p, p, -1)
    return grid.permute(0, 5, 1, 3, 2, 4).reshape(len(patches), -1, h, w)
