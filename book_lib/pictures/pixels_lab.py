"""The pictures of the lab on iGPT. Each takes pictures or measured numbers and returns a Matplotlib figure."""

import matplotlib
from matplotlib.figure import Figure

from book_lib.pictures.style import (
    BOOK,
    COLUMN,
    GATED,
    IGNORED,
    INK,
    KEY,
    KEY_TEXT,
    QUERY,
    QUERY_TEXT,
    SOFT,
    card,
    label_ends,
    name_axes,
)
from book_lib.pictures.words import words_of

WORDS = words_of("pixels_lab")
COLOURS = {"autoregressive": (QUERY, QUERY_TEXT), "masked": (KEY, KEY_TEXT), "one hidden": (KEY, KEY_TEXT), "untrained": (GATED, GATED)}


def palettes(pictures):
    """Draw a picture in a row of palettes: {number of colours, None = as it was: uint8 [h, w, 3]}."""
    figure, panels = card(2.0, panels=len(pictures))
    for axes, (n_colours, image) in zip(panels, pictures.items(), strict=True):
        axes.imshow(image, interpolation="none")
        axes.set(xticks=[], yticks=[])
        axes.set_xlabel(WORDS["as it was"] if n_colours is None else WORDS["colours"].format(n_colours))
        axes.spines[:].set_visible(False)
    return figure


def nats(rows):
    """Draw bits per pixel as marks, a row for each way: rows [(name in WORDS["ways"], values), …], a value for each start.

    Ways that have learned are blue, or orange where they know what comes later, too; the others are grey.
    """
    figure, axes = card(0.33 * len(rows) + 0.9)
    for place, (name, values) in enumerate(rows):
        colour = COLOURS[name.split(",")[0]][0] if name.split(",")[0] in COLOURS else SOFT
        axes.plot(values, [place] * len(values), "o", color=colour, markersize=7, alpha=0.8)
        axes.plot([0, min(values)], [place, place], color=colour, linewidth=1)
    names = [WORDS["ways"][name] for name, _ in rows]
    axes.set(yticks=range(len(rows)), yticklabels=names, ylim=(len(rows) - 0.5, -0.5), xlim=(0, None), xlabel=WORDS["bits"])
    axes.grid(axis="y", visible=False)
    return figure


def completions(rows, known):
    """Draw digits, a row each: rows [[the true one, a completion, another, …], …] of [8, 8]; known: how many rows of pixels were given."""
    with matplotlib.rc_context(BOOK):
        figure = Figure(figsize=(COLUMN, COLUMN / len(rows[0]) * len(rows) + 0.3))
        grid = figure.subplots(len(rows), len(rows[0]), squeeze=False)
    for panels, pictures in zip(grid, rows, strict=True):
        for axes, picture in zip(panels, pictures, strict=True):
            axes.imshow(picture, cmap="gray_r", vmin=0, vmax=16, interpolation="none")
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set(visible=True, linewidth=0.6)
        for axes in panels[1:]:
            axes.axhline(known - 0.5, color=KEY, linewidth=1.4)
    for axes, name in ((grid[0, 0], "digit"), (grid[0, 1], "samples")):
        axes.set_title(WORDS[name], fontweight="normal")
    return figure


def by_layer(lines, raw):
    """Draw the linear probe's accuracy by the number of blocks before it.

    lines: {"autoregressive", "masked" or "untrained": [[accuracies of one start], …]}; raw: the accuracy on raw pixels.
    """
    figure, axes = card(3.2)
    ends = []
    for name, starts in lines.items():
        colour, text = COLOURS[name]
        for accuracies in starts:
            axes.plot(range(len(accuracies)), accuracies, color=colour, linewidth=1, marker="o", markersize=3.5, alpha=0.8)
        ends.append((len(starts[0]) - 1, sum(accuracies[-1] for accuracies in starts) / len(starts), WORDS[name], text))
    last = len(next(iter(lines.values()))[0]) - 1
    axes.plot([0, last], [raw, raw], color=INK, linewidth=1, linestyle=(0, (4, 3)))
    ends.append((last, raw, WORDS["raw"], INK))
    lowest = min(min(accuracies) for starts in lines.values() for accuracies in starts)
    axes.set(xlim=(-0.2, 1.62 * last), xticks=range(last + 1), ylim=(lowest - 0.02, 1.005))
    name_axes(axes, WORDS["blocks"], WORDS["accuracy"])
    label_ends(axes, ends)
    return figure


def few_labels(labels, lines):
    """Draw accuracies over the number of labelled digits: {"autoregressive", "masked", "untrained" or "raw": [one for each number]}."""
    figure, axes = card(2.9)
    ends = []
    for name, accuracies in lines.items():
        colour, text = COLOURS.get(name, (IGNORED, INK))
        axes.plot(labels, accuracies, color=colour, marker="o")
        ends.append((labels[-1], accuracies[-1], WORDS[name], text))
    axes.set_xscale("log")
    axes.set_xticks(labels, [str(n) for n in labels])
    axes.set(xlim=(0.85 * labels[0], labels[-1] * (labels[-1] / labels[0]) ** 0.55))
    name_axes(axes, WORDS["labels"], WORDS["accuracy"])
    label_ends(axes, ends)
    return figure
