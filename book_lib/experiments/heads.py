"""What can be done to the heads of a layer: make them equal, measure how far they look, take them out, take them apart."""

import torch
from torch import nn

from book_lib.attention import MultiHeadAttention


def head_slices(attention):
    """The rows of W_Q, W_K and W_V (and columns of W_O) that belong to each head, in order: a list of n_heads slices."""
    width = attention.d_head
    return [slice(head * width, (head + 1) * width) for head in range(attention.n_heads)]


@torch.no_grad()
def make_heads_equal(attention, *, output_too=True):
    """Copy the first head of a MultiHeadAttention over all the others, in place.

    output_too=False leaves W_O alone: the heads then compute the same, but the layer uses each in its own way.
    """
    first, *others = head_slices(attention)
    for head in others:
        for projection in (attention.q_proj, attention.k_proj, attention.v_proj):
            projection.weight[head] = projection.weight[first]
            if projection.bias is not None:
                projection.bias[head] = projection.bias[first]
        if output_too:
            attention.o_proj.weight[:, head] = attention.o_proj.weight[:, first]


@torch.no_grad()
def prune_heads(attention, heads):
    """Take heads out of a MultiHeadAttention: their rows of W_Q, W_K and W_V, and their columns of W_O (Michel et al. 2019).

    heads: the numbers of the heads to remove, from 0. Returns a new, smaller layer; its output is that of the old layer with
    these heads' results set to zero before W_O. Raises ValueError for a head that does not exist, where no head would be left, and
    for a layer whose heads share keys and values.
    """
    if attention.n_kv_heads != attention.n_heads:
        raise ValueError(f"the layer has {attention.n_heads} heads and {attention.n_kv_heads} of keys and values, expected as many of both")
    remove = set(heads)
    missing = sorted(remove - set(range(attention.n_heads)))
    if missing:
        raise ValueError(f"heads contains {missing[0]}, but the layer has heads 0 to {attention.n_heads - 1}")
    kept = [rows for head, rows in enumerate(head_slices(attention)) if head not in remove]
    if not kept:
        raise ValueError(f"heads names all {attention.n_heads} heads; at least one must stay")
    smaller = MultiHeadAttention(
        attention.q_proj.in_features,
        len(kept),
        d_key=attention.k_proj.in_features,
        d_value=attention.v_proj.in_features,
        d_head=attention.d_head,
        bias=attention.q_proj.bias is not None,
    ).to(attention.q_proj.weight)
    for name in ("q_proj", "k_proj", "v_proj"):
        old, new = getattr(attention, name), getattr(smaller, name)
        new.weight.copy_(torch.cat([old.weight[rows] for rows in kept]))
        if old.bias is not None:
            new.bias.copy_(torch.cat([old.bias[rows] for rows in kept]))
    smaller.o_proj.weight.copy_(torch.cat([attention.o_proj.weight[:, rows] for rows in kept], dim=1))
    if attention.o_proj.bias is not None:
        smaller.o_proj.bias.copy_(attention.o_proj.bias)
    return smaller.train(attention.training)


def attention_distance(weights, queries=None):
    """How many tokens away each head looks on average: the mean over queries of their weighted distances.

    weights [b, n_heads, n, n] of a self-attention; queries [b, n], True = counts, by default every query that looks at anything at all.
    Returns one distance for each head [n_heads], in tokens. Raises ValueError for other shapes and where no query counts.
    """
    if weights.dim() != 4 or weights.size(2) != weights.size(3):
        raise ValueError(f"weights has shape {list(weights.shape)}, expected [batch, n_heads, n, n]")
    batch, _, n, _ = weights.shape
    queries = weights.sum(dim=(1, 3)) > 0 if queries is None else queries
    if queries.shape != (batch, n) or queries.dtype != torch.bool or not queries.any():
        raise ValueError(
            f"queries has shape {list(queries.shape)} and dtype {queries.dtype}, expected booleans {[batch, n]}, at least one True"
        )
    places = torch.arange(n, device=weights.device)
    steps = (places[:, None] - places).abs().to(weights.dtype)
    return (weights * steps).sum(dim=-1).transpose(1, 2)[queries].mean(dim=0)


class HeadsApart(nn.Module):
    """A MultiHeadAttention taken apart: every head is a layer of its own with its own block of W_O, and their outputs are added.

    Same arguments and same results as the layer it was made from; the bias of W_O stays with the first head.
    """

    def __init__(self, attention):
        super().__init__()
        everyone = range(attention.n_heads)
        self.heads = nn.ModuleList(prune_heads(attention, [other for other in everyone if other != head]) for head in everyone)
        for head in self.heads[1:]:
            if head.o_proj.bias is not None:
                head.o_proj.bias = None

    def forward(self, query, key=None, value=None, mask=None):
        outputs, weights = zip(*(head(query, key, value, mask) for head in self.heads), strict=True)
        return sum(outputs), torch.cat(weights, dim=1)


@torch.no_grad()
def head_difference(attention):
    """The largest difference between the numbers of the first head and those of any other, of a MultiHeadAttention or of HeadsApart."""
    if isinstance(attention, HeadsApart):
        heads = [[p.weight for p in (head.q_proj, head.k_proj, head.v_proj, head.o_proj)] for head in attention.heads]
    else:
        heads = [
            [attention.q_proj.weight[rows], attention.k_proj.weight[rows], attention.v_proj.weight[rows], attention.o_proj.weight[:, rows]]
            for rows in head_slices(attention)
        ]
    return max((abs(a - b).max().item() for other in heads[1:] for a, b in zip(heads[0], other, strict=True)), default=0.0)
