"""The figures of the chapter on multi-head attention. Each takes measured data and returns a Matplotlib figure."""

import numpy as np
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedLocator, NullLocator

from book_lib.pictures.style import ACCENT, ATTENTION, KEY, NUMBERS, PAPER, QUERY, QUERY_TEXT, SOFT, card, label_line, name_axes
from book_lib.pictures.words import words_of

WORDS = words_of("multi_head")
LINES = {"(a/an)": (QUERY, "s"), "(it/they)": (KEY, "o")}


def errors_against_heads(n_heads, wrong):
    """Draw the share of gaps filled wrongly against the number of heads: a point for each start, a line through the medians.

    n_heads: the numbers tried, rising; wrong: for each kind of gap (those of LINES) an array [numbers of heads, starts] of fractions.
    """
    figure, axes = card(3.9)
    places = np.log2(n_heads)
    for gap, shares in wrong.items():
        percent, (colour, marker) = 100 * np.asarray(shares, dtype=float), LINES[gap]
        _require(
            percent.shape[0] == len(n_heads), f"wrong[{gap!r}] has {percent.shape[0]} rows, expected one for each of {len(n_heads)} numbers"
        )
        spread = np.linspace(-0.09, 0.09, percent.shape[1])
        axes.plot(places, np.median(percent, axis=1), color=colour, zorder=2)
        for place, row in zip(places, percent, strict=True):
            axes.plot(place + spread, row, marker, color=colour, markeredgecolor=PAPER, markeredgewidth=0.7, clip_on=False, zorder=3)
        label_line(axes, places[-1], np.median(percent[-1]), gap, colour, dx=12, dy=8)
    axes.set_yscale("symlog", linthresh=0.1, linscale=0.35)
    axes.yaxis.set_major_locator(FixedLocator([0, 0.1, 1, 10]))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(NUMBERS)
    name_axes(axes, WORDS["heads"], WORDS["wrong"])
    axes.set(ylim=(-0.02, 60), xlim=(-0.2, places[-1] + 0.8))
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


def distance_by_gap(distances, gaps):
    """Draw how far each head looks from each kind of gap as a table of shaded numbers: distances [heads, gaps], in words."""
    distances = np.asarray(distances, dtype=float)
    _require(
        distances.ndim == 2 and distances.shape[1] == len(gaps),
        f"distances has shape {list(distances.shape)}, expected [heads, {len(gaps)}]",
    )
    n_heads = len(distances)
    figure, axes = card(0.9 + 0.42 * n_heads)
    top = distances.max()
    for (head, gap), value in np.ndenumerate(distances):
        axes.add_patch(Rectangle((gap - 0.5, head - 0.5), 1, 1, color=ACCENT, alpha=0.5 * value / top, linewidth=0))
        axes.text(gap, head, f"{value:.1f}", ha="center", va="center")
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
