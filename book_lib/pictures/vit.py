"""The pictures of the lesson on ViT. Each takes pixels or measured data and returns a Matplotlib figure."""

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from book_lib.pictures.style import (
    BOOK,
    COLUMN,
    CONVOLUTION,
    INK,
    QUERY,
    QUERY_TEXT,
    SOFT,
    card,
    label_ends,
    name_axes,
)
from book_lib.pictures.words import words_of

WORDS = words_of("vit")
COLOURS = {"vit": (QUERY, QUERY_TEXT, "o"), "cnn": (CONVOLUTION, CONVOLUTION, "s")}


def by_hand(picture, weight, tokens):
    """Draw a small picture cut into patches of 2 × 2, its patches as rows of numbers, the weights of a linear map, and the tokens.

    picture: numbers [4, 4]; weight [d, 4]; tokens [4, d], one for each patch, row by row.
    """
    figure, axes = card(3.4)
    axes.set_axis_off()
    axes.set(xlim=(-0.3, 14.4), ylim=(6.6, -1.2), aspect="equal")
    axes.text(0, -0.45, WORDS["picture"], color=INK)
    for y, row in enumerate(picture):
        for x, value in enumerate(row):
            _cell(axes, x, y, value)
    for y, x in ((0, 0), (0, 2), (2, 0), (2, 2)):
        axes.add_patch(Rectangle((x, y), 2, 2, fill=False, edgecolor=QUERY, linewidth=2.4))
    axes.text(5.4, -0.45, WORDS["patches"], color=INK)
    patches = np.asarray(picture).reshape(2, 2, 2, 2).transpose(0, 2, 1, 3).reshape(4, 4)
    for y, row in enumerate(patches):
        for x, value in enumerate(row):
            _cell(axes, 5.4 + x, y, value)
        axes.add_patch(Rectangle((5.4, y), 4, 1, fill=False, edgecolor=QUERY, linewidth=2.4))
    for at in ((4.2, 5.2), (9.6, 10.6)):
        axes.annotate("", (at[1], 2), (at[0], 2), arrowprops={"arrowstyle": "-|>", "color": INK, "linewidth": 1.2})
    axes.text(10.8, -0.45, WORDS["tokens"], color=INK)
    for y, row in enumerate(np.asarray(tokens)):
        for x, value in enumerate(row):
            _cell(axes, 10.8 + 1.3 * x, y, value, width=1.3, shaded=False)
    axes.text(5.2, 5.05, WORDS["weights"], color=INK, ha="right", va="center")
    for y, row in enumerate(np.asarray(weight)):
        for x, value in enumerate(row):
            _cell(axes, 5.4 + 1.3 * x, 4.5 + y, value, width=1.3, shaded=False)
        axes.text(10.8, 5 + y, WORDS["features"][y], color=SOFT, va="center")
    return figure


def shuffled(images, moved, said):
    """Draw pictures above, the same with their patches in another order below, and what a model calls each.

    images, moved: uint8 [n, h, w, 3]; said: (names for images, names for moved).
    """
    with matplotlib.rc_context(BOOK):
        figure = Figure(figsize=(COLUMN, 2.9))
        rows = figure.subplots(2, len(images))
    for panels, pictures, names in zip(rows, (images, moved), said, strict=True):
        for axes, image, name in zip(panels, pictures, names, strict=True):
            axes.imshow(image, interpolation="none")
            axes.set_title(WORDS["classes"][name], fontweight="normal", loc="center")
            axes.set_axis_off()
    return figure


def accuracies(runs, chance):
    """Draw held-out accuracy over the number of training pictures: a mark for each run, a line through the means of each model.

    runs: [{"model": "vit" or "cnn", "n", "accuracy"}]; chance: the accuracy of guessing.
    """
    figure, axes = card(3.4)
    ends = []
    for model, (colour, text, marker) in COLOURS.items():
        sizes = sorted({run["n"] for run in runs if run["model"] == model})
        of_size = [[100 * run["accuracy"] for run in runs if (run["model"], run["n"]) == (model, n)] for n in sizes]
        for n, found in zip(sizes, of_size, strict=True):
            axes.plot([n] * len(found), found, marker, color=colour, alpha=0.6, linestyle="none")
        means = [sum(found) / len(found) for found in of_size]
        axes.plot(sizes, means, color=colour)
        ends.append((sizes[-1], means[-1], WORDS["models"][model], text))
    axes.axhline(100 * chance, color=SOFT, linestyle=(0, (4, 3)), linewidth=1.4)
    axes.text(105, 100 * chance - 2, WORDS["chance"], color=SOFT, va="top")
    ticks = sorted({run["n"] for run in runs})
    axes.set(xscale="log", xlim=(80, 130_000), ylim=(0, 103), xticks=ticks, xticklabels=[str(n) for n in ticks])
    axes.minorticks_off()
    axes.spines["bottom"].set_bounds(ticks[0], ticks[-1])
    name_axes(axes, WORDS["number"], WORDS["accuracy"])
    label_ends(axes, ends)
    return figure


def arms(rows):
    """Draw the accuracy of ways to train on a few digits as bars, a mark for each start.

    rows: {(model, arm): [accuracies]}, model and arm names of the words.
    """
    figure, axes = card(0.75 + 0.36 * len(rows))
    for y, ((model, _), found) in enumerate(rows.items()):
        colour, _, marker = COLOURS[model]
        mean = 100 * sum(found) / len(found)
        axes.barh(y, mean, height=0.62, color=colour, alpha=0.35)
        axes.plot([100 * x for x in found], [y] * len(found), marker, color=colour, linestyle="none")
        axes.text(103, y, WORDS["percent"].format(f"{mean:.0f}"), va="center", color=INK)
    names = [WORDS["arm of"][model].format(arm=WORDS["arms"][arm]) for model, arm in rows]
    axes.set(yticks=range(len(rows)), yticklabels=names, ylim=(len(rows) - 0.4, -0.6), xlim=(0, 115))
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    axes.set_xlabel(WORDS["digits accuracy"])
    return figure


def _cell(axes, x, y, value, *, width=1.0, shaded=True):
    """A cell with a number, as dark as the number where it is a pixel."""
    if shaded:
        axes.add_patch(Rectangle((x, y), width, 1, facecolor=INK, alpha=0.1 * float(value), edgecolor="none"))
    axes.add_patch(Rectangle((x, y), width, 1, fill=False, edgecolor=SOFT, linewidth=0.8))
    said = f"{float(value):.2f}".rstrip("0").rstrip(".").replace("-", "−")
    axes.text(x + width / 2, y + 0.5, said, ha="center", va="center", color=INK)
