"""Bugs of attention that people report in public, put into a running model: `with bug("softmax"): translate(model, sentences)`.

They change MultiHeadAttention.attend while the block runs; the model and its weights stay as they are.
"""

import contextlib
import math

import torch

from book_lib.attention import MultiHeadAttention

BUGS = ("softmax", "view", "padding")


@contextlib.contextmanager
def bug(name):
    """While the block runs, every MultiHeadAttention has the bug.

    "softmax": scores.softmax(dim=-2), over the queries. "view": heads split, and put together again, by view without transpose.
    "padding": masks are not handed on; a decoder stays causal where it writes word by word with a cache.
    Raises ValueError for another name.
    """
    if name not in BUGS:
        raise ValueError(f"name is {name!r}, expected one of {', '.join(BUGS)}")
    right = MultiHeadAttention.attend, MultiHeadAttention._split_heads
    MultiHeadAttention.attend = _attend(name)
    if name == "view":
        MultiHeadAttention._split_heads = _viewed
    try:
        yield
    finally:
        MultiHeadAttention.attend, MultiHeadAttention._split_heads = right


def _viewed(self, features):
    b, n, _ = features.shape
    return features.reshape(b, self.n_heads, n, self.d_head)


def _attend(name):
    def attend(self, query, keys, values, mask=None, *, need_weights=True):
        scores = self._split_heads(self.q_proj(query)) @ keys.transpose(-2, -1) / math.sqrt(self.d_head)
        if mask is not None and name != "padding":
            scores = scores.masked_fill(~mask, -math.inf)
        weights = torch.softmax(scores, dim=-2 if name == "softmax" else -1)
        heads = weights @ values
        together = heads.reshape(query.shape) if name == "view" else heads.transpose(1, 2).flatten(2)
        return self.o_proj(together), weights

    return attend
