"""The pictures of the laboratory on self-attention. Each takes measured data and returns a Matplotlib figure."""

import numpy as np
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from book_lib.pictures.style import (
    ATTENTION,
    CONVOLUTION,
    GATED,
    INK,
    KEY_TEXT,
    QUERY_TEXT,
    RECURRENT,
    SOFT,
    VALUE_TEXT,
    card,
    label_ends,
    label_line,
)
from book_lib.pictures.words import words_of

LAYERS = {
    "RNN": (RECURRENT, "s", "solid"), "GRU": (GATED, "D", "solid"), "LSTM": (GATED, "v", (0, (4, 2))),
    "convolution": (CONVOLUTION, "^", "solid"), "attention": (ATTENTION, "o", "solid"), "no table": (ATTENTION, "o", (0, (4, 2))),
}
SCORES = {
    "plain": (SOFT, "s", (0, (4, 2))), "absorbed": (VALUE_TEXT, "^", (0, (1, 1))), "scaled": (INK, "o", "solid"),
    "normalised": (QUERY_TEXT, "D", "solid"), "additive": (KEY_TEXT, "v", (0, (6, 2, 1, 2))),
}
WORDS = words_of("self_attention_lab")
PLAIN = FuncFormatter(lambda value, _: f"{value:,.0f}" if value >= 1000 else f"{value:g}")


def multiplications_against_length(lengths, counts, d):
    """Draw the multiplications of a layer of width d, in units of n·d², against the number of tokens in units of d.

    counts: {layer: [multiplications for each of the lengths]}; a ring marks where attention needs as many as another layer.
    """
    figure, axes = card(3.6)
    shares, ends = np.asarray(lengths) / d, []
    units = {name: np.asarray(row, dtype=float) / (np.asarray(lengths) * d**2) for name, row in counts.items()}
    for name, row in units.items():
        colour, _, dashes = _look(LAYERS, name)
        axes.plot(shares, row, color=colour, linestyle=dashes)
        ends.append((shares[-1], row[-1], _name(name), colour))
        equal = np.flatnonzero(row == units["attention"])
        if name != "attention" and len(equal):
            axes.plot(shares[equal], row[equal], "o", markersize=11, markerfacecolor="none", markeredgecolor=colour, markeredgewidth=1.5)
            label_line(axes, shares[equal[0]], row[equal[0]], WORDS["equal"][name], colour, dx=10, dy=-12)
    axes.set(xlabel=WORDS["share"], ylabel=WORDS["units"], xlim=(0, 1.25 * shares[-1]), ylim=(0, 1.05 * units["attention"][-1]))
    label_ends(axes, ends)
    return figure


def time_ratios(lengths, ratios, counted):
    """Draw attention's time as a multiple of other layers', a panel for each, a line for each batch size, beside what was counted.

    ratios: {layer: {batch: [ratio for each length; None where not measured]}}; counted: {layer: [ratio of multiplications]}.
    """
    figure, panels = card(3.4, panels=len(ratios))
    for axes, (name, rows) in zip(panels, ratios.items(), strict=True):
        colour = _look(LAYERS, name)[0]
        axes.axhline(1, color=SOFT, linewidth=0.8)
        axes.loglog(lengths, counted[name], color=SOFT, linestyle=(0, (4, 2)))
        ends = [(lengths[-1], counted[name][-1], WORDS["as counted"], SOFT)]
        for (batch, row), marker in zip(rows.items(), "os^D", strict=False):
            _require_same_length(batch, lengths, row)
            axes.loglog(lengths, row, color=colour, marker=marker)
            ends.append((lengths[-1], row[-1], WORDS["batch"].format(batch=batch), colour))
        axes.set(xlabel=WORDS["length"], title=WORDS["ratio"].format(name=name))
        _ticks_at(axes, lengths[::2])
        _plain_heights(axes)
        axes.set_ylim(top=1.6 * axes.get_ylim()[1])
        _room_on_the_right(axes, 0.9)
        label_ends(axes, ends)
    return figure


def memory_against_length(lengths, training, inference):
    """Draw how many numbers a layer keeps against the number of tokens, in training and in inference; {layer: [number for each length]}."""
    figure, panels = card(3.4, panels=2)
    for axes, rows, title in zip(panels, (training, inference), ("training", "inference"), strict=True):
        ends = []
        for name, row in rows.items():
            _require_same_length(name, lengths, row)
            colour, marker, dashes = _look(LAYERS, name)
            axes.loglog(lengths, row, color=colour, marker=marker, linestyle=dashes)
            ends.append((lengths[-1], row[-1], _name(name), colour))
        axes.set(xlabel=WORDS["length"], title=WORDS[title])
        _ticks_at(axes, lengths[::2])
        _plain_heights(axes)
        _room_on_the_right(axes, 0.9)
        label_ends(axes, ends, gap=18)
    panels[0].set_ylabel(WORDS["numbers"])
    return figure


