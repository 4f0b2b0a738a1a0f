"""The figures of the chapter on the Transformer. Each takes measured data and returns a Matplotlib figure."""

import numpy as np
from matplotlib.ticker import MaxNLocator

from book_lib.pictures.style import (
    ATTENTION,
    CONVOLUTION,
    KEY,
    LETTERS,
    NUMBERS,
    QUERY,
    RECURRENT,
    SOFT,
    VALUE,
    WIDTH,
    card,
    label_ends,
    name_axes,
)
from book_lib.pictures.words import words_of

WORDS = words_of("transformer")
COLOURS = (QUERY, KEY, VALUE, RECURRENT, CONVOLUTION, ATTENTION)
STYLES = ("solid", (0, (5, 2)), (0, (1, 1.5)), "dashdot", (0, (7, 1)), "solid")


def gradients_by_depth(curves):
    """Draw how long the gradient is at the input of every layer, on a logarithmic axis: {name: lengths, first layer to last}."""
    figure, axes = card(4.2)
    name_axes(axes, WORDS["layer"], WORDS["gradient"])
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(NUMBERS)
    _draw_named(axes, {name: (np.arange(1, len(lengths) + 1), lengths) for name, lengths in curves.items()})
    return figure


def learning(steps, losses, checked, shares):
    """Draw a training log: losses at steps, and beside them the share (0 to 1) of new sentences translated exactly, at steps checked."""
    figure, (left, right) = card(3.3, panels=2)
    left.plot(steps, losses, color=QUERY)
    name_axes(left, WORDS["steps"], WORDS["loss"])
    left.set_ylim(0, None)
    right.plot(checked, 100 * np.asarray(shares), "o-", color=VALUE, clip_on=False)
    name_axes(right, WORDS["steps"], WORDS["new"])
    right.set_ylim(0, 100)
    return figure


def starts(curves, every):
    """Draw the first steps of trainings: {name: losses [starts, points]}, a point each `every` steps; line: median, bars: all starts."""
    figure, axes = card(2.4)
    lines = {}
    for (name, rows), colour in zip(curves.items(), COLOURS, strict=False):
        rows = np.asarray(rows, dtype=float)
        steps = every * np.arange(1, rows.shape[1] + 1)
        axes.vlines(steps, rows.min(axis=0), rows.max(axis=0), color=colour, linewidth=1)
        lines[name] = (steps, np.median(rows, axis=0))
    name_axes(axes, WORDS["steps"], WORDS["few"])
    _draw_named(axes, lines)
    axes.grid(False)
    return figure


def _draw_named(axes, lines):
    """Plot {name: (x, y)} and write each name at the right end of its line."""
    ends = []
    for (name, (x, y)), colour, style in zip(lines.items(), COLOURS, STYLES, strict=False):
        axes.plot(x, y, color=colour, linestyle=style)
        ends.append((x[-1], y[-1], name, colour if colour != SOFT else ATTENTION))
    right = max(x[-1] for x, _ in lines.values())
    for_names = (30 + 0.68 * LETTERS * max(map(len, lines))) / (WIDTH - 50)
    axes.set_xlim(0, right / (1 - for_names))
    axes.set_xticks([tick for tick in MaxNLocator(6, integer=True).tick_values(0, right) if 0 <= tick <= right])
    label_ends(axes, ends, leaders=True)
