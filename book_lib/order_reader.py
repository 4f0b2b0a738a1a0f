"""One attention layer that must know about order, with every kind of position code the book compares."""

import math

import torch
from torch import nn

from book_lib.positional import RelativeBias, rotate_by_position, sinusoidal_code

CODES = ("none", "sinusoidal", "learned", "concatenated", "relative", "rotary")


class OrderReader(nn.Module):
    """Embed symbols, let one head of attention look around once, and read a symbol off every token.

    code: one of CODES. An absolute code becomes part of the token, and so of query, key and value; relative and rotary act on the scores.
    d_code: width of a concatenated code, d_model if None.
    symbols [b, n] -> (logits [b, n, n_symbols], weights [b, n, n]); start is the position of the first token.
    Raises ValueError for an unknown code, and for positions beyond the max_length rows of a learned table.
    """

    def __init__(self, code, *, n_symbols=8, d_model=32, d_code=None, d_head=32, max_length=64, reach=8):
        super().__init__()
        if code not in CODES:
            raise ValueError(f"code is {code!r}, expected one of {', '.join(CODES)}")
        self.code, self.d_head = code, d_head
        self.d_code = d_model if d_code is None else d_code
        d_in = d_model + self.d_code if code == "concatenated" else d_model
        self.embedding = nn.Embedding(n_symbols, d_model)
        self.q_proj, self.k_proj, self.v_proj = (nn.Linear(d_in, d_head) for _ in range(3))
        self.read_out = nn.Linear(d_head, n_symbols)
        if code == "learned":
            self.table = nn.Parameter(torch.randn(max_length, d_model))
        if code == "relative":
            self.bias = RelativeBias(1, reach)

    def forward(self, symbols, start=0):
        positions = torch.arange(start, start + symbols.size(1))
        tokens = self.with_positions(self.embedding(symbols), positions)
        query, key, value = self.q_proj(tokens), self.k_proj(tokens), self.v_proj(tokens)
        if self.code == "rotary":
            query, key = rotate_by_position(query), rotate_by_position(key)
        scores = query @ key.transpose(-2, -1) / math.sqrt(self.d_head)      # [b, n, n]
        if self.code == "relative":
            scores = scores + self.bias(symbols.size(1))
        weights = scores.softmax(dim=-1)
        return self.read_out(weights @ value), weights

    def with_positions(self, words, positions):
        """What query, key and value are made from: words [b, n, d_model], with the code of positions [n] where that is an absolute one."""
        if self.code == "learned":
            if positions[-1] >= len(self.table):
                raise ValueError(f"symbols reach position {int(positions[-1])}, but the learned table has {len(self.table)} rows")
            return words + self.table[positions]
        if self.code not in ("sinusoidal", "concatenated"):
            return words
        code = sinusoidal_code(positions, self.d_code).to(words)
        return words + code if self.code == "sinusoidal" else torch.cat((words, code.expand(len(words), -1, -1)), dim=-1)
