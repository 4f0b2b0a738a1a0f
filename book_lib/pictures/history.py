"""Pictures of chapter 1."""

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from book_lib.pictures.style import BOOK, COLUMN, INK, KEY, KEY_TEXT, LINE, PAPER, QUERY, QUERY_TEXT, SOFT

WORDS = {"attention": "attention", "training": "in training"}

# How a part is drawn: (edge, ground, text, line style, line width), and its name in the legend.
KINDS = {
    "learned": ((QUERY, "#e8f2f9", QUERY_TEXT, "-", 1.2), "learned"),
    "rule": ((KEY, "#fdebdd", KEY_TEXT, "-", 2.4), "a rule made by hand"),
    "number": ((KEY, PAPER, KEY_TEXT, "-", 1.2), "a number chosen by hand"),
    "absent": ((SOFT, PAPER, SOFT, (0, (3, 3)), 1.0), "not there"),
}
DETECTORS = ("Faster R-CNN", "YOLOv3", "DETR")
# Row by row: its name, whether it is there in training only, and for each detector the kind of the part and its words.
PARTS = (
    ("features", False, (
        ("learned", "CNN"), ("learned", "CNN"), ("learned", "CNN"))),
    ("templates", False, (
        ("rule", "9 anchors a place:\n3 sizes × 3 shapes"), ("rule", "9 anchors, from\nclustering boxes"),
        ("number", "none; only how many\nqueries: 100"))),
    ("network", False, (
        ("learned", "proposals, then\nclasses and boxes"), ("learned", "classes and boxes\nin one pass"),
        ("learned", "encoder, decoder,\nlearned queries"))),
    ("a box is relative to", False, (
        ("rule", "its anchor, then\nits proposal"), ("rule", "its cell\nand anchor"), ("absent", "nothing but\nthe picture"))),
    ("which answer for\nwhich object", True, (
        ("rule", "IoU above 0.7 yes,\nbelow 0.3 no"), ("rule", "anchor of best shape;\nanswers overlapping an\nobject are ignored"),
        ("number", "cheapest pairing,\nweights 1, 5, 2"))),
    ("trained on", True, (
        ("rule", "256 drawn, up to\nhalf positive"), ("rule", "all but\nthe ignored"), ("number", "all; “no object”\nweighs 0.1"))),
    ("duplicates", False, (
        ("rule", "NMS, twice"), ("rule", "NMS"), ("absent", "trained not to\nbe made"))),
)


def looks(weights, words):
    """Bars over the tokens of sentences: how much each is looked at. weights: {title: [n or more]}, words: {title: n words below them}."""
    with matplotlib.rc_context(BOOK):
        figure = Figure(figsize=(COLUMN, 1.75 * len(weights)))
        panels = figure.subplots(len(weights), 1, squeeze=False)[:, 0]
    for axes, (title, shares) in zip(panels, weights.items(), strict=True):
        names = words[title]
        shares = np.asarray(shares)[: len(names)]
        axes.bar(range(len(names)), shares, color=QUERY, width=0.72)
        for place, share in enumerate(shares):
            if share >= 0.05:
                axes.annotate(
                    f"{share:.2f}", (place, share), (0, 2), textcoords="offset points", ha="center", fontsize=8.5, color=QUERY_TEXT)
        axes.set_title(title)
        axes.set(ylim=(0, 0.6), yticks=(0, 0.25, 0.5), ylabel=WORDS["attention"])
        axes.set_xticks(range(len(names)), names, rotation=35, ha="right", rotation_mode="anchor", fontsize=8.5)
        axes.grid(axis="x", visible=False)
    return figure


def pipelines():
    """Three detectors side by side, part by part: what is learned, what somebody made by hand, and what is not there."""
    with matplotlib.rc_context(BOOK):
        figure = Figure(figsize=(COLUMN, 5.6))
        axes = figure.subplots()
    axes.set_axis_off()
    axes.set(xlim=(-0.72, 3.02), ylim=(len(PARTS) + 0.75, -0.62))
    for column, name in enumerate(DETECTORS):
        axes.text(column + 0.5, -0.3, name, ha="center", va="center", fontweight="bold", fontsize=10.5)
        axes.plot([column + 0.5] * 2, [0.5, len(PARTS) - 0.5], color=LINE, linewidth=5, zorder=0)
    for row, (name, training, cells) in enumerate(PARTS):
        axes.text(-0.7, row + (0.38 if training else 0.5), name, va="center", fontsize=8.5, color=INK)
        if training:
            below = 0.78 if "\n" in name else 0.66
            axes.text(-0.7, row + below, WORDS["training"], va="center", fontsize=7.5, color=SOFT, fontstyle="italic")
        for column, (kind, words) in enumerate(cells):
            _part(axes, column + 0.05, row + 0.1, 0.9, 0.8, kind, words)
    for place, (kind, (_, name)) in enumerate(KINDS.items()):
        _part(axes, -0.7 + 0.93 * place, len(PARTS) + 0.3, 0.88, 0.36, kind, name)
    return figure


def _part(axes, x, y, width, height, kind, words):
    (edge, ground, colour, style, line), _ = KINDS[kind]
    axes.add_patch(FancyBboxPatch(
        (x + 0.03, y + 0.03), width - 0.06, height - 0.06, boxstyle="round,pad=0.03,rounding_size=0.06",
        edgecolor=edge, facecolor=ground, linestyle=style, linewidth=line))
    axes.text(x + width / 2, y + height / 2, words, ha="center", va="center", fontsize=8.2, color=colour, linespacing=1.25)
