"""Multi-scale deformable attention: each query looks at a few places of several maps, and learns where (Zhu et al. 2021)."""

import math
import warnings
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import nn
from torch.autograd.function import once_differentiable

from book_lib.checks import require_whole

CORNERS = ((0, 0), (1, 0), (0, 1), (1, 1))                       # of the square of four pixel centres round a place, as (x, y)


def bilinear_sample(features, x, y):
    """The value of a map between its pixels: the four nearest ones, each weighted by how near it is.

    features [h, w, d]; x and y: a place as shares of width and height. The centre of the first pixel is at (0.5 / w, 0.5 / h). Outside the
    map, all is 0. Returns [d].
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
    return _Mixed.apply(value, places, weights, tuple(shapes))


class _Mixed(torch.autograd.Function):
    """deformable_attention, with gradients written out: on a CPU they take a third of the time of those that torch derives.

    The pixels are the rows of a table. Forward, each query and head has a bag of rows, each with a weight, to be summed by embedding_bag.
    Backward, each pixel has a bag of queries. To fill these bags places have to be sorted by their pixels, and of the four pixels of a
    place only the first is: the sums for the other three come out at the same row, and are moved to theirs.
    """

    @staticmethod
    def forward(ctx, value, places, weights, shapes):
        table = _framed(value, shapes)
        first, right, down, inside = _squares(table, shapes, places, ctx.needs_input_grad[1])
        rows, shares = (part.flatten(3).flatten(0, 2) for part in (_four_rows(first, shapes), _four_shares(weights, right, down)))
        mixed = F.embedding_bag(rows, table.flatten(0, 2), mode="sum", per_sample_weights=shares)
        ctx.save_for_backward(table, first, right, down, inside, weights)
        ctx.shapes = shapes
        return mixed.view(*first.shape[:2], -1)                                                   # the heads side by side

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient):
        table, first, right, down, inside, weights = ctx.saved_tensors
        gradient = gradient.reshape(-1, table.size(3))                                            # one row for each query and head
        of_value = of_places = of_weights = None
        if ctx.needs_input_grad[0]:
            of_value = _gradient_of_value(gradient, table, ctx.shapes, first, _four_shares(weights, right, down))
        if any(ctx.needs_input_grad[1:3]):
            pixels = _dot_products(gradient, table.flatten(0, 2), _four_rows(first, ctx.shapes)).unbind(-1)
            above, below = (torch.lerp(*pair, right) for pair in (pixels[:2], pixels[2:]))
            of_weights = torch.lerp(above, below, down)
        if ctx.needs_input_grad[1]:
            across = torch.lerp(pixels[1] - pixels[0], pixels[3] - pixels[2], down)
            sizes = torch.tensor([(w, h) for h, w in ctx.shapes]).to(weights)[:, None]
            of_places = torch.stack((across, below - above), -1) * weights[..., None] * sizes * inside
        return of_value, of_places, of_weights, None


def _framed(value, shapes):
    """A table of all pixels with zeros round each level, [b, n_framed, n_heads, d_head], so that the four pixels of a place are there.

    A row of a level ends with one zero, which is also the one on the left of the next row; zero rows stand above and below.
    """
    b, _, n_heads, d_head = value.shape
    table = value.new_zeros(b, _starts(shapes)[-1] + shapes[-1][1] + 2, n_heads, d_head)          # a place at the end has pixels below it
    levels = value.split([h * w for h, w in shapes], 1)
    for inner, level in zip(_without_frames(table, shapes), levels, strict=True):
        inner.copy_(level.view_as(inner))
    return table


def _without_frames(table, shapes):
    """Views of the pixels of each level in a table, [b, h, w, n_heads, d_head]."""
    return [table[:, start:end].unflatten(1, (h + 2, w + 1))[:, 1:-1, :-1]
            for (h, w), (start, end) in zip(shapes, pairwise(_starts(shapes)), strict=True)]


def _starts(shapes):
    """Where each framed level begins in the table, after one zero, and where the last ends."""
    starts = [1]
    for h, w in shapes:
        starts.append(starts[-1] + (h + 2) * (w + 1))
    return starts


def _squares(table, shapes, places, are_moved):
    """The square of four pixels round each place.

    Returns (first, right, down, inside): the row of its upper left pixel among all rows of the table, and how far into the square the place
    lies, [b, n_queries, n_heads, n_levels, n_points] each; inside [..., 2]: whether it is near the map in x and y, so that these count;
    where places are not moved by a gradient, None.
    """
    b, n, n_heads, _ = table.shape
    device = places.device
    sizes = torch.tensor([(w, h) for h, w in shapes]).to(places)[..., None]                       # [n_levels, 2, 1]
    pixels, shares, inside = [], [], []
    for axis, at in enumerate(places.unbind(-1)):
        at = at * sizes[:, axis] - 0.5                                                            # in pixels of the level
        near = torch.minimum(at.clamp(min=-1.0), sizes[:, axis])                                  # on the frame all is zero
        corner = near.floor()
        inside += [at == near] if are_moved else []
        shares.append(near - corner)
        pixels.append(corner.int())
    begins = torch.tensor([start + w + 1 for start, (_, w) in zip(_starts(shapes), shapes, strict=False)], device=device)
    widths = torch.tensor([w + 1 for _, w in shapes], device=device)
    within = (pixels[1] * widths.int()[:, None] + pixels[0] + begins.int()[:, None]) * n_heads
    heads = torch.arange(n_heads, device=device, dtype=torch.int32)
    pictures = torch.arange(b, device=device, dtype=torch.int32)[:, None] * (n * n_heads)
    return within + (pictures + heads)[:, None, :, None, None], *shares, torch.stack(inside, -1) if are_moved else None


def _four_rows(first, shapes):
    """The rows of all four pixels: first, the one on its right, the one below, the one below on the right. Returns [..., 4]."""
    n_heads, widths = first.size(2), torch.tensor([w + 1 for _, w in shapes], device=first.device)[:, None]
    below = first + widths.int() * n_heads
    return torch.stack((first, first + n_heads, below, below + n_heads), -1)


def _four_shares(weights, right, down):
    """How much of a place's weight each of its four pixels gets: [..., 4]."""
    below = weights * down
    above = weights - below
    below_right, above_right = below * right, above * right
    return torch.stack((above - above_right, above_right, below - below_right, below_right), -1)


