"""The pictures of the lesson on Image GPT. Each takes pixels or measured data and returns a Matplotlib figure."""

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from book_lib.pictures.style import (
    BOOK,
    COLUMN,
    INK,
    KEY,
    KEY_TEXT,
    NEGATIVE,
    PAPER,
    QUERY,
    QUERY_TEXT,
    SOFT,
    VALUE,
    VALUE_TEXT,
    WASH,
    card,
    label_ends,
    name_axes,
)
from book_lib.pictures.words import words_of

WORDS = words_of("pixels")


def palette(image, centres, decoded):
    """Draw a small photograph in all its colours and in those of a palette, and the palette between.

    image, decoded: uint8 [h, w, 3]; centres: uint8 [k, 3], the palette's colours.
    """
    with matplotlib.rc_context(BOOK):
        figure = Figure(figsize=(COLUMN, 3.1))
        panels = figure.subplots(1, 3, width_ratios=(4, 0.6, 4))
    k, side = len(centres), image.shape[0]
    panels[0].imshow(image, interpolation="none")
    panels[1].imshow(centres[:, None], interpolation="none", aspect="auto")
    panels[2].imshow(decoded, interpolation="none")
    panels[0].set_title(WORDS["all colours"].format(side=side), fontweight="normal")
    panels[2].set_title(WORDS["few colours"].format(k=k), fontweight="normal")
    for axes in panels:
        axes.set_axis_off()
    return figure


def by_hand(seen, row):
    """Draw a picture of a few grey levels, with their numbers, and a new row below it: levels 0 to 3, seen [h, w], row [w]."""
    figure, axes = card(2.5)
    _open(axes, (-0.2, 11.2), (4.8, -0.8))
    for y, levels in enumerate(seen):
        _numbered(axes, 0, y, levels)
    axes.text(0, -0.3, WORDS["seen"], color=INK)
    _numbered(axes, 6, 1.5, row)
    axes.text(6, -0.3 + 1.5, WORDS["new"], color=INK)
    for x in range(len(row) - 1):
        ends = ((7 + x - 0.35, 2.62), (7 + x + 0.35, 2.62))
        way = {"arrowstyle": "-|>", "color": QUERY, "connectionstyle": "arc3,rad=0.6", "linewidth": 1.5}
        axes.annotate("", ends[1], ends[0], arrowprops=way)
    return figure


