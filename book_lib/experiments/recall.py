"""The recall task: one symbol of a sequence is marked, and at the end somebody asks which one it was. Four small models that try it.

The models read a whole sequence and answer at its last token; they differ only in how tokens meet. recipes/chapter_02/recall.py trains
them all and keeps the log.
"""

import math
from statistics import fmean

import torch
import torch.nn.functional as F
from torch import nn

from book_lib.attention import MultiHeadAttention
from book_lib.sequence import Conv1dLayer, RNNLayer
from book_lib.training import train

LENGTH, SEEDS = 33, range(3)
STEPS = {"RNN": 2400, "GRU": 600, "convolution": 600, "attention": 600}
RATES = {
    "RNN": (2e-3, 5e-3), "GRU": (1e-2, 2e-2, 5e-2), "convolution": (5e-3, 1e-2), "attention": (5e-3, 1e-2),
}
DISTANCES = (1, 2, 4, 8, 9, 16, 32, 64, 100, 256, 512)
BEFORE = 32                                                 # random tokens before the mark when a trained reader is measured
SOLVED = 0.95


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


class RecurrentReader(nn.Module):
    """Carry one state from the first token to the last, then classify it: inputs [b, n, d_in] -> logits [b, n_classes]."""

    def __init__(self, d_in, n_classes, *, d_hidden=46):
        super().__init__()
        self.layer = RNNLayer(d_in, d_hidden)
        self.answer = nn.Linear(d_hidden, n_classes)

    def forward(self, inputs):
        return self.answer(self.layer(inputs)[:, -1])


class GatedReader(nn.Module):
    """Carry a state that gates can keep unchanged for many tokens (GRU, Cho et al. 2014): inputs [b, n, d_in] -> logits [b, n_classes]."""

    def __init__(self, d_in, n_classes, *, d_hidden=25):
        super().__init__()
        self.layer = nn.GRU(d_in, d_hidden, batch_first=True)
        self.answer = nn.Linear(d_hidden, n_classes)

    def forward(self, inputs):
        states, _ = self.layer(inputs)
        return self.answer(states[:, -1])


class ConvolutionReader(nn.Module):
    """Look back through stacked convolutions, then classify the last token: inputs [b, n, d_in] -> logits [b, n_classes]."""

    def __init__(self, d_in, n_classes, *, d_hidden=16, n_layers=4, kernel_size=3):
        super().__init__()
        widths = [d_in] + [d_hidden] * n_layers
        self.layers = nn.ModuleList(
            Conv1dLayer(before, after, kernel_size, causal=True) for before, after in zip(widths, widths[1:], strict=False))
        self.answer = nn.Linear(d_hidden, n_classes)

    def forward(self, inputs):
        for layer in self.layers:
            inputs = torch.relu(layer(inputs))
        return self.answer(inputs[:, -1])


class AttentionReader(nn.Module):
    """Let every token attend to every token once, without positions, then classify the last: [b, n, d_in] -> [b, n_classes].

    keep_table: compute with the table of weights in memory, or block by block without it.
    """

    def __init__(self, d_in, n_classes, *, d_model=24, n_heads=1, keep_table=True):
        super().__init__()
        self.keep_table = keep_table
        self.embed = nn.Linear(d_in, d_model)
        self.attention = MultiHeadAttention(d_model, n_heads)
        self.answer = nn.Linear(d_model, n_classes)

    def forward(self, inputs):
        mixed, _ = self.attention(self.embed(inputs), need_weights=self.keep_table)
        return self.answer(mixed[:, -1])


class FullyConnectedReader(nn.Module):
    """Look at every feature of every token through a weight of its own, so that the length is fixed: inputs [b, length, d_in] -> logits."""

    def __init__(self, d_in, n_classes, *, length, d_hidden=64):
        super().__init__()
        self.hidden, self.answer = nn.Linear(length * d_in, d_hidden), nn.Linear(d_hidden, n_classes)

    def forward(self, inputs):
        return self.answer(torch.relu(self.hidden(inputs.flatten(1))))


