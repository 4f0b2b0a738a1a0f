"""The figures of the chapter on multi-head attention. Each takes measured data and returns a Matplotlib figure."""

import numpy as np
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedLocator, NullLocator

from book_lib.pictures.style import ACCENT, ATTENTION, KEY, NUMBERS, PAPER, QUERY, QUERY_TEXT, SOFT, card, label_line, name_axes
from book_lib.pictures.words import words_of

WORDS = words_of("multi_head")


def learning_curves(curves, *, every):
    """Draw the share of gaps filled correctly against training steps: {number of heads: one list of fractions for each start}."""
    figure, axes = card(3.7)
    for (heads, rows), colour in zip(curves.items(), (KEY, QUERY), strict=True):
        for row in rows:
            axes.plot(every * np.arange(len(row)), 100 * np.asarray(row), color=colour, linewidth=1.3)
        name = WORDS["heads in layer"] if heads > 1 else WORDS["one head"]
        first = min(next(i for i, share in enumerate(row) if share > 0.92) for row in rows)
        label_line(axes, every * first, 92, name.format(heads=heads), colour, dx=-8, ha="right")
    name_axes(axes, WORDS["steps"], WORDS["right"])
    axes.set(ylim=(50, 101), xlim=(0, every * (min(len(row) for rows in curves.values() for row in rows) - 1)))
    return figure


def steps_against_heads(n_heads, needed, *, longest):
    """Draw the steps that each network needed, on logarithmic axes: {rate: for each number of heads a list of steps, one a start}.

    None: not within longest steps; drawn above the others, as a cross.
    """
    figure, axes = card(3.9)
    places = np.log2(n_heads)
    for (rate, rows), colour, marker, side in zip(needed.items(), (KEY, QUERY), "os", (-1, 1), strict=True):
        _require(len(rows) == len(n_heads), f"needed[{rate!r}] has {len(rows)} rows, expected one for each of {len(n_heads)} numbers")
        for place, row in zip(places, rows, strict=True):
            across = place + side * 0.13 + np.linspace(-0.07, 0.07, len(row))
            found = [(x, steps) for x, steps in zip(across, row, strict=True) if steps is not None]
            axes.plot(*zip(*found, strict=True), marker, color=colour, markeredgecolor=PAPER, markeredgewidth=0.7, linestyle="none")
            missed = [x for x, steps in zip(across, row, strict=True) if steps is None]
            axes.plot(missed, [longest] * len(missed), "x", color=colour, markersize=8, markeredgewidth=2)
        middle = [np.median([longest if steps is None else steps for steps in row]) for row in rows]
        axes.plot(places + side * 0.13, middle, color=colour, linewidth=1.2, alpha=0.6)
        label_line(axes, places[-1] + side * 0.13, middle[-1], WORDS["rate"].format(rate=rate), colour, dx=10 if side > 0 else 20)
    axes.axhline(longest, color=SOFT, linewidth=1, linestyle=(0, (5, 3)))
    label_line(axes, places[-1], longest, WORDS["never"].format(steps=longest), SOFT, dx=0, dy=-10, ha="right")
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(FixedLocator([300, 1000, 3000, 10_000]))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(NUMBERS)
    name_axes(axes, WORDS["heads"], WORDS["needed"])
    axes.set(ylim=(250, 16_000), xlim=(-0.5, places[-1] + 1.5))
    axes.set_xticks(places, [str(n) for n in n_heads])
    return figure


