"""The figures of the page on one's own photographs. Each takes measured data and returns a Matplotlib figure."""

import matplotlib
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from book_lib.pictures.style import BOOK, COLUMN, HALO, INK, KEY, KEY_TEXT, LETTERS, LINE, PAPER, QUERY, QUERY_TEXT, SOFT
from book_lib.pictures.words import words_of

WORDS = words_of("own_photographs")


def photographs(shown, categories, *, columns=2, height=1.75):
    """Draw photographs with their boxes and, for up to three boxes each, the name of the category. shown: a list of Photograph."""
    with matplotlib.rc_context(BOOK):
        rows = -(-len(shown) // columns)
        figure = Figure(figsize=(COLUMN, height * rows))
        panels = list(figure.subplots(rows, columns, squeeze=False).flat)
    for axes in panels:
        axes.axis("off")
    for axes, photograph in zip(panels, shown, strict=False):
        picture = photograph.picture()
        picture.thumbnail((240, 240))
        factor = picture.height / photograph.size[0]
        axes.imshow(picture, interpolation="none")
        for label, box in zip(photograph.labels, photograph.boxes_xyxy * factor, strict=True):
            corner, sides = box[:2], box[2:] - box[:2]
            axes.add_patch(Rectangle(corner, *sides, fill=False, edgecolor=PAPER, linewidth=2.6))
            axes.add_patch(Rectangle(corner, *sides, fill=False, edgecolor=INK, linewidth=1.2))
            if len(photograph.labels) <= 3:
                axes.text(corner[0] + 5, max(corner[1], 0) + 6, categories[label][1], color=INK, va="top", fontsize=LETTERS, gid=HALO)
    return figure


def causes(rows, reference):
    """AP50 of each cause, and the share of objects that any box covers, as two points on a line.

    rows: {cause: what symptoms returns}; reference: what it returns where nothing is wrong, dashed.
    """
    with matplotlib.rc_context(BOOK):
        figure = Figure(figsize=(COLUMN, 0.36 * len(rows) + 0.9))
        axes = figure.subplots()
    for place, numbers in enumerate(rows.values()):
        axes.plot([0, 1], [place, place], color=LINE, linewidth=1, zorder=0)
        axes.plot([numbers["AP50"]], [place + 0.13], "o", color=KEY, markersize=6)
        axes.plot([numbers["covered"]], [place - 0.13], "s", color=QUERY, markersize=5)
    for key, colour in (("AP50", KEY), ("covered", QUERY)):
        axes.axvline(reference[key], color=colour, linewidth=1, linestyle=(0, (2, 2)), zorder=0)
    axes.text(0.0, -1.15, WORDS["with names"], color=KEY_TEXT, fontsize=LETTERS, va="center", fontweight="bold")
    axes.text(1.0, -1.15, WORDS["boxes alone"], color=QUERY_TEXT, fontsize=LETTERS, va="center", ha="right", fontweight="bold")
    axes.set_yticks(range(len(rows)), [WORDS["causes"][cause] for cause in rows], color=INK)
    axes.set_ylim(len(rows) - 0.4, -1.7)
    axes.set_xlim(-0.02, 1.02)
    axes.set_xlabel(WORDS["ap50"], color=SOFT)
    axes.tick_params(axis="y", length=0)
    for side in ("left", "top", "right"):
        axes.spines[side].set_visible(False)
    return figure
