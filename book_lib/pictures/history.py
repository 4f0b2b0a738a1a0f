"""Pictures of chapter 1."""

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from book_lib.pictures.style import BOOK, COLUMN, HALO, KEY, KEY_TEXT, KEY_WASH, LINE, PAPER, QUERY, QUERY_TEXT, QUERY_WASH, SOFT
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
    """Bars over the tokens of sentences: how much each is looked at. weights: {title: [n or more]}, words: {title: n words below them}."""
    with matplotlib.rc_context(BOOK):
        figure = Figure(figsize=(COLUMN, 2.2 * len(weights)))
        panels = figure.subplots(len(weights), 1, squeeze=False)[:, 0]
    for axes, (title, shares) in zip(panels, weights.items(), strict=True):
        names = words[title]
        shares = np.asarray(shares)[: len(names)]
        axes.bar(range(len(names)), shares, color=QUERY, width=0.72)
        for place, share in enumerate(shares):
            if share >= 0.05:
                axes.annotate(f"{share:.2f}"[1:], (place, share), (0, 2), textcoords="offset points", ha="center", color=QUERY_TEXT)
        axes.set_title(title)
        axes.set(ylim=(0, 0.6), yticks=(0, 0.25, 0.5), ylabel=WORDS["attention"])
        axes.set_xticks(range(len(names)), names, rotation=35, ha="right", rotation_mode="anchor")
        axes.grid(axis="x", visible=False)
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
