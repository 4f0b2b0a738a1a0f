"""these pixels follow each other in memory"""

def patchify(images, p):
    """images [b, c, h, w] -> patches [b, n, c·p·p], row by row; in each its channels one after another."""
    b, c, h, w = images.shape
    return images.reshape(b, -1, c * p * p)


def unpatchify(patches, p, h, w):
    """patches [b, n, c·p·p] -> images [b, c, h, w]."""
    grid = patches.reshape(len(patches), h // p, w // p, -1, p, p)
    return grid.permute(0, 3, 1, 4, 2, 5).reshape(len(patches), -1, h, w)
