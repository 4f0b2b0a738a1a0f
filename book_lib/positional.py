"""Position codes: how tokens, which attention treats as a set, are told where they stand."""

import math

import torch
from torch import nn

from book_lib.checks import is_whole, require_whole


def sinusoidal_code(positions, d_model, *, base=10000.0):
    """Write each position as the hands of d_model / 2 clocks, each slower than the one before (Vaswani et al. 2017, section 3.5).

    positions [...]: numbers, whole or not, or one integer n that stands for 0 … n - 1. Clock f turns base^(-2f / d_model) radians a step.
    Returns [..., d_model] with sine and cosine of clock f in columns 2f and 2f + 1, in the dtype of floating-point positions, otherwise in
    torch's default dtype. Raises ValueError for an odd d_model and for a base under 1.
    """
    positions = torch.arange(_length(positions)) if isinstance(positions, int) else torch.as_tensor(positions)
    angles = positions.double()[..., None] * clock_speeds(d_model, base=base).to(positions.device)
    code = torch.stack((angles.sin(), angles.cos()), dim=-1).flatten(-2)                 # sin, cos, sin, cos …
    return code.to(positions.dtype if positions.is_floating_point() else torch.get_default_dtype())


def clock_speeds(d_model, *, base=10000.0):
    """The radians a step by which the d_model / 2 clocks of a code turn: float64 [d_model / 2], from 1 down to nearly 1 / base."""
    if not is_whole(d_model) or d_model < 2 or d_model % 2:
        raise ValueError(f"d_model is {d_model!r}, expected an even whole number of at least 2: a sine and a cosine for each clock")
    if not base >= 1:
        raise ValueError(f"base is {base!r}, expected a number of at least 1")
    return base ** (-torch.arange(0, d_model, 2, dtype=torch.float64) / d_model)


def shift_matrix(offset, d_model, *, base=10000.0):
    """The rotation that moves every sinusoidal code by offset steps: code(p) @ shift_matrix(k) = code(p + k), whatever p is.

    offset: a number, negative to go back. Returns float64 [d_model, d_model], one 2 x 2 rotation for each clock along the diagonal.
    """
    angles = offset * clock_speeds(d_model, base=base)
    sine, cosine = angles.sin(), angles.cos()
    turns = torch.stack((torch.stack((cosine, -sine), -1), torch.stack((sine, cosine), -1)), -2)     # [d_model / 2, 2, 2]
    return torch.block_diag(*turns)


class SinusoidalPositions(nn.Module):
    """Add the sinusoidal code to tokens: inputs [b, n, d_model] -> [b, n, d_model], for any n. Nothing to learn."""

    def __init__(self, d_model, *, base=10000.0):
        super().__init__()
        clock_speeds(d_model, base=base)
        self.d_model, self.base = d_model, base

    def forward(self, inputs):
        _require_tokens(inputs, self.d_model)
        code = sinusoidal_code(torch.arange(inputs.size(1)).double(), self.d_model, base=self.base)
        return inputs + code.to(inputs)


class LearnedPositions(nn.Module):
    """Add a learned vector for each position to tokens: inputs [b, n, d_model] -> [b, n, d_model], for n up to max_length.

    The table starts with normal random numbers of standard deviation std. Raises ValueError for inputs longer than the table.
    """

    def __init__(self, max_length, d_model, *, std=0.02):
        super().__init__()
        require_whole(max_length=max_length, d_model=d_model)
        self.table = nn.Parameter(torch.randn(max_length, d_model) * std)

    def forward(self, inputs):
        _require_tokens(inputs, self.table.size(1))
        if inputs.size(1) > len(self.table):
            raise ValueError(f"inputs has {inputs.size(1)} tokens, but the table was made for at most {len(self.table)} positions")
        return inputs + self.table[: inputs.size(1)]