def _gradient_of_value(gradient, table, shapes, first, shares):
    """Sum for each pixel the gradients of the queries that looked at it, times their shares: [b, n, n_heads, d_head]."""
    pixels, order = first.flatten().sort()
    counts = torch.bincount(pixels, minlength=table.shape[:3].numel())
    bags, queries = (counts.cumsum(0) - counts).int(), (order // first.shape[3:].numel()).int()
    shares = shares.view(-1, 4).index_select(0, order).t().contiguous()
    here, right, below, below_right = (
        F.embedding_bag(queries, gradient, bags, mode="sum", per_sample_weights=own).view_as(table) for own in shares)
    below[:, 1:] += below_right[:, :-1]
    here[:, 1:] += right[:, :-1]
    for (_, w), (start, end) in zip(shapes, pairwise(_starts(shapes)), strict=True):
        here[:, start + w + 1 : end] += below[:, start : end - w - 1]
    return torch.cat([level.flatten(1, 2) for level in _without_frames(here, shapes)], 1)


def _dot_products(gradient, pixels, rows):
    """The products of each query's gradient with the pixels it looked at: [*rows.shape]. gradient [n, d]; pixels [m, d]; rows [..., 4]."""
    each, wide = rows.numel() // len(gradient), torch.promote_types(gradient.dtype, torch.float32)      # torch has it in no half precision
    ends = torch.arange(0, rows.numel() + 1, each, dtype=rows.dtype, device=rows.device)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")                                                           # "CSR tensor support is in beta state"
        wanted = torch.sparse_csr_tensor(ends, rows.flatten(), gradient.new_zeros(rows.numel(), dtype=wide), (len(gradient), len(pixels)))
    found = torch.sparse.sampled_addmm(wanted, gradient.to(wide), pixels.to(wide).t(), beta=0.0)
    return found.values().view(rows.shape).to(gradient.dtype)


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
