import torch


def patchify(images, p):
    """images [b, c, h, w] -> patches [b, n, c·p·p], row by row; in each its channels one after another."""
    squares = images.unfold(2, p, p).unfold(3, p, p)
    return torch.einsum("bcyxij->byxcij", squares).flatten(3).flatten(1, 2)


def unpatchify(patches, p, h, w):
    """patches [b, n, c·p·p] -> images [b, c, h, w]."""
    squares = patches.unflatten(2, (-1, p, p)).unflatten(1, (h // p, w // p))
    lines = [torch.cat(list(row.unbind(1)), dim=-1) for row in squares.unbind(1)]
    return torch.cat(lines, dim=-2)