def accuracy_beyond_training(distances, accuracies, *, chance, trained):
    """Draw right answers against the distance of what is asked for: a line for the mean, a band from worst to best seed.

    accuracies: {layer: an array [seeds, distances] of fractions}; trained: the longest distance in training.
    """
    figure, axes = card(3.9)
    axes.axhline(100 * chance, color=SOFT, linewidth=1, linestyle=(0, (5, 3)))
    label_line(axes, distances[0], 100 * chance, WORDS["chance"], SOFT, dx=0, dy=-9)
    axes.axvline(trained, color=SOFT, linewidth=1, linestyle=(0, (2, 2)))
    label_line(axes, trained, 30, WORDS["trained"].format(distance=trained), SOFT, dx=6)
    axes.set_xscale("log")
    ends = [_band(axes, distances, 100 * np.asarray(rows), name, LAYERS) for name, rows in accuracies.items()]
    _ticks_at(axes, [distance for distance in distances if distance & (distance - 1) == 0])
    axes.set(xlabel=WORDS["distance"], ylabel=WORDS["accuracy"], ylim=(0, 103))
    _room_on_the_right(axes, 0.25)
    label_ends(axes, ends)
    return figure


def steps_against_width(widths, steps):
    """Draw the seeds' median of steps to a solution against d_k, each score at its best rate; steps: {score: array [seeds, widths]}."""
    figure, axes = card(3.9)
    axes.set_xscale("log")
    axes.set_yscale("log")
    ends = [_band(axes, widths, np.asarray(rows), name, SCORES, middle=np.median) for name, rows in steps.items()]
    _ticks_at(axes, widths)
    _plain_heights(axes)
    axes.yaxis.set_major_locator(FixedLocator((20, 50, 100, 200, 400)))
    axes.set(xlabel=WORDS["width"], ylabel=WORDS["steps"])
    _room_on_the_right(axes, 0.35)
    label_ends(axes, ends)
    return figure


def accuracy_against_rate(rates, accuracies, *, chance):
    """Draw right answers at the end of training against the learning rate; accuracies: {score: array [seeds, rates] of fractions}."""
    figure, axes = card(3.9)
    axes.axhline(100 * chance, color=SOFT, linewidth=1, linestyle=(0, (5, 3)))
    label_line(axes, rates[0], 100 * chance, WORDS["chance"], SOFT, dx=0, dy=-9)
    axes.set_xscale("log")
    ends = [_band(axes, rates, 100 * np.asarray(rows), name, SCORES) for name, rows in accuracies.items()]
    _ticks_at(axes, rates)
    axes.set(xlabel=WORDS["rate"], ylabel=WORDS["accuracy"], ylim=(0, 103))
    _room_on_the_right(axes, 0.35)
    label_ends(axes, ends)
    return figure


def scores_during_training(steps, largest, entropy):
    """Draw how the largest score grows and the entropy of the weights falls; largest, entropy: {score: array [seeds, steps]}."""
    figure, panels = card(3.4, panels=2)
    for axes, rows, title in zip(panels, (largest, entropy), ("largest", "entropy"), strict=True):
        ends = [_band(axes, steps, np.asarray(runs), name, SCORES, marker="") for name, runs in rows.items()]
        axes.set(xlabel=WORDS["step"], title=WORDS[title], xlim=(0, 1.75 * steps[-1]), xticks=[0, steps[-1] // 2, steps[-1]])
        if title == "largest":
            axes.set_yscale("log")
            _plain_heights(axes)
        label_ends(axes, ends)
    return figure


def _band(axes, xs, rows, name, looks, marker=None, middle=np.mean):
    """Draw the seeds' mean, or another middle, in a band from lowest to highest; returns what label_ends wants to know of the line."""
    rows = np.atleast_2d(np.asarray(rows, dtype=float))
    _require_same_length(name, xs, rows[0])
    colour, usual, dashes = _look(looks, name)
    axes.fill_between(xs, rows.min(axis=0), rows.max(axis=0), color=colour, alpha=0.18, linewidth=0)
    line = middle(rows, axis=0)
    axes.plot(xs, line, color=colour, linestyle=dashes, marker=usual if marker is None else marker, clip_on=False, zorder=3)
    return xs[-1], line[-1], _name(name), colour


def _name(name):
    return WORDS["names"].get(name, name)


def _look(looks, name):
    if name not in looks:
        raise ValueError(f"{name!r} has no colour in these pictures; expected one of {list(looks)}")
    return looks[name]


def _ticks_at(axes, values):
    axes.xaxis.set_major_locator(FixedLocator(values))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(PLAIN)


def _plain_heights(axes):
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(PLAIN)


def _room_on_the_right(axes, share):
    """Widen the logarithmic x axis so that the labels at the lines' ends have room."""
    low, high = np.log(axes.get_xlim())
    axes.set_xlim(np.exp(low), np.exp(high + share * (high - low)))


def _require_same_length(name, xs, values):
    if len(values) != len(xs):
        raise ValueError(f"{name!r} has {len(values)} entries, expected {len(xs)}, one for each value of the horizontal axis")
