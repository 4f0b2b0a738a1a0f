"""Pictures of chapter 1."""

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedFormatter, FixedLocator

from book_lib.pictures.style import (
    BOOK,
    COLUMN,
    HALO,
    KEY,
    KEY_TEXT,
    KEY_WASH,
    LINE,
    NEGATIVE,
    PAPER,
    QUERY,
    QUERY_TEXT,
    QUERY_WASH,
    SOFT,
    card,
    label_ends,
    name_axes,
)
from book_lib.pictures.words import words_of

WORDS = words_of("history")

KINDS = {                                                  # how a part is drawn: edge, ground, text, line style, line width
    "learned": (QUERY, QUERY_WASH, QUERY_TEXT, "-", 1.2),
    "rule": (KEY, KEY_WASH, KEY_TEXT, "-", 2.4),
    "number": (KEY, PAPER, KEY_TEXT, "-", 1.2),
    "absent": (SOFT, PAPER, SOFT, (0, (3, 3)), 1.0),
}
PARTS = {                                                  # the kind of each part in the three detectors
    "features": ("learned", "learned", "learned"),
    "templates": ("rule", "rule", "number"),
    "network": ("learned", "learned", "learned"),
    "relative": ("rule", "rule", "absent"),
    "assignment": ("rule", "rule", "number"),
    "trained on": ("rule", "rule", "number"),
    "duplicates": ("rule", "rule", "absent"),
}


def looks(weights, words):
    """Bars beside the characters of a sentence, a panel per sentence: how much the writer attends to each.

    weights: {title: [n or more]}; words: n labels, one per character. Shares from 5 % up are written beside their bars.
    """
    places = np.arange(len(words))
    figure, panels = card(0.3 * len(words) + 0.9, panels=len(weights))
    for axes, (title, shares) in zip(panels, weights.items(), strict=True):
        shares = 100 * np.asarray(shares)[: len(words)]
        axes.barh(places, shares, color=QUERY, height=0.72)
        for place, share in zip(places, shares, strict=True):
            if share >= 5:
                axes.annotate(f"{share:.0f}", (share, place), (3, 0), textcoords="offset points", va="center", color=QUERY_TEXT)
        axes.set_title(title)
        axes.set(xlim=(0, 60), xticks=(0, 20, 40), ylim=(len(words) - 0.5, -0.5), xlabel=WORDS["attention"])
        axes.set_yticks(places, words if axes is panels[0] else [])
        axes.grid(axis="y", visible=False)
    return figure


def pairs(counts):
    """Bars on a logarithmic axis: how many attention weights each way to read a picture needs; counts: {row of the words file: weights}."""
    figure, axes = card(0.7 * len(counts) + 0.5)
    places = np.arange(len(counts))
    axes.barh(places, list(counts.values()), color=KEY, height=0.28)
    for place, (name, count) in zip(places, counts.items(), strict=True):
        axes.annotate(WORDS["rows"][name], (1e3, place - 0.36), (1, 0), textcoords="offset points", va="center", gid=HALO)
        axes.annotate(f"{count:,}", (count, place), (5, 0), textcoords="offset points", va="center", color=KEY_TEXT)
    axes.set_xscale("log")
    axes.set(xlim=(1e3, 1e15), xlabel=WORDS["weights"], yticks=[], ylim=(len(counts) - 0.5, -0.7))
    axes.xaxis.set_major_locator(FixedLocator([1e4, 1e6, 1e8, 1e10, 1e12]))
    axes.xaxis.set_major_formatter(FixedFormatter(["10⁴", "10⁶", "10⁸", "10¹⁰", "10¹²"]))
    axes.grid(axis="y", visible=False)
    return figure


def letters_repeated(curves):
    """Lines: the share of letters repeated correctly, against the length of the string; a line per start, dashed for the shorter training.

    curves: {row of the words file: {number of batches: for each start a list of shares, for strings of 1, 2, … letters}}.
    """
    figure, axes = card(4.2)
    ends = []
    for (name, trainings), colour in zip(curves.items(), (QUERY, NEGATIVE, KEY), strict=True):
        for batches, style in zip(sorted(trainings), ((0, (4, 2)), "-"), strict=True):
            for row in trainings[batches]:
                axes.plot(range(1, len(row) + 1), 100 * np.asarray(row), color=colour, linestyle=style, linewidth=1.3)
        longest = trainings[max(trainings)]
        ends.append((len(longest[0]), 100 * np.median([row[-1] for row in longest]), WORDS["networks"][name], colour))
    axes.set(xlim=(0.7, 23), ylim=(0, 104), xticks=(1, 4, 8, 12, 16))
    name_axes(axes, WORDS["length"], WORDS["letters"])
    label_ends(axes, ends)
    return figure


def pipelines():
    """Three detectors side by side, part by part: what is learned, what somebody made by hand, and what is not there."""
    heights = [0.28 + 0.24 * max(cell.count("\n") + 1 for cell in WORDS["parts"][part]["cells"]) for part in PARTS]
    with matplotlib.rc_context(BOOK):
        figure = Figure(figsize=(COLUMN, sum(heights) + 0.3 * len(PARTS) + 1.15))
        axes = figure.subplots()
    axes.set_axis_off()
    axes.set(xlim=(0, 3), ylim=(figure.get_figheight(), 0))
    for column, name in enumerate(WORDS["detectors"]):
        axes.text(column + 0.5, 0.15, name, ha="center", va="center", fontweight="bold")
        axes.plot([column + 0.5] * 2, [0.6, figure.get_figheight() - 1.2], color=LINE, linewidth=5, zorder=0)
    top = 0.3
    for (part, kinds), height in zip(PARTS.items(), heights, strict=True):
        axes.text(0.02, top + 0.16, WORDS["parts"][part]["name"], va="center", gid=HALO)
        for column, (kind, words) in enumerate(zip(kinds, WORDS["parts"][part]["cells"], strict=True)):
            _part(axes, column, top + 0.29, 1, height, kind, words)
        top += height + 0.3
    for place, (kind, words) in enumerate(WORDS["kinds"].items()):
        _part(axes, 1.5 * (place % 2), top + 0.1 + 0.38 * (place // 2), 1.5, 0.36, kind, words)
    return figure


def _part(axes, x, y, width, height, kind, words):
    edge, ground, colour, style, line = KINDS[kind]
    axes.add_patch(Rectangle((x + 0.02, y), width - 0.04, height - 0.04, edgecolor=edge, facecolor=ground, linestyle=style, linewidth=line))
    axes.text(x + width / 2, y + height / 2 - 0.02, words, ha="center", va="center", color=colour, linespacing=1.2)
