"""a patch has all channels of its square"""

def patchify(images, p):
    """images [b, c, h, w] -> patches [b, n, c·p·p], row by row; in each its channels one after another."""
    b, c, h, w = images.shape
    grid = images.reshape(b, c, h // p, p, w // p, p)
    return grid.permute(0, 1, 2, 4, 3, 5).reshape(b, -1, p * p)


def unpatchify(patches, p, h, w):
    """patches [b, n, c·p·p] -> images [b, c, h, w]."""
    grid = patches.reshape(len(patches), h // p, w // p, -1, p, p)
    return grid.permute(0, 3, 1, 4, 2, 5).reshape(len(patches), -1, h, w)
