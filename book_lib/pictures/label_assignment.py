"""The pictures of the chapter on label assignment. Each takes an assignment or measured data and returns a Matplotlib figure."""

import math

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from book_lib.data.scenes import AREAS
from book_lib.detection.assigners.assignment import IGNORED
from book_lib.pictures.detection import dots_by_size
from book_lib.pictures.style import (
    BOOK,
    COLUMN,
    HALO,
    INK,
    KEY,
    KEY_TEXT,
    NEGATIVE,
    PAPER,
    QUERY,
    QUERY_TEXT,
    VALUE,
    VALUE_TEXT,
    card,
    name_axes,
)
from book_lib.pictures.words import words_of

WORDS = words_of("label_assignment")
SIZES = {"small": KEY, "medium": QUERY, "large": VALUE}
TEXTS = {"small": KEY_TEXT, "medium": QUERY_TEXT, "large": VALUE_TEXT}


def decided(scene, shown):
    """Draw what methods decide on one scene, a panel for each: {title: (Priors, Assignment)}.

    Positives are green, the larger the coarser their level and the stronger the larger their weight, each with a line to the middle of its
    object; ignored priors are white squares, negatives small grey dots. Objects without a positive are dashed and named.
    """
    columns = min(2, len(shown))
    rows = -(-len(shown) // columns)
    with matplotlib.rc_context(BOOK):
        figure = Figure(figsize=(COLUMN, (COLUMN / columns + 0.25) * rows))
        panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in panels:
        axes.set_axis_off()
    for axes, (title, (priors, assignment)) in zip(panels, shown.items(), strict=False):
        axes.imshow(scene.image / 255, interpolation="none")
        axes.set_title(title, pad=4)
        _objects(axes, scene, assignment.lost)
        _priors(axes, scene, priors, assignment)
        axes.set(xlim=(-0.5, scene.size[1] - 0.5), ylim=(scene.size[0] - 0.5, -0.5))
    return figure


def positives(table, names):
    """Draw how many positives an object has on average, small, medium and large ones, a row for each method.

    table: as positives_by_size gives it, {method: {size: [counts]}}; names: {method: what it is called}.
    """
    figure, axes = card(0.34 * len(names) + 1.2)
    for place, method in enumerate(names):
        for size, colour in SIZES.items():
            counts = table[method][size]
            axes.plot(np.mean(counts), place, {"small": "v", "medium": "s", "large": "o"}[size], color=colour, label=WORDS["sizes"][size],
                      markersize=7, alpha=0.9)
    axes.set(yticks=range(len(names)), yticklabels=names.values(), ylim=(len(names) - 0.5, -0.5))
    axes.set(xscale="symlog", xlabel=WORDS["positives"])
    axes.set_xticks([0, 1, 3, 10, 30], ["0", "1", "3", "10", "30"])
    axes.minorticks_off()
    for place, (size, text) in enumerate(TEXTS.items()):
        axes.text(0.04 + 0.33 * place, 1.04, f"{'▼■●'[place]} {WORDS['sizes'][size]}", color=text, transform=axes.transAxes)
    return figure


def compared(table):
    """Draw the AP of one detector under each rule, all sizes and each, a dot for each start; green: under reference, a wider network.

    table: an AssignersTable. The range of the yardstick's rule at the usual width is shaded; the axes begin below the lowest AP.
    """
    look = {1: (QUERY, QUERY_TEXT, "o"), 2: (VALUE, VALUE_TEXT, "D")}
    groups = [(table.arms[arm], [run["scores"] for run in runs], look[arm[1]]) for arm, runs in table.rows.items()]
    lowest = min(run[size] for _, runs, _ in groups for run in runs for size in ("AP", "AP_small", "AP_medium", "AP_large"))
    return dots_by_size(groups, WORDS["panels"], shaded=table.arms[table.yardstick], low=math.floor(10 * lowest) / 10)


def resting(by_rule, scene):
    """Draw on how many priors the weights of each object of a scene rest, epoch by epoch: {title: [a start's [epoch][object], …]}.

    A line for each object, in the colour of its size; the first start strong, the others pale.
    """
    figure, panels = card(2.9, panels=len(by_rule))
    areas = (scene.boxes_xyxy[:, 2:] - scene.boxes_xyxy[:, :2]).prod(1)
    sizes = [next(name for name, (low, high) in AREAS.items() if low <= area < high) for area in areas]
    for axes, (title, starts) in zip(panels, by_rule.items(), strict=True):
        for number, epochs in enumerate(starts):
            for size, values in zip(sizes, np.transpose(epochs), strict=True):
                axes.plot(values, color=SIZES[size], linewidth=2 if number == 0 else 1, alpha=1 if number == 0 else 0.4)
        axes.set_ylim(bottom=0)
        name_axes(axes, WORDS["epoch"], WORDS["rests"].format(title))
    for place, size in enumerate(dict.fromkeys(sizes)):
        panels[-1].text(0.97, 0.9 - 0.12 * place, WORDS["sizes"][size], color=TEXTS[size], ha="right", transform=panels[-1].transAxes)
    return figure


def _objects(axes, scene, lost):
    for i, (left, top, right, bottom) in enumerate(scene.boxes_xyxy):
        colour, style = (KEY, (0, (2.5, 1.5))) if i in lost else (INK, "solid")
        for edge, width, line in ((PAPER, 2.8, "solid"), (colour, 1.4, style)):
            axes.add_patch(Rectangle((left - 0.5, top - 0.5), right - left, bottom - top, fill=False, edgecolor=edge, linewidth=width,
                                     linestyle=line))
        if i in lost:
            axes.text((left + right) / 2, bottom + 4, WORDS["lost"], color=KEY_TEXT, ha="center", va="center", fontweight="bold", gid=HALO)


def _priors(axes, scene, priors, assignment):
    """The marks of one panel; priors of one cell stand beside each other."""
    centres = priors.centres.numpy()
    places, inside = centres - 0.5, ((centres >= 0) & (centres < np.array(scene.size[::-1]))).all(1)
    objects, strides = assignment.objects.numpy(), priors.strides.numpy()
    places = places + np.stack((_beside(places) * strides * 0.27, np.zeros(len(places))), axis=1)
    sizes = 4 * np.sqrt(strides)
    negative, ignored = inside & (objects < 0) & (objects != IGNORED), inside & (objects == IGNORED)
    axes.scatter(*places[negative].T, s=sizes[negative] / 3, color=NEGATIVE, linewidths=0, rasterized=True)
    axes.scatter(*places[ignored].T, s=sizes[ignored] * 1.5, marker="s", facecolor=PAPER, edgecolor=INK, linewidths=0.8, rasterized=True)
    middles = (scene.boxes_xyxy[:, :2] + scene.boxes_xyxy[:, 2:]) / 2 - 0.5
    strength = np.ones(len(objects))
    if assignment.positive is not None:
        weights = assignment.positive.numpy()
        strength = (weights / weights.max(0, initial=1e-12)).max(1)
    for i in np.flatnonzero(inside & (objects >= 0) & (strength >= 0.05)):
        axes.plot(*zip(places[i], middles[objects[i]], strict=True), color=VALUE, linewidth=1, alpha=0.7 * strength[i])
        axes.scatter(*places[i], s=2.2 * sizes[i], color=VALUE, edgecolor=PAPER, linewidths=0.7, alpha=max(0.25, strength[i]), zorder=3)


def _beside(places):
    """For priors at the same place, how far each stands to the left or right of it: … -1, 0, 1 … or halves."""
    _, which, counts = np.unique(places, axis=0, return_inverse=True, return_counts=True)
    which, seen, shift = which.ravel(), np.zeros(len(counts), dtype=int), np.zeros(len(places))
    for i, place in enumerate(which):
        shift[i] = seen[place] - (counts[place] - 1) / 2
        seen[place] += 1
    return shift
