"""The figures of the chapter on the Transformer. Each takes measured data and returns a Matplotlib figure."""

import numpy as np

from book_lib.pictures.style import ATTENTION, CONVOLUTION, KEY, QUERY, RECURRENT, SOFT, VALUE, card, label_ends

WORDS = {
    "layer": "layer, counted from the input",
    "gradient": "length of the gradient at its input",
    "steps": "training steps",
    "loss": "loss, mean of 100 steps",
    "new": "new sentences translated exactly, %",
    "few": "loss, mean of 25 steps",
    "inputs": "gradient at the layer's input",
    "parameters": "gradient in the layer's parameters",
}
COLOURS = (QUERY, KEY, VALUE, RECURRENT, CONVOLUTION, ATTENTION)
STYLES = ("solid", (0, (5, 2)), (0, (1, 1.5)), "dashdot", (0, (7, 1)), "solid")


def gradients_by_depth(curves):
    """Draw how long the gradient is at the input of every layer, on a logarithmic axis: {name: lengths, first layer to last}."""
    figure, axes = card(4.2)
    _draw_named(axes, {name: (np.arange(1, len(lengths) + 1), lengths) for name, lengths in curves.items()})
    axes.set_yscale("log")
    axes.set(xlabel=WORDS["layer"], ylabel=WORDS["gradient"])
    return figure


def learning(steps, losses, checked, shares):
    """Draw a training log: losses at steps, and beside them the share (0 to 1) of new sentences translated exactly, at steps checked."""
    figure, (left, right) = card(3.3, panels=2)
    left.plot(steps, losses, color=QUERY)
    left.set(xlabel=WORDS["steps"], ylabel=WORDS["loss"], ylim=(0, None))
    right.plot(checked, 100 * np.asarray(shares), "o-", color=VALUE, clip_on=False)
    right.set(xlabel=WORDS["steps"], ylabel=WORDS["new"], ylim=(0, 100))
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
    _draw_named(axes, lines)
    axes.set(xlabel=WORDS["steps"], ylabel=WORDS["few"])
    axes.grid(False)
    return figure


def _draw_named(axes, lines):
    """Plot {name: (x, y)} and write each name at the right end of its line."""
    ends = []
    for (name, (x, y)), colour, style in zip(lines.items(), COLOURS, STYLES, strict=False):
        axes.plot(x, y, color=colour, linestyle=style)
        ends.append((x[-1], y[-1], name, colour if colour != SOFT else ATTENTION))
    right = max(x[-1] for x, _ in lines.values())
    axes.set_xlim(0, 1.5 * right)
    axes.set_xticks([tick for tick in axes.get_xticks() if 0 <= tick <= right])
    label_ends(axes, ends, leaders=True)