def separation(steps, differences):
    """Draw how far equal heads drift apart while they learn, {name: difference at each of steps}, on a logarithmic axis.

    A difference of 0 has no place on that axis; it is left out.
    """
    figure, axes = card(3.6)
    for (name, values), colour, style in zip(differences.items(), (KEY, QUERY), ("solid", (0, (5, 2))), strict=False):
        values = np.asarray(values, dtype=float)
        _require(len(values) == len(steps), f"differences[{name!r}] has {len(values)} values, expected one for each of {len(steps)} steps")
        values = np.where(values > 0, values, np.nan)
        axes.semilogy(steps, values, color=colour, linestyle=style)
        middle = len(steps) // 2
        label_line(axes, steps[middle], values[middle], name, colour, dx=8, dy=-12)
    axes.axhline(3e-18, color=ATTENTION, linewidth=1.5, linestyle=(0, (1, 2)))
    label_line(axes, steps[-1], 3e-18, WORDS["exact"], ATTENTION, dx=-4, dy=9, ha="right")
    name_axes(axes, WORDS["steps"], WORDS["difference"])
    axes.set_ylim(1e-18, 10)
    axes.yaxis.set_major_locator(FixedLocator([1e-15, 1e-10, 1e-5, 1]))
    axes.yaxis.set_major_formatter(NUMBERS)
    axes.yaxis.set_minor_locator(NullLocator())
    return figure


def heads_by_distance(distances):
    """Draw the mean attention distance of every head, one line a network, its heads near to far: distances [networks, heads]."""
    figure, axes = card(3.5)
    ordered = np.sort(np.asarray(distances, dtype=float), axis=1)
    order = np.arange(1, ordered.shape[1] + 1)
    for seed, row in enumerate(ordered):
        shade = 0.35 + 0.65 * seed / max(1, len(ordered) - 1)
        axes.plot(order, row, "o-", color=ACCENT, alpha=shade, linewidth=1.4, label=WORDS["seed"].format(seed=seed))
    axes.legend(frameon=False)
    name_axes(axes, WORDS["order"], WORDS["distance"])
    axes.set(ylim=(0, None), xticks=order)
    return figure


def table_by_gap(values, gaps):
    """Draw a number for each head and kind of gap as a table of shaded numbers: values [heads, gaps], such as distances or points lost."""
    values = np.asarray(values, dtype=float)
    _require(values.ndim == 2 and values.shape[1] == len(gaps), f"values has shape {list(values.shape)}, expected [heads, {len(gaps)}]")
    n_heads = len(values)
    figure, axes = card(0.9 + 0.42 * n_heads)
    top = values.max()
    for (head, gap), value in np.ndenumerate(values):
        axes.add_patch(Rectangle((gap - 0.5, head - 0.5), 1, 1, color=ACCENT, alpha=0.5 * max(value, 0) / top, linewidth=0))
        axes.text(gap, head, f"{round(value, 1) + 0.0:.1f}".replace("-", "−"), ha="center", va="center")
    axes.set(xlim=(-0.5, len(gaps) - 0.5), ylim=(n_heads - 0.5, -0.5))
    axes.set_xticks(range(len(gaps)), gaps)
    axes.set_yticks(range(n_heads), [WORDS["head"].format(head=head + 1) for head in range(n_heads)])
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.grid(False)
    axes.spines[:].set_visible(False)
    return figure


def pruning(accuracies, *, guess):
    """Draw accuracy while heads are pruned, least missed first: accuracies [networks, 1 + heads], from all heads to none, as fractions."""
    figure, axes = card(3.6)
    percent = 100 * np.asarray(accuracies, dtype=float)
    left = np.arange(percent.shape[1])[::-1]
    axes.axhline(100 * guess, color=SOFT, linewidth=1, linestyle=(0, (5, 3)))
    label_line(axes, left[0], 100 * guess, WORDS["guess"], SOFT, dx=0, dy=8)
    for row in percent:
        axes.plot(left, row, color=QUERY, linewidth=1, alpha=0.5)
    axes.plot(left, percent.mean(axis=0), "o-", color=QUERY_TEXT)
    name_axes(axes, WORDS["left"], WORDS["right"])
    axes.set(ylim=(min(45, 100 * guess - 5), 103), xticks=left[::-1])
    axes.invert_xaxis()
    return figure


def _require(fits, problem):
    if not fits:
        raise ValueError(problem)
