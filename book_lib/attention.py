"""Attention: queries look at keys and take away a mix of the values."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from book_lib.checks import is_recorded, require_whole


def scaled_dot_product_attention(query, key, value, mask=None):
    """Mix the values, weighted by how well each key answers each query (Vaswani et al. 2017, eq. 1).

    query [..., n, d_k], key [..., m, d_k], value [..., m, d_v]; mask broadcastable to [..., n, m], True = may be attended.
    Returns (output [..., n, d_v], weights [..., n, m]). A query that may attend to nothing gets zero weights and a zero output.
    A mask hides a token but does not clean it: NaN in a masked value still reaches the output, since 0 · NaN is NaN.
    Raises ValueError where shapes or dtypes do not fit.
    """
    _require_fitting(query, key, value, mask)
    scores = query @ key.transpose(-2, -1) / math.sqrt(query.size(-1))       # [..., n, m]
    if mask is not None:
        blind = ~mask.any(dim=-1, keepdim=True)                              # queries that may attend to nothing
        scores = scores.masked_fill(~(mask | blind), -math.inf)
    weights = scores.softmax(dim=-1)
    if mask is not None:
        weights = weights.masked_fill(blind, 0.0)
    return weights @ value, weights


def fast_attention(query, key, value, mask=None, *, need_weights=True, dropout=0.0):
    """scaled_dot_product_attention in less time and memory, as the layers use it: the same result up to rounding.

    Without need_weights it returns (output, None), computed by torch's kernel, which goes block by block and stores no weights.
    dropout: the probability with which a weight is set to 0 (the others grow to make up for it); the weights returned are those used.
    Scores may be as large as the dtype can hold. NaN in a masked key or value may reach every output.
    """
    _require_fitting(query, key, value, mask)
    if not need_weights:
        return F.scaled_dot_product_attention(query, key, value, attn_mask=mask, dropout_p=dropout), None
    scores = (query / math.sqrt(query.size(-1))) @ key.transpose(-2, -1)     # the smaller tensor is divided
    if mask is not None:
        blind = ~mask.any(dim=-1, keepdim=True)
        scores += torch.zeros_like(mask, dtype=scores.dtype).masked_fill_(~(mask | blind), -math.inf)     # adding is the faster way to fill
    weights = torch.softmax(scores, dim=-1, out=None if torch.is_grad_enabled() else scores)
    if mask is not None and (is_recorded() or blind.is_meta or blind.any()):
        weights = weights.masked_fill(blind, 0.0)
    if dropout:
        weights = F.dropout(weights, dropout)
    return weights @ value, weights


class MultiHeadAttention(nn.Module):
    """Let n_heads small attentions look at the same tokens, each through its own projections (Vaswani et al. 2017, section 3.2.2).

    query [b, n, d_model], key [b, m, d_key], value [b, m, d_value]; key defaults to query, value to key (self-attention).
    mask broadcastable to [b, n_heads, n, m], with two axes [n, m] or with four, True = may be attended; it hides tokens, it does not clean
    them of NaN. d_head, the width of one head, is d_model / n_heads unless given. dropout acts on the weights, in training alone.
    n_kv_heads: how many heads of keys and values there are, each shared by n_heads / n_kv_heads neighbouring heads of queries: all n_heads
    unless given, one in multi-query attention (Shazeer 2019), a number between in grouped-query attention (Ainslie et al. 2023).
    Returns (output [b, n, d_model], weights [b, n_heads, n, m]), or (output, None) without need_weights, in less time and memory.
    Raises ValueError where sizes do not fit, and for a mask of two axes that could as well be the padding of the b sequences.
    """

    def __init__(self, d_model, n_heads, *, n_kv_heads=None, d_key=None, d_value=None, d_head=None, bias=True, dropout=0.0):
        super().__init__()
        d_key = d_model if d_key is None else d_key
        d_value = d_key if d_value is None else d_value
        n_kv_heads = n_heads if n_kv_heads is None else n_kv_heads
        _require_sizes(d_model, n_heads, n_kv_heads, d_key, d_value, d_head, dropout)
        self.n_heads, self.n_kv_heads, self.d_head, self.dropout = n_heads, n_kv_heads, d_head or d_model // n_heads, dropout
        self.q_proj = nn.Linear(d_model, n_heads * self.d_head, bias=bias)
        self.k_proj = nn.Linear(d_key, n_kv_heads * self.d_head, bias=bias)
        self.v_proj = nn.Linear(d_value, n_kv_heads * self.d_head, bias=bias)
        self.o_proj = nn.Linear(n_heads * self.d_head, d_model, bias=bias)

    def forward(self, query, key=None, value=None, mask=None, *, need_weights=True):
        key = query if key is None else key
        value = key if value is None else value
        _require_tokens(self, query, key, value, mask)
        return self.attend(query, *self.keys_and_values(key, value), mask, need_weights=need_weights)

    def keys_and_values(self, key, value):
        """The keys and values of all heads, [b, n_kv_heads, m, d_head] each: what the tokens looked at offer, whoever asks."""
        return self._split_heads(self.k_proj(key)), self._split_heads(self.v_proj(value))

    def attend(self, query, keys, values, mask=None, *, need_weights=True):
        """Let query [b, n, d_model] look at keys and values that keys_and_values has made. Returns what the layer returns."""
        dropout = self.dropout if self.training else 0.0
        query = self._split_heads(self.q_proj(query))
        if self.n_kv_heads < self.n_heads:
            keys, values = (shared.repeat_interleave(self.n_heads // self.n_kv_heads, dim=1) for shared in (keys, values))
        heads, weights = fast_attention(query, keys, values, mask, need_weights=need_weights, dropout=dropout)
        return self.o_proj(heads.transpose(1, 2).flatten(2)), weights

    def _split_heads(self, features):
        b, n, width = features.shape                                         # [b, n, heads * d_head] -> [b, heads, n, d_head]
        return features.view(b, n, width // self.d_head, self.d_head).transpose(1, 2)


def causal_mask(n, device=None):
    """Let each of n tokens attend to itself and to the tokens before it: mask [n, n], True = may be attended."""
    require_whole(at_least=0, n=n)
    return torch.ones(n, n, dtype=torch.bool, device=device).tril()


def padding_mask(lengths, max_length=None):
    """Mark the real tokens of sequences that were padded at the end to one length.

    lengths: b integers, as a list or a tensor [b]; max_length defaults to the largest of them.
    Returns mask [b, max_length], True = is real; as an attention mask write mask[:, None, None, :], so that no query sees padding.
    Raises ValueError for negative lengths and for lengths above max_length.
    """
    lengths = torch.as_tensor(lengths)
    if lengths.dim() != 1 or (len(lengths) and lengths.is_floating_point()):
        raise ValueError(f"lengths has shape {_shape(lengths)} and dtype {lengths.dtype}, expected integers of shape [batch]")
    longest = int(lengths.max()) if len(lengths) else 0
    max_length = longest if max_length is None else max_length
    if longest > max_length or (lengths < 0).any():
        raise ValueError(f"lengths is {lengths.tolist()}, expected integers from 0 to max_length {max_length}")
    return torch.arange(max_length, device=lengths.device) < lengths[:, None]


def _shape(tensor):
    return list(tensor.shape)


def _require_sizes(d_model, n_heads, n_kv_heads, d_key, d_value, d_head, dropout):
    sizes = {"d_model": d_model, "n_heads": n_heads, "n_kv_heads": n_kv_heads, "d_key": d_key, "d_value": d_value}
    require_whole(**sizes, **({} if d_head is None else {"d_head": d_head}))
    if d_head is None and d_model % n_heads:
        raise ValueError(f"d_model {d_model} must be a multiple of n_heads {n_heads}, so that every head gets the same width")
    if n_heads % n_kv_heads:
        raise ValueError(f"n_heads {n_heads} must be a multiple of n_kv_heads {n_kv_heads}, so that all of these serve equally many")
    if not 0 <= dropout <= 1:
        raise ValueError(f"dropout is {dropout!r}, expected a probability from 0 to 1")


def _require_tokens(layer, query, key, value, mask):
    for name, tokens, projection in (("query", query, layer.q_proj), ("key", key, layer.k_proj), ("value", value, layer.v_proj)):
        if tokens.dim() != 3 or tokens.size(2) != projection.in_features:
            raise ValueError(f"{name} has shape {_shape(tokens)}, expected [batch, tokens, {projection.in_features}]")
    if not query.size(0) == key.size(0) == value.size(0):
        raise ValueError(f"query {_shape(query)}, key {_shape(key)} and value {_shape(value)} must have the same batch size")
    if mask is not None:
        _require_mask_axes(mask, query.size(0), layer.n_heads, query.size(1), key.size(1))


def _require_mask_axes(mask, b, n_heads, n, m):
    if mask.dim() not in (2, 4):
        wanted = [b, n_heads, n, m]
        raise ValueError(f"mask has shape {_shape(mask)}, expected two axes {wanted[2:]} or four that broadcast to {wanted}")
    if mask.dim() == 2 and not is_recorded() and mask.size(0) == b == n > 1:
        raise ValueError(f"mask has shape {_shape(mask)}, which may mean [queries, keys] or [batch, keys], as there are {n} of both: "
                         "write mask[None, None] for queries and keys, mask[:, None, None, :] for padding")


def _require_fitting(query, key, value, mask):
    for name, tensor in (("query", query), ("key", key), ("value", value)):
        if tensor.dim() < 2:
            raise ValueError(f"{name} has shape {_shape(tensor)}, expected at least two axes [tokens, features]")
        if not tensor.is_floating_point() or tensor.dtype != query.dtype:
            raise ValueError(f"{name} has dtype {tensor.dtype}, expected the same floating-point dtype for query, key and value")
    if query.size(-1) != key.size(-1) or query.size(-1) == 0:
        raise ValueError(f"query {_shape(query)} and key {_shape(key)} must have the same last axis d_k, at least 1")
    if key.size(-2) != value.size(-2):
        raise ValueError(f"key {_shape(key)} and value {_shape(value)} must have the same number of tokens (second axis from the end)")
    if not query.shape[:-2] == key.shape[:-2] == value.shape[:-2]:
        raise ValueError(f"query {_shape(query)}, key {_shape(key)} and value {_shape(value)} must have the same leading axes")
    if mask is not None:
        _require_mask(mask, [*query.shape[:-1], key.size(-2)])


def _require_mask(mask, wanted):
    if mask.dtype != torch.bool:
        raise ValueError(f"mask of shape {_shape(mask)} has dtype {mask.dtype}, expected torch.bool (True = may be attended)")
    fits = mask.dim() <= len(wanted) and all(
        size in (1, want) for size, want in zip(reversed(mask.shape), reversed(wanted), strict=False))
    if not fits:
        raise ValueError(f"mask has shape {_shape(mask)}, expected one that broadcasts to {wanted}, [..., queries, keys]")
