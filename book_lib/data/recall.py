"""The recall task: one symbol of a sequence is marked, and at the end somebody asks which one it was."""

import math

import torch
import torch.nn.functional as F


def recall_batch(batch, length, distance=None, n_symbols=8, *, generator, dtype=torch.float64):
    """Make sequences of random symbols, one of them marked; the last token asks for it and has no symbol of its own.

    distance: how many tokens before the last one the mark stands, from 1 to length - 1; when None it is drawn for each sequence,
    so that every doubling of the distance is about equally frequent.
    Returns inputs [batch, length, n_symbols + 2] (one-hot symbol, mark flag, question flag), targets [batch], distances [batch].
    Raises ValueError for a length under 2, a distance outside the sequence and fewer than 2 symbols.
    """
    _require_sizes(batch, length, distance, n_symbols)
    rows = torch.arange(batch)
    symbols = torch.randint(n_symbols, (batch, length), generator=generator)
    distances = torch.full((batch,), distance) if distance else _any_distance(batch, length, generator)
    marked = length - 1 - distances
    inputs = F.pad(F.one_hot(symbols, n_symbols), (0, 2)).to(dtype)
    inputs[rows, marked, n_symbols] = 1
    inputs[:, -1, :n_symbols] = 0
    inputs[:, -1, n_symbols + 1] = 1
    return inputs, symbols[rows, marked], distances


def _any_distance(batch, length, generator):
    doublings = torch.rand(batch, generator=generator, dtype=torch.float64) * math.log2(length)
    return (2**doublings).long().clamp(max=length - 1)


def _require_sizes(batch, length, distance, n_symbols):
    if batch < 1 or length < 2 or n_symbols < 2:
        raise ValueError(f"batch {batch}, length {length} and n_symbols {n_symbols} must be at least 1, 2 and 2")
    if distance is not None and not 1 <= distance < length:
        raise ValueError(f"distance is {distance}, expected 1 to {length - 1} for sequences of length {length}")