READERS = {"RNN": RecurrentReader, "GRU": GatedReader, "convolution": ConvolutionReader, "attention": AttentionReader}


def answer_loss(model, batch):
    """Measure the cross-entropy of the model's answers to a recall_batch."""
    inputs, targets, _ = batch
    return F.cross_entropy(model(inputs), targets)


def accuracy_by_distance(model, length, distances, *, seed, before=0, batch=1000, n_symbols=8):
    """Count the right answers to fresh recall batches, one batch for each distance; returns a list of fractions.

    Sequences have the given length, or are longer where a mark at that distance with `before` tokens in front of it needs more.
    Without such tokens a distance that the length just fits is only ever asked of a sequence's first token. Numbers are of the
    model's own dtype.
    """
    generator, dtype = torch.Generator().manual_seed(seed), next(model.parameters()).dtype
    fractions = []
    for distance in distances:
        inputs, targets, _ = recall_batch(batch, max(length, before + 1 + distance), distance, n_symbols, generator=generator, dtype=dtype)
        with torch.no_grad():
            fractions.append((model(inputs).argmax(dim=1) == targets).double().mean().item())
    return fractions


def learn(name, *, lr, seed, steps=None, every=20):
    """Train one of READERS in single precision on sequences of LENGTH tokens with the mark at any distance.

    steps: how many steps of 128 sequences each; STEPS[name] when None.
    Returns (model, history): steps done and the share of right answers then, on 500 held-out sequences, the same for every run.
    """
    torch.manual_seed(seed)
    model, history = READERS[name](d_in=10, n_classes=8), {"steps": [], "accuracy": []}
    inputs, targets, _ = recall_batch(500, LENGTH, generator=torch.Generator().manual_seed(10_000), dtype=torch.float32)
    done = 0

    def watched_loss(model, batch):
        nonlocal done
        if done % every == 0:
            with torch.no_grad():
                share = (model(inputs).argmax(dim=1) == targets).double().mean().item()
            history["steps"].append(done)
            history["accuracy"].append(share)
        done += 1
        return answer_loss(model, batch)

    def draw(generator):
        return recall_batch(128, LENGTH, generator=generator, dtype=torch.float32)

    train(model, draw, watched_loss, steps=STEPS[name] if steps is None else steps, lr=lr, seed=seed, max_grad_norm=1.0)
    return model, history


def summary(name, lr, seed):
    """Train one reader and say in a JSON object how it went.

    accuracy: right answers at each of DISTANCES with BEFORE tokens before the mark; accuracy_of_first: where the mark is the first token.
    """
    model, history = learn(name, lr=lr, seed=seed)
    solved = next((step for step, share in zip(history["steps"], history["accuracy"], strict=True) if share >= SOLVED), None)
    shares = {key: [round(share, 3) for share in accuracy_by_distance(model, 2, DISTANCES, before=before, seed=100, batch=500)]
              for key, before in (("accuracy", BEFORE), ("accuracy_of_first", 0))}
    return {"reader": name, "lr": lr, "seed": seed, "steps_to_solve": solved, **shares}


def at_best_rate(runs, name):
    """Those of the stored runs in which a reader had its best learning rate.

    That is the highest mean accuracy over seeds and trained distances, then the fewest steps to solve the task.
    Raises ValueError where there is no run of the reader.
    """
    trained = [place for place, distance in enumerate(DISTANCES) if distance < LENGTH]
    by_rate = {}
    for run in runs:
        if run["reader"] == name:
            by_rate.setdefault(run["lr"], []).append(run)
    if not by_rate:
        raise ValueError(f"there is no run of {name!r}, only of {sorted({run['reader'] for run in runs})}")

    def rank(group):
        share = fmean(run["accuracy"][place] for run in group for place in trained)
        steps = fmean(math.inf if run["steps_to_solve"] is None else run["steps_to_solve"] for run in group)
        return round(share, 6), -steps

    return max(by_rate.values(), key=rank)
