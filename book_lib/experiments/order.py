"""The order task: at every token, say which symbol stood one place before. The same words in another order have other answers.

The model is one attention layer, with every kind of position code the book compares.
"""

import math

import torch
from torch import nn

from book_lib.positional import RelativeBias, rotate_by_position, sinusoidal_code

CODES = ("none", "sinusoidal", "learned", "concatenated", "relative", "rotary")


def order_batch(batch, length, n_symbols=8, *, generator):
    """Make sequences of random symbols: (symbols [batch, length], previous [batch, length]), integers from 0 to n_symbols - 1.

    previous[:, i] is symbols[:, i - 1]; the first token has nothing before it and gets -1. Raises ValueError for sizes under 1, 2 and 2.
    """
    if batch < 1 or length < 2 or n_symbols < 2:
        raise ValueError(f"batch {batch}, length {length} and n_symbols {n_symbols} must be at least 1, 2 and 2")
    symbols = torch.randint(n_symbols, (batch, length), generator=generator)
    previous = symbols.roll(1, dims=1)
    previous[:, 0] = -1
    return symbols, previous


def best_without_order(symbols, n_symbols=8):
    """The accuracy of the best guess from the set of symbols and the token itself alone: name the commonest other symbol.

    symbols [batch, length]. Returns a float, the mean over tokens of (count of the commonest symbol among the others) / (length - 1).
    """
    one_hot = torch.nn.functional.one_hot(symbols, n_symbols)                            # [batch, length, n_symbols]
    others = one_hot.sum(dim=1, keepdim=True) - one_hot
    return (others.max(dim=-1).values.double() / (symbols.size(1) - 1)).mean().item()


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
