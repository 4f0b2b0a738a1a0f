"""Multi-scale deformable attention: each query looks at a few places of several maps, and learns where (Zhu et al. 2021)."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from book_lib.checks import require_whole

CORNERS = ((0, 0), (1, 0), (0, 1), (1, 1))                       # of the square of four pixel centres round a place, as (x, y)


def bilinear_sample(features, x, y):
    """The value of a map between its pixels: the four nearest ones, each weighted by how near it is.

    features [h, w, d]; x and y: a place as shares of width and height. The centre of the first pixel is at (0.5 / w, 0.5 / h), and outside
    of the map all is 0. Returns [d].
    """
    h, w, _ = features.shape
    column, row = x * w - 0.5, y * h - 0.5                       # in pixels, counted from the centre of the first one
    left, top = math.floor(column), math.floor(row)
    total = torch.zeros_like(features[0, 0])
    for dx, dy in CORNERS:
        if 0 <= left + dx < w and 0 <= top + dy < h:
            near = (1 - abs(column - left - dx)) * (1 - abs(row - top - dy))
            total = total + near * features[top + dy, left + dx]
    return total


def deformable_attention_by_loops(value, shapes, places, weights):
    """What multi-scale deformable attention computes, as the paper writes it (Zhu et al. 2021, eq. 3): for reading, not for speed.

    Arguments and result as in deformable_attention.
    """
    _require_fitting(value, shapes, places, weights)
    maps = [level.unflatten(1, shape) for level, shape in zip(value.split([h * w for h, w in shapes], 1), shapes, strict=True)]
    b, n_queries, n_heads, n_levels, n_points, _ = places.shape
    output = []
    for picture in range(b):
        for query in range(n_queries):
            for head in range(n_heads):
                mixed = torch.zeros_like(value[0, 0, 0])
                for level in range(n_levels):
                    for point in range(n_points):
                        x, y = places[picture, query, head, level, point]
                        sampled = bilinear_sample(maps[level][picture, :, :, head], x, y)
                        mixed = mixed + weights[picture, query, head, level, point] * sampled
                output.append(mixed)
    return torch.stack(output).view(b, n_queries, -1)


def deformable_attention(value, shapes, places, weights):
    """Mix what each query samples from maps of several levels (Zhu et al. 2021, eq. 3), all pictures, heads and levels at once.

    value [b, n, n_heads, d_head]: the maps of all levels, row by row, one after another; shapes: their (h, w), n pixels in all.
    places [b, n_queries, n_heads, n_levels, n_points, 2]: (x, y) as shares of a level's width and height; beyond 0 to 1 all is 0.
    weights [b, n_queries, n_heads, n_levels, n_points], of which those of one query and head sum to 1.
    Returns [b, n_queries, n_heads * d_head]. Raises ValueError where shapes do not fit.
    """
    _require_fitting(value, shapes, places, weights)
    b, _, n_heads, d_head = value.shape
    table = _framed(value, shapes)
    rows, shares = _four_pixels(shapes, places, weights)
    rows = rows + torch.arange(b, device=rows.device)[:, None, None, None, None, None] * table.size(1)
    rows = rows * n_heads + torch.arange(n_heads, device=rows.device)[:, None, None, None]
    mixed = F.embedding_bag(rows.flatten(3).flatten(0, 2), table.reshape(-1, d_head), mode="sum",
                            per_sample_weights=shares.flatten(3).flatten(0, 2))
    return mixed.view(b, -1, n_heads * d_head)


def _framed(value, shapes):
    """The maps with a frame of zeros round each level, so that the four pixels round a place are always there: [b, n + frames, …]."""
    levels = zip(value.split([h * w for h, w in shapes], 1), shapes, strict=True)
    return torch.cat([F.pad(level.unflatten(1, shape), (0, 0, 0, 0, 1, 1, 1, 1)).flatten(1, 2) for level, shape in levels], 1)


def _four_pixels(shapes, places, weights):
    """The four pixels round each place, and how much of its weight each gets.

    Returns (their rows among the framed pixels of all levels, shares), [b, n_queries, n_heads, n_levels, n_points, 4] each.
    """
    device = places.device
    sizes = torch.tensor([(w, h) for h, w in shapes], device=device)[:, None]                     # [n_levels, 1, 2]
    widths, n_framed = sizes[..., 0] + 2, (sizes + 2).prod(-1)
    starts = n_framed.cumsum(0) - n_framed
    at = places * sizes - 0.5                                                                     # in pixels of the level
    corner = at.detach().floor()                                                                  # of the square: left and top
    near = ((corner >= -1) & (corner < sizes)).all(-1)
    corner = torch.minimum(corner.clamp(min=-1), sizes - 1)
    right, down = ((at - corner) * near[..., None]).unbind(-1)                                    # how far into the square
    left, top = corner.long().unbind(-1)
    first = (top + 1) * widths + left + 1 + starts
    rows = first[..., None] + torch.stack((0 * widths, 0 * widths + 1, widths, widths + 1), -1)
    weights = weights * near
    below = weights * down
    above = weights - below
    return rows, torch.stack((above - above * right, above * right, below - below * right, below * right), -1)


class DeformableAttention(nn.Module):
    """Attention that looks at n_points places of each of n_levels maps, which a linear map of the query finds (Zhu et al. 2021, 4.1).

    query [b, n_queries, d_model]: states with their position codes; reference [b, n_queries, n_levels, 2 or 4]: where each query looks
    from, (x, y) as shares of each map, or a box (cx, cy, w, h); maps [b, n, d_model], all levels row by row, one after another; shapes:
    their (h, w); mask bool [b, n], True = is real. Returns (output [b, n_queries, d_model], places, weights), the last two as
    deformable_attention takes them. Offsets start as a star, one direction a head; weights start equal.
    """

    def __init__(self, d_model, n_heads, *, n_levels=4, n_points=4):
        super().__init__()
        require_whole(d_model=d_model, n_heads=n_heads, n_levels=n_levels, n_points=n_points)
        if d_model % n_heads:
            raise ValueError(f"d_model {d_model} must be a multiple of n_heads {n_heads}, so that every head gets the same width")
        self.n_heads, self.n_levels, self.n_points = n_heads, n_levels, n_points
        self.offsets = nn.Linear(d_model, n_heads * n_levels * n_points * 2)
        self.weights = nn.Linear(d_model, n_heads * n_levels * n_points)
        self.v_proj, self.o_proj = nn.Linear(d_model, d_model), nn.Linear(d_model, d_model)
        self.reset_parameters()

    def reset_parameters(self):
        """Start as the paper does: the star of first offsets, equal weights, Xavier's numbers for the two projections."""
        for linear in (self.offsets, self.weights):
            nn.init.zeros_(linear.weight)
        nn.init.zeros_(self.weights.bias)
        with torch.no_grad():
            self.offsets.bias.copy_(star(self.n_heads, self.n_levels, self.n_points).flatten())
        for linear in (self.v_proj, self.o_proj):
            nn.init.xavier_uniform_(linear.weight)
            nn.init.zeros_(linear.bias)

    def forward(self, query, reference, maps, shapes, mask=None):
        self._require_fitting(query, reference, maps, mask)
        value = self.v_proj(maps)
        if mask is not None:
            value = value.masked_fill(~mask[..., None], 0.0)
        places, weights = self.places_and_weights(query, reference, shapes)
        mixed = deformable_attention(value.unflatten(-1, (self.n_heads, -1)), shapes, places, weights)
        return self.o_proj(mixed), places, weights

    def places_and_weights(self, query, reference, shapes):
        """Where each query looks, and how much each place counts: the softmax runs over all places of all levels of one head."""
        offsets = self.offsets(query).unflatten(-1, (self.n_heads, self.n_levels, self.n_points, 2))
        weights = self.weights(query).unflatten(-1, (self.n_heads, -1)).softmax(-1)
        centre = reference[:, :, None, :, None, :2]                                               # [b, n_queries, 1, n_levels, 1, 2]
        if reference.size(-1) == 2:
            step = 1 / torch.tensor([(w, h) for h, w in shapes]).to(offsets)[:, None]             # offsets count pixels of their level
        else:
            step = 0.5 * reference[:, :, None, :, None, 2:] / self.n_points                       # … or parts of half the box
        return centre + offsets * step, weights.unflatten(-1, (self.n_levels, self.n_points))

    def _require_fitting(self, query, reference, maps, mask):
        b, n_queries = query.shape[:2]
        for name, tokens in (("query", query), ("maps", maps)):
            if tokens.dim() != 3 or tokens.size(0) != b or tokens.size(2) != self.v_proj.in_features:
                raise ValueError(f"{name} has shape {list(tokens.shape)}, expected [{b}, tokens, {self.v_proj.in_features}]")
        if reference.shape[:-1] != (b, n_queries, self.n_levels) or reference.size(-1) not in (2, 4):
            raise ValueError(f"reference has shape {list(reference.shape)}, expected [{b}, {n_queries}, {self.n_levels}, 2 or 4]")
        if mask is not None and (mask.dtype != torch.bool or mask.shape != maps.shape[:2]):
            raise ValueError(f"mask has shape {list(mask.shape)} and dtype {mask.dtype}, expected torch.bool {list(maps.shape[:2])}")


