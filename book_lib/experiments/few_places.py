"""What it takes to look at all pixels or at a few places: numbers kept for the backward pass, against the pixels (chapter 11).

Times of the same layers are measured by `make bench`.
"""

import torch

from book_lib.attention import MultiHeadAttention
from book_lib.detection.deformable import pixel_centres
from book_lib.detection.deformable_attention import DeformableAttention
from book_lib.experiments.cost import numbers_kept

STRIDES = (8, 16, 32, 64)


def numbers_kept_for_pixels(side, *, d_model=256, n_heads=8, n_points=4):
    """Count what one self-attention layer over four maps of a square picture keeps for its backward pass.

    side: of the picture, px. Returns {"tokens": pixels of all maps, "all, weights stored", "all, block by block", "few places": numbers
    kept}, the second for a kernel that computes the weights again. Raises ValueError for a side below 1.
    """
    if side < 1:
        raise ValueError(f"side is {side}, expected at least 1 px")
    shapes = [(-(-side // stride),) * 2 for stride in STRIDES]
    centres = pixel_centres(shapes, torch.ones(1, len(shapes), 2))
    reference = centres[:, :, None].expand(-1, -1, len(shapes), -1)
    every = MultiHeadAttention(d_model, n_heads)
    few = DeformableAttention(d_model, n_heads, n_levels=len(shapes), n_points=n_points)
    maps = torch.zeros(1, centres.size(1), d_model, requires_grad=True)
    return {
        "tokens": centres.size(1),
        "all, weights stored": numbers_kept(every, maps),
        "all, block by block": numbers_kept(_Blocks(every), maps),
        "few places": numbers_kept(_Places(few, reference, shapes), maps),
    }


class _Blocks(torch.nn.Module):
    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, maps):
        return self.layer(maps, need_weights=False)


class _Places(torch.nn.Module):
    def __init__(self, layer, reference, shapes):
        super().__init__()
        self.layer, self.reference, self.shapes = layer, reference, shapes

    def forward(self, maps):
        return self.layer(maps, self.reference, maps, self.shapes)