def contexts(levels, place, hidden):
    """Draw what each of three objectives may see when it says what a pixel is: all before it, all not hidden, all but that one.

    levels: 0 to 16, [side, side]; place: the pixel; hidden: numbers of the pixels that the masked objective hides, place one of them.
    """
    figure, panels = card(2.35, 3)
    side = len(levels)
    seen = {"before": set(range(place)), "masked": set(range(side**2)) - set(hidden), "one": set(range(side**2)) - {place}}
    asked = {"before": {place}, "masked": set(hidden), "one": {place}}
    for axes, name in zip(panels, seen, strict=True):
        _open(axes, (-0.1, side + 0.1), (side + 0.1, -0.1))
        axes.set_title(WORDS["contexts"][name], fontweight="normal")
        for i, level in enumerate(np.ravel(levels)):
            x, y = i % side, i // side
            axes.add_patch(Rectangle((x, y), 1, 1, facecolor=WASH if i not in seen[name] else PAPER, edgecolor="none"))
            if i in seen[name]:
                axes.add_patch(Rectangle((x, y), 1, 1, facecolor=INK, alpha=float(level) / 16, edgecolor="none"))
        for i in asked[name]:
            axes.add_patch(Rectangle((i % side + 0.08, i // side + 0.08), 0.84, 0.84, fill=False, edgecolor=QUERY, linewidth=2.2))
        axes.add_patch(Rectangle((0, 0), side, side, fill=False, edgecolor=SOFT, linewidth=1))
    return figure


def from_nothing(likeliest, drawn):
    """Draw a picture made of the likeliest levels beside pictures whose levels were drawn at random: levels 0 to 16, [side, side]."""
    with matplotlib.rc_context(BOOK):
        figure = Figure(figsize=(COLUMN, 1.5))
        panels = figure.subplots(1, 1 + len(drawn))
    panels[0].set_title(WORDS["likeliest"], fontweight="normal")
    panels[1].set_title(WORDS["drawn"], fontweight="normal")
    for axes, levels in zip(panels, [likeliest, *drawn], strict=True):
        side = len(levels)
        _open(axes, (-0.1, side + 0.1), (side + 0.1, -0.1))
        for i, level in enumerate(np.ravel(levels)):
            axes.add_patch(Rectangle((i % side, i // side), 1, 1, facecolor=INK, alpha=float(level) / 16, edgecolor="none"))
        axes.add_patch(Rectangle((0, 0), side, side, fill=False, edgecolor=SOFT, linewidth=1))
    return figure


def nats(rows):
    """Draw nats per pixel as bars, {name: nats}, names those of the words; the last one, the network's, is lit."""
    figure, axes = card(0.55 + 0.36 * len(rows))
    for y, value in enumerate(rows.values()):
        is_last = y == len(rows) - 1
        axes.barh(y, value, height=0.62, color=QUERY if is_last else NEGATIVE)
        axes.text(value + 0.03, y, f"{value:.2f}", va="center", color=INK, fontweight="bold" if is_last else "normal")
    axes.set(yticks=range(len(rows)), yticklabels=[WORDS["nats"][name] for name in rows], ylim=(len(rows) - 0.4, -0.6),
             xlim=(0, 1.12 * max(rows.values())))
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    axes.set_xlabel(WORDS["nats per pixel"])
    return figure


def probe(curves, raw):
    """Draw the accuracy of a linear probe after every number of blocks.

    curves: {"autoregressive", "masked", "untrained": [list of accuracies, one for each start]}, each after 0, 1, … blocks; raw: accuracy on
    the pixels themselves.
    """
    figure, axes = card(3.3)
    colours = {"autoregressive": (QUERY, QUERY_TEXT), "masked": (KEY, KEY_TEXT), "untrained": (VALUE, VALUE_TEXT)}
    ends = []
    for name, runs in curves.items():
        colour, text = colours[name]
        shares = 100 * np.array(runs)
        for run in shares:
            axes.plot(run, color=colour, linewidth=1, alpha=0.5)
        mean = shares.mean(axis=0)
        axes.plot(mean, "o-", color=colour)
        ends.append((len(mean) - 1, mean[-1], WORDS["probe"][name], text))
    n = len(mean) - 1
    axes.axhline(100 * raw, color=SOFT, linestyle=(0, (4, 3)), linewidth=1.4)
    ends.append((n, 100 * raw, WORDS["probe"]["raw"], SOFT))
    axes.set(xticks=range(n + 1), xlim=(-0.2, 1.5 * n))
    axes.spines["bottom"].set_bounds(0, n)
    name_axes(axes, WORDS["blocks"], WORDS["accuracy"])
    label_ends(axes, ends)
    return figure


def _open(axes, x, y):
    axes.set_axis_off()
    axes.set(xlim=x, ylim=y, aspect="equal")


def _numbered(axes, x, y, levels, most=3):
    """A row of pixels from (x, y) on, each as dark as its level, with the number in it."""
    for i, level in enumerate(levels):
        axes.add_patch(Rectangle((x + i, y), 1, 1, facecolor=INK, alpha=0.3 * float(level) / most, edgecolor="none"))
        axes.add_patch(Rectangle((x + i, y), 1, 1, fill=False, edgecolor=SOFT, linewidth=1))
        axes.text(x + i + 0.5, y + 0.5, str(int(level)), ha="center", va="center", color=INK, fontweight="bold")