def star(n_heads, n_levels, n_points):
    """The first offsets: head i looks in direction 2πi / n_heads, point k lies k steps away (as the published code has them).

    A step ends on the square round the centre, so that eight heads look at the eight neighbouring pixels. Returns float32
    [n_heads, n_levels, n_points, 2], (x, y) in pixels of each level.
    """
    angles = torch.arange(n_heads, dtype=torch.float32) * (2 * math.pi / n_heads)
    directions = torch.stack((angles.cos(), angles.sin()), -1)
    directions = directions / directions.abs().max(-1, keepdim=True).values
    return (directions[:, None, None] * torch.arange(1, n_points + 1)[:, None]).expand(-1, n_levels, -1, -1).clone()


def _require_fitting(value, shapes, places, weights):
    n = sum(h * w for h, w in shapes)
    if value.dim() != 4 or value.size(1) != n:
        raise ValueError(f"value has shape {list(value.shape)}, expected [b, {n}, n_heads, d_head] for maps of {list(shapes)}")
    b, _, n_heads, _ = value.shape
    if places.dim() != 6 or (places.size(0), *places.shape[2:4], places.size(5)) != (b, n_heads, len(shapes), 2):
        raise ValueError(f"places has shape {list(places.shape)}, expected [{b}, n_queries, {n_heads}, {len(shapes)}, n_points, 2]")
    if weights.shape != places.shape[:-1]:
        raise ValueError(f"weights has shape {list(weights.shape)}, expected {list(places.shape[:-1])}, as places without its last axis")
