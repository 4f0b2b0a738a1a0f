import torch.nn.functional as F


def patchify(images, p):
    """images [b, c, h, w] -> patches [b, n, c·p·p], row by row; in each its channels one after another."""
    return F.unfold(images, p, stride=p).transpose(1, 2)


def unpatchify(patches, p, h, w):
    """patches [b, n, c·p·p] -> images [b, c, h, w]."""
    return F.fold(patches.mT, (h, w), p, stride=p)
