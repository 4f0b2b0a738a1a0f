"""Four small models that read a whole sequence and answer at its last token; they differ only in how tokens meet."""

import torch
import torch.nn.functional as F
from torch import nn

from book_lib.attention import MultiHeadAttention
from book_lib.data.recall import recall_batch
from book_lib.sequence import Conv1dLayer, RNNLayer


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
    """Let every token attend to every token once, without positions, then classify the last: [b, n, d_in] -> [b, n_classes]."""

    def __init__(self, d_in, n_classes, *, d_model=24, n_heads=1):
        super().__init__()
        self.embed = nn.Linear(d_in, d_model)
        self.attention = MultiHeadAttention(d_model, n_heads)
        self.answer = nn.Linear(d_model, n_classes)

    def forward(self, inputs):
        mixed, _ = self.attention(self.embed(inputs))
        return self.answer(mixed[:, -1])


def answer_loss(model, batch):
    """Measure the cross-entropy of the model's answers to a recall_batch."""
    inputs, targets, _ = batch
    return F.cross_entropy(model(inputs), targets)


def accuracy_by_distance(model, length, distances, *, seed, batch=1000, n_symbols=8):
    """Count the right answers to fresh recall batches, one batch for each distance; returns a list of fractions."""
    generator = torch.Generator().manual_seed(seed)
    fractions = []
    for distance in distances:
        inputs, targets, _ = recall_batch(batch, length, distance, n_symbols, generator=generator)
        with torch.no_grad():
            fractions.append((model(inputs).argmax(dim=1) == targets).double().mean().item())
    return fractions
