"""Patches: a picture as a sequence of tokens, and learned positions for a grid of another size."""

import torch
import torch.nn.functional as F
from torch import nn

from book_lib.checks import is_whole, require_whole


def patchify(images, patch_size):
    """Cut pictures into square patches and lay each out as one vector (Dosovitskiy et al. 2021, section 3.1).

    images [b, c, h, w], h and w multiples of patch_size -> patches [b, h w / patch_size², c patch_size²]: patches row by row, and in each
    all rows of its first channel, then of the second, as the weights of a convolution lie. Raises ValueError for sizes that do not fit.
    """
    rows, columns = _require_images(images, patch_size)
    b, c = images.shape[:2]
    grid = images.reshape(b, c, rows, patch_size, columns, patch_size)
    return grid.permute(0, 2, 4, 1, 3, 5).reshape(b, rows * columns, c * patch_size**2)


def unpatchify(patches, patch_size, size):
    """Put patches together again: the way back of patchify.

    patches [b, n, c patch_size²]; size: (height, width) of the pictures in px. Returns images [b, c, height, width].
    Raises ValueError where the patches do not make up such pictures.
    """
    require_whole(patch_size=patch_size)
    height, width = require_size("size", size)
    rows, columns = height // patch_size, width // patch_size
    fits = height % patch_size == width % patch_size == 0 and patches.dim() == 3 and patches.size(1) == rows * columns
    if not fits or patches.size(2) % patch_size**2:
        raise ValueError(f"patches has shape {list(patches.shape)}, expected [batch, {rows} · {columns}, channels · {patch_size}²] for "
                         f"a size of {(height, width)} px")
    b, _, width_of_one = patches.shape
    grid = patches.reshape(b, rows, columns, width_of_one // patch_size**2, patch_size, patch_size)
    return grid.permute(0, 3, 1, 4, 2, 5).reshape(b, -1, height, width)


def reorder_patches(images, patch_size, order):
    """Move the patches of pictures to other places.

    images [b, c, h, w]; order [n] or [b, n], whole numbers: which patch comes to each place, counted row by row. Returns images of the
    same shape. Raises ValueError for an order that does not name each of the n patches once.
    """
    patches = patchify(images, patch_size)
    n = patches.size(1)
    order = torch.as_tensor(order, device=images.device)
    order = order.expand(len(images), -1) if order.dim() == 1 else order
    if order.shape != patches.shape[:2] or not torch.equal(order.sort(dim=1).values, torch.arange(n, device=order.device).expand_as(order)):
        raise ValueError(f"order has shape {list(order.shape)}, expected each of the numbers 0 to {n - 1} once, [{n}] or "
                         f"[{len(images)}, {n}]")
    moved = patches.gather(1, order[..., None].expand_as(patches))
    return unpatchify(moved, patch_size, images.shape[-2:])


class PatchEmbedding(nn.Module):
    """One token for each patch: patchify and a linear map, done by a convolution whose stride is its side (section 3.1).

    images [b, n_channels, h, w] -> tokens [b, n, d_model], row by row. Initialised as the convolution of the authors' library: weights from
    a normal distribution of variance 1 / (n_channels patch_size²), cut off at two of its standard deviations; biases 0.
    Raises ValueError for pictures of another number of channels, or of sides that are no multiples of patch_size.
    """

    def __init__(self, patch_size, d_model, *, n_channels=3):
        super().__init__()
        require_whole(patch_size=patch_size, d_model=d_model, n_channels=n_channels)
        self.patch_size = patch_size
        self.projection = nn.Conv2d(n_channels, d_model, patch_size, stride=patch_size)
        std = (n_channels * patch_size**2) ** -0.5 / 0.87962566                  # what the cut takes from a standard deviation of 1
        nn.init.trunc_normal_(self.projection.weight, std=std, a=-2 * std, b=2 * std)
        nn.init.zeros_(self.projection.bias)

    def forward(self, images):
        _require_images(images, self.patch_size, self.projection.in_channels)
        return self.projection(images).flatten(2).transpose(1, 2)

    def of_patches(self, patches):
        """The same tokens from patches [b, n, n_channels patch_size²] by a matrix product: of_patches(patchify(images))."""
        return F.linear(patches, self.projection.weight.flatten(1), self.projection.bias)


def resize_positions(positions, grid, new_grid, *, n_extra=1, method="linear"):
    """Stretch the learned positions of a grid of patches to a grid of another size (section 3.2).

    positions [n_extra + rows · columns, d_model]: the first n_extra, of the class token and its like, are kept; grid, new_grid: (rows,
    columns). method "linear": between the four neighbours, the corners of both grids on each other, as in the authors' program; "bicubic":
    between sixteen neighbours, the edges on each other, as in the transformers library.
    Returns positions [n_extra + new rows · new columns, d_model]. Raises ValueError for sizes that do not fit and other methods.
    """
    require_whole(at_least=0, n_extra=n_extra)
    (rows, columns), new = require_size("grid", grid), require_size("new_grid", new_grid)
    if positions.dim() != 2 or len(positions) != n_extra + rows * columns:
        raise ValueError(f"positions has shape {list(positions.shape)}, expected [{n_extra} + {rows} · {columns}, d_model]")
    if method not in ("linear", "bicubic"):
        raise ValueError(f"method is {method!r}, expected 'linear' or 'bicubic'")
    if (rows, columns) == new:
        return positions
    maps = positions[n_extra:].T.reshape(1, -1, rows, columns)
    mode = {"mode": "bilinear", "align_corners": True} if method == "linear" else {"mode": "bicubic", "align_corners": False}
    return torch.cat([positions[:n_extra], F.interpolate(maps, new, **mode).flatten(2)[0].T])


def position_similarity(positions):
    """How alike the positions are: cosines between all pairs, [n, d_model] -> [n, n] (figure 7, centre)."""
    if positions.dim() != 2:
        raise ValueError(f"positions has shape {list(positions.shape)}, expected [n, d_model]")
    directions = F.normalize(positions, dim=-1)
    return directions @ directions.T


def require_size(name, size):
    """(height, width) of a size that may be one whole number for both. Raises ValueError for anything but whole numbers of at least 1."""
    pair = (size, size) if is_whole(size) else size
    if not isinstance(pair, tuple | list) or len(pair) != 2 or not all(is_whole(side) and side >= 1 for side in pair):
        raise ValueError(f"{name} is {size!r}, expected a whole number of at least 1, or two of them, (height, width)")
    return tuple(pair)


def _require_images(images, patch_size, n_channels=None):
    """The rows and columns of patches that images have."""
    require_whole(patch_size=patch_size)
    wanted = "channels" if n_channels is None else n_channels
    if images.dim() != 4 or images.size(1) != (images.size(1) if n_channels is None else n_channels):
        raise ValueError(f"images has shape {list(images.shape)}, expected [batch, {wanted}, height, width]")
    h, w = images.shape[-2:]
    if h % patch_size or w % patch_size or not h * w:
        raise ValueError(f"images has shape {list(images.shape)}, expected height and width to be multiples of patch_size "
                         f"{patch_size}")
    return h // patch_size, w // patch_size
