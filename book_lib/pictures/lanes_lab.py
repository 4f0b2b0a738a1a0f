"""The pictures of the last chapter's lab. Each takes roads, answers or measured data and returns a Matplotlib figure."""

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from book_lib.lanes.tusimple import H_SAMPLES, SIZE
from book_lib.pictures.style import (
    BOOK,
    COLUMN,
    INK,
    KEY,
    KEY_TEXT,
    PAPER,
    QUERY,
    QUERY_TEXT,
    SOFT,
    VALUE,
    VALUE_WASH,
    card,
    label_ends,
    name_axes,
)
from book_lib.pictures.words import words_of

WORDS = words_of("lanes_lab")


def found(pictures, lines, *, titles=()):
    """Draw roads, two in a row, with their true lines as white dots and what was found as blue lines.

    lines: for each picture a list of lines, x in px of 1280 in the rows H_SAMPLES; titles: keys of words, one for each picture, or none.
    """
    rows = -(-len(pictures) // 2)
    with matplotlib.rc_context(BOOK):
        figure = Figure(figsize=(COLUMN, (2.3 if titles else 1.98) * rows))
        panels = figure.subplots(rows, 2, squeeze=False).ravel()
    for axes in panels:
        axes.set_axis_off()
    for axes, picture, own in zip(panels, pictures, lines, strict=False):
        height, width = picture.image.shape[:2]
        scale, y = width / SIZE[1], np.array(H_SAMPLES)
        axes.imshow(picture.image, interpolation="none")
        for line in map(np.asarray, own):
            axes.plot(line[line >= 0] * scale - 0.5, y[line >= 0] * scale - 0.5, color=QUERY, linewidth=2.4)
        for line in picture.lanes:
            there = np.flatnonzero(line >= 0)[::4]
            axes.plot(line[there] * scale - 0.5, y[there] * scale - 0.5, "o", color=PAPER, markersize=2.6)
        axes.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))
    for axes, title in zip(panels, titles, strict=False):
        axes.set_title(WORDS[title])
    return figure


def bends(pairs):
    """Draw how far reported lines bend over how far the true ones do: pairs [n, 2], bows in px of 1280, above 0 to the right."""
    figure, axes = card(3.2)
    end = 1.05 * np.abs(pairs).max()
    axes.plot((-end, end), (-end, end), color=SOFT, linewidth=1, linestyle=(0, (4, 3)))
    axes.plot(*np.transpose(pairs), "o", color=QUERY, markersize=2.5, alpha=0.5, rasterized=True)
    axes.set(xlim=(-end, end), ylim=(-end, end), aspect="equal")
    name_axes(axes, WORDS["true bow"], WORDS["found bow"])
    return figure


def by_value(rows, name, *, trained=None):
    """Draw missed lines, and lane accuracy, over "pitch" or "rise": rows [{name: value, "accuracy", "FN"}]; trained: a span, shaded."""
    figure, axes = card(2.9)
    x = [row[name] for row in rows]
    if trained is not None:
        axes.axvspan(*trained, color=VALUE_WASH)
        axes.text(sum(trained) / 2, 0.5, WORDS["trained"], color=INK, ha="center", va="center")
    ends = []
    for score, colour, text in (("accuracy", QUERY, QUERY_TEXT), ("FN", KEY, KEY_TEXT)):
        values = [row[score] for row in rows]
        axes.plot(x, values, color=colour, marker="o")
        ends.append((x[-1], values[-1], WORDS[score], text))
    axes.set(ylim=(-0.03, 1.03), xlim=(min(x), max(x) + 0.32 * (max(x) - min(x))), xticks=x[:: max(1, len(x) // 4)])
    name_axes(axes, WORDS[name], WORDS["share"])
    label_ends(axes, ends)
    return figure


def hills(rows):
    """Draw how far curves are from the points of hilly roads: rows [{"rise", "derived", "fitted"}], largest distances in px of 1280."""
    figure, axes = card(2.9)
    x = [row["rise"] for row in rows]
    ends = []
    for name, colour, text in (("derived", KEY, KEY_TEXT), ("fitted", VALUE, INK)):
        values = [row[name] for row in rows]
        axes.plot(x, values, color=colour, marker="o")
        ends.append((x[-1], values[-1], WORDS[name], text))
    axes.axhline(20, color=INK, linewidth=1, linestyle=(0, (4, 3)))
    axes.set_yscale("symlog", linthresh=1)
    axes.set_yticks([0, 1, 10, 100, 1000], ["0", "1", "10", "100", "1000"])
    axes.minorticks_off()
    axes.set(xlim=(min(x), max(x) + 0.55 * (max(x) - min(x))), xticks=x, ylim=(0, 2000))
    name_axes(axes, WORDS["rise"], WORDS["distance"])
    label_ends(axes, ends)
    return figure


def queries(places):
    """Draw where on one row of the picture each query puts its lines: places [n_queries] arrays of x in shares of the width."""
    figure, axes = card(0.36 * len(places) + 1.2)
    axes.axvspan(0, 1, color=VALUE_WASH)
    for query, x in enumerate(places):
        axes.plot(x, query + 0.28 * np.cos(np.arange(len(x)) * 2.4), "o", color=QUERY, markersize=2, alpha=0.35, rasterized=True)
    axes.set(xlim=(-2, 3), ylim=(len(places) - 0.4, -0.6), yticks=range(len(places)), xticks=(-2, -1, 0, 1, 2, 3))
    name_axes(axes, WORDS["place"], WORDS["query"])
    return figure
