"""The pictures of the lesson on Deformable DETR. Each takes measured data and returns a Matplotlib figure."""

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import NullLocator

from book_lib.pictures.style import (
    BOOK,
    COARSE,
    COLUMN,
    FINE,
    INK,
    KEY,
    KEY_TEXT,
    KEY_WASH,
    MIDDLE,
    NUMBERS,
    PAPER,
    QUERY,
    QUERY_TEXT,
    SOFT,
    VALUE,
    VALUE_TEXT,
    card,
    label_line,
)
from book_lib.pictures.words import words_of

WORDS = words_of("deformable")
LEVELS = (("o", FINE), ("s", MIDDLE), ("D", COARSE))              # marks and colours, from the finest on
CELLS = LEVELS[1:2]                                               # DETR's map has the resolution of the middle level
ALL_DOTS = 1600                                                   # the area of all marks of a panel together, in square points
DETECTORS = {"detr": (QUERY, QUERY_TEXT, "o"), "dense": (KEY, KEY_TEXT, "s"), "deformable": (VALUE, VALUE_TEXT, "D")}
NAMED = {                                                         # where the names of the lines have room, in epochs and in minutes
    "detr": ((14, 0.2), (8, 0.16)), "deformable": ((10.6, 0.88), (20, 0.36)), "refined": ((3.4, 0.88), (9.5, 0.89))}


def looks(scene, panels):
    """Draw where one object query looks in a scene: marks as large as their weights, of the same area in all in every panel.

    panels: {"untrained" or "trained": {"places": a list with [n, 2] (x, y) for each level, as shares of width and height; "weights": a
    list with [n] for each, which sum to 1 over all levels; "box" (cx, cy, w, h) in shares, drawn after training; "reference" (x, y) or
    None}}, as book_lib.experiments.looks.looks_of has them. What lies far outside of the picture is cut off.
    """
    h, w = scene.size
    with matplotlib.rc_context(BOOK):
        figure = Figure(figsize=(COLUMN, COLUMN / len(panels) * h / w + 0.6))
        all_axes = figure.subplots(1, len(panels), squeeze=False)[0]
    for axes, (name, panel) in zip(all_axes, panels.items(), strict=True):
        axes.imshow(scene.image / 255, extent=(0, w, h, 0), interpolation="none", alpha=0.45)
        if name == "trained":
            cx, cy, wide, high = panel["box"]
            axes.add_patch(Rectangle(((cx - wide / 2) * w, (cy - high / 2) * h), wide * w, high * h, fill=False, edgecolor=INK,
                                     linewidth=2, linestyle=(0, (2.5, 1.5))))
        marks = CELLS if len(panel["places"]) == 1 else LEVELS
        for (marker, colour), places, weights in zip(marks, panel["places"], panel["weights"], strict=True):
            x, y = (np.asarray(places) * (w, h)).T
            axes.scatter(x, y, s=ALL_DOTS * np.asarray(weights), marker=marker, color=colour, edgecolors=INK, linewidths=0.6)
        if panel["reference"] is not None:
            for colour, thick, long in ((PAPER, 5, 15), (INK, 2.2, 13)):
                axes.plot(panel["reference"][0] * w, panel["reference"][1] * h, "+", color=colour, markersize=long, markeredgewidth=thick)
        axes.set(xlim=(-0.06 * w, 1.06 * w), ylim=(1.06 * h, -0.06 * h), aspect="equal")
        axes.set_title(WORDS[name])
        axes.set_axis_off()
    return figure


def between_four(pixels, place):
    """Draw a sample between the four pixels of a map: the shares of a square of a pixel's size round it.

    pixels [2, 2]: the values; place (x, y) in pixels from the upper left corner.
    """
    figure, axes = card(3.3)
    x, y = place
    column, row = x - 0.5, y - 0.5
    for i, j in np.ndindex(2, 2):
        axes.add_patch(Rectangle((j, i), 1, 1, facecolor=PAPER, edgecolor=SOFT, linewidth=1))
        left, top = max(j, x - 0.5), max(i, y - 0.5)
        right, bottom = min(j + 1, x + 0.5), min(i + 1, y + 0.5)
        axes.add_patch(Rectangle((left, top), right - left, bottom - top, facecolor=KEY_WASH, edgecolor=SOFT, linewidth=0.8))
        share = (1 - abs(column - j)) * (1 - abs(row - i))
        axes.text(j + (0.06 if j == 0 else 0.94), i + (0.13 if i == 0 else 0.89), WORDS["pixel"].format(pixels[i][j]),
                  ha="left" if j == 0 else "right", va="center", fontweight="bold")
        axes.text(-0.06 if j == 0 else 2.06, i + 0.5, WORDS["share"].format(f"{share:g}"), ha="right" if j == 0 else "left", va="center")
        axes.plot(j + 0.5, i + 0.5, ".", color=SOFT, markersize=6)
    axes.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, fill=False, edgecolor=KEY, linewidth=2, linestyle=(0, (3, 2))))
    axes.plot(x, y, "o", color=KEY, markersize=8)
    axes.set(xlim=(-1.3, 3.3), ylim=(2.05, -0.05), aspect="equal")
    axes.set_axis_off()
    return figure


def against(trainings):
    """Draw the AP of whole trainings against their epochs and their minutes: a mark for each training, a line through those of a detector.

    trainings: {"detr", "deformable" or "refined": a list of (epochs, minutes, AP)}; marks of "refined", with box refinement, are hollow.
    """
    figure, panels = card(3.1, panels=2)
    for column, (axes, unit) in enumerate(zip(panels, ("epochs", "minutes"), strict=True)):
        for name, runs in trainings.items():
            taken, values = np.array([run[column] for run in runs]), np.array([run[2] for run in runs])
            lengths = np.array([run[0] for run in runs])
            means = [(taken[lengths == length].mean(), values[lengths == length].mean()) for length in sorted(set(lengths))]
            colour, text, marker = DETECTORS["deformable" if name == "refined" else name]
            face, edge = (PAPER, colour) if name == "refined" else (colour, PAPER)
            axes.plot(*zip(*means, strict=True), color=colour, linewidth=1.5)
            axes.plot(taken, values, marker, color=colour, markerfacecolor=face, markeredgecolor=edge, markersize=8)
            label_line(axes, *NAMED[name][column], WORDS[name], text, dx=0)
        axes.set_xscale("log")
        axes.set(ylim=(0, 1), xlim=(3, 80), xlabel=WORDS[unit])
        axes.set_xticks((5, 10, 20, 50))
        axes.xaxis.set_major_formatter(NUMBERS)
        axes.xaxis.set_minor_locator(NullLocator())
    panels[0].set_title(WORDS["AP"], fontweight="normal")
    return figure
