"""Other ways to compute multi-scale deformable attention (Zhu et al. 2021, eq. 3): what the library's own is compared and timed with.

Arguments and result as in book_lib.detection.deformable_attention. Of all of them torch derives the gradients.
"""

import itertools

import torch
import torch.nn.functional as F


def by_grid_sample(value, shapes, places, weights):
    """torch's sampler of one map for each picture and head, level by level; it counts places from -1 to 1."""
    b, _, n_heads, d_head = value.shape
    total = 0
    for level, (maps, (h, w)) in enumerate(zip(value.split([h * w for h, w in shapes], 1), shapes, strict=True)):
        maps = maps.permute(0, 2, 3, 1).reshape(b * n_heads, d_head, h, w)
        grid, shares = (part[:, :, :, level].transpose(1, 2).flatten(0, 1) for part in (places * 2 - 1, weights))
        sampled = F.grid_sample(maps, grid, align_corners=False)                                  # [b heads, d_head, queries, points]
        total = total + (sampled * shares[:, None]).sum(-1)
    return total.view(b, n_heads * d_head, -1).transpose(1, 2)


def by_embedding_bag(value, shapes, places, weights):
    """Weighted sums of rows of all levels at once: the library's own forward pass, but not its backward pass."""
    table, rows, shares = _bags(value, shapes, places, weights)
    return F.embedding_bag(rows, table, mode="sum", per_sample_weights=shares).view(*places.shape[:2], -1)


def by_products(value, shapes, places, weights):
    """All rows of all levels fetched, multiplied by their shares, and added up."""
    table, rows, shares = _bags(value, shapes, places, weights)
    return (_fetched(table, rows) * shares[..., None]).sum(1).view(*places.shape[:2], -1)


def by_matrix_products(value, shapes, places, weights):
    """All rows of all levels fetched; for each query and head its shares, as a matrix of one row, times its pixels."""
    table, rows, shares = _bags(value, shapes, places, weights)
    return torch.bmm(shares[:, None], _fetched(table, rows)).view(*places.shape[:2], -1)


def by_index_add(value, shapes, places, weights):
    """One of the four pixels of all places after another, each added at its query and head."""
    table, rows, shares = _bags(value, shapes, places, weights)
    n_bags, n_rows = rows.shape
    bags = torch.arange(n_bags, device=rows.device).repeat_interleave(n_rows // 4)
    total = table.new_zeros(n_bags, table.size(1))
    for corner in range(4):
        part = table.index_select(0, rows[:, corner::4].flatten()) * shares[:, corner::4].flatten()[:, None]
        total = total.index_add(0, bags, part)
    return total.view(*places.shape[:2], -1)


WAYS = {"grid_sample for each level": by_grid_sample, "embedding_bag with torch's gradients": by_embedding_bag,
        "gather and sum of products": by_products, "gather and matrix product": by_matrix_products, "gather and index_add": by_index_add}


def _bags(value, shapes, places, weights):
    """The pixels as rows of a table [n, d_head], and for each query and head which rows it mixes, and how: [bags, 4 a place] each.

    Every level has a frame of zeros round it, one pixel wide on the left and above, two on the right and below.
    """
    b, n_heads, d_head = value.size(0), value.size(2), value.size(3)
    levels = [F.pad(level.unflatten(1, shape), (0, 0, 0, 0, 1, 2, 1, 2))                          # [b, h + 3, w + 3, n_heads, d_head]
              for level, shape in zip(value.split([h * w for h, w in shapes], 1), shapes, strict=True)]
    table = torch.cat([level.flatten(1, 2) for level in levels], 1)
    starts = [0, *itertools.accumulate((h + 3) * (w + 3) for h, w in shapes)]
    start = torch.tensor(starts[:-1], dtype=torch.int32, device=places.device)[:, None]
    width = torch.tensor([w + 3 for _, w in shapes], dtype=torch.int32, device=places.device)[:, None]

    size = torch.tensor([(w, h) for h, w in shapes]).to(places)[:, None]
    at = (places * size - 0.5).clamp(min=-1).minimum(size)                                        # in pixels; on the frame all is zero
    corner = at.floor()
    column, row = corner.int().unbind(-1)
    right, down = (at - corner).unbind(-1)
    first = start + (row + 1) * width + column + 1
    pixels = torch.stack((first, first + 1, first + width, first + width + 1), -1)
    shares = torch.stack(((1 - right) * (1 - down), right * (1 - down), (1 - right) * down, right * down), -1) * weights[..., None]

    heads = torch.arange(n_heads, dtype=torch.int32, device=places.device)[:, None, None, None]
    pictures = torch.arange(b, dtype=torch.int32, device=places.device).view(-1, 1, 1, 1, 1, 1) * starts[-1]
    rows = (pictures + pixels) * n_heads + heads
    return table.view(-1, d_head), *(part.flatten(3).flatten(0, 2) for part in (rows, shares))


def _fetched(table, rows):
    return table.index_select(0, rows.flatten()).view(*rows.shape, -1)