def sine_map(mask, d_model, *, base=10000.0, offset=0.0, normalize=True):
    """Write each pixel's row and column as sinusoidal codes, half of the channels each (DETR, Carion et al. 2020).

    mask [b, h, w], True = is real; rows and columns are counted over real pixels and start at 1. With normalize the last real one becomes
    2π, so that a picture spans the same angles whatever its size. offset is added before: 0 in DETR, -0.5 in Deformable DETR.
    Returns [b, d_model, h, w] in torch's default dtype: row code, then column code. Raises ValueError for a d_model no multiple of 4.
    """
    if mask.dim() != 3 or mask.dtype != torch.bool:
        raise ValueError(f"mask has shape {list(mask.shape)} and dtype {mask.dtype}, expected torch.bool [batch, height, width]")
    if not is_whole(d_model) or d_model < 4 or d_model % 4:
        raise ValueError(f"d_model is {d_model!r}, expected a multiple of 4: sines and cosines for rows and for columns")
    codes = []
    for axis in (1, 2):
        count = mask.cumsum(axis).double()                                               # 1, 2, 3 … over real pixels
        place = count + offset
        if normalize:
            place = place / (count.narrow(axis, -1, 1) + 1e-6) * 2 * math.pi
        codes.append(sinusoidal_code(place, d_model // 2, base=base))
    return torch.cat(codes, dim=-1).permute(0, 3, 1, 2).to(torch.get_default_dtype())


class RelativeBias(nn.Module):
    """A learned number for each head and each offset j - i, to be added to the scores (as in T5, Raffel et al. 2020).

    forward(n, m) returns bias [n_heads, n, m], m defaults to n; offsets beyond max_distance share its number, as
    the vectors of Shaw et al. 2018 do; T5 lets far offsets share in buckets of growing width. Starts at zero.
    """

    def __init__(self, n_heads, max_distance):
        super().__init__()
        require_whole(n_heads=n_heads, max_distance=max_distance)
        self.max_distance = max_distance
        self.table = nn.Parameter(torch.zeros(n_heads, 2 * max_distance + 1))            # column 0: max_distance to the left

    def forward(self, n, m=None):
        m = n if m is None else m
        reach, device = self.max_distance, self.table.device
        offsets = torch.arange(m, device=device) - torch.arange(n, device=device)[:, None]
        return self.table[:, offsets.clamp(-reach, reach) + reach]          # offsets [n, m]: j - i


def alibi_slopes(n_heads):
    """The slopes of ALiBi (Press et al. 2022) for n_heads heads, a power of two: [n_heads], from 2^(-8 / n_heads) down to 1 / 256."""
    require_whole(n_heads=n_heads)
    if n_heads & (n_heads - 1):
        raise ValueError(f"n_heads is {n_heads}, expected a power of two")
    return 2.0 ** (-8 / n_heads * torch.arange(1, n_heads + 1))


def alibi_bias(slopes, n):
    """What ALiBi (Press et al. 2022) adds to the scores of n tokens: minus the slope of a head times the distance. Nothing is learned.

    slopes [n_heads] -> bias [n_heads, n, n]. Made for scores with a causal mask: without one, left and right get the same bias.
    """
    places = torch.arange(n, device=slopes.device)
    return -slopes[:, None, None] * (places[:, None] - places).abs()


def rotate_by_position(features, positions=None, *, base=10000.0, halves=False):
    """Turn each pair of features by an angle that grows with the position: rotary codes (RoPE, Su et al. 2021), for queries and keys.

    features [..., n, d] with an even d; positions [n], whole or not, by default 0 … n - 1. A pair is features 2f and 2f + 1, as in the
    paper, or with halves features f and f + d / 2, as in LLaMA's code in transformers. Returns [..., n, d].
    The dot product of two turned vectors depends on their positions only through the difference.
    """
    n, d = features.shape[-2:] if features.dim() > 1 else (0, 0)
    positions = torch.arange(n, device=features.device) if positions is None else torch.as_tensor(positions)
    if features.dim() < 2 or positions.shape != (n,):
        raise ValueError(f"features {list(features.shape)} and positions {list(positions.shape)}: expected [..., n, d] and [n]")
    code = sinusoidal_code(positions.double(), d, base=base).to(features)
    sine, cosine = code[:, 0::2], code[:, 1::2]
    first, second = features.chunk(2, dim=-1) if halves else (features[..., 0::2], features[..., 1::2])
    turned = first * cosine - second * sine, first * sine + second * cosine
    return torch.cat(turned, dim=-1) if halves else torch.stack(turned, dim=-1).flatten(-2)


def rows_to_halves(rows, n_heads, *, back=False):
    """Reorder W_Q or W_K, made for rotary pairs (2f, 2f + 1), for code that pairs (f, f + d_k / 2); with back the other way round.

    rows [n_heads * d_k, ...]: the weight of a torch.nn.Linear, or its bias. Convert both projections, or the scores change.
    """
    if len(rows) % (2 * n_heads):
        raise ValueError(f"rows has shape {list(rows.shape)}, expected [n_heads * d_k, ...] with n_heads {n_heads} and an even d_k")
    pairs = (n_heads, 2, -1) if back else (n_heads, -1, 2)
    return rows.unflatten(0, pairs).transpose(1, 2).flatten(0, 2)


def _length(n):
    if n < 0:
        raise ValueError(f"positions is {n}, expected 0 or more")
    return n


def _require_tokens(inputs, d_model):
    if inputs.dim() != 3 or inputs.size(2) != d_model:
        raise ValueError(f"inputs has shape {list(inputs.shape)}, expected [batch, tokens, {d_model}]")
