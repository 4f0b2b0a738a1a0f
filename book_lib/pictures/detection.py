"""The figures of the chapter on DETR. Each takes measured data and returns a Matplotlib figure."""

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke

from book_lib.data.scenes import CLASSES
from book_lib.pictures.style import BOOK, COLUMN, INK, KEY, NEGATIVE, PAPER, QUERY, SOFT, VALUE, card, label_ends

WORDS = {
    "query": "query {}",
    "layer": "decoder layer",
    "plain": "as it is",
    "nms": "after NMS",
    "ap": "AP",
    "epoch": "epoch of 5000 scenes",
    "loss": "loss, all layers",
    "sizes": ("small", "medium", "large"),
    "detr": "DETR",
    "dense": "dense detector",
    "found": "{} {:.2f}",
}
CLASS_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8f6400", "#6a4fa3")


def scenes(shown, found, *, min_score=0.5, columns=3):
    """Draw scenes with their true boxes (solid) and the detections of at least min_score (dashed, in the colour of their class)."""
    figure, panels = _pictures(len(shown), columns)
    for axes, scene, one in zip(panels, shown, found, strict=True):
        _picture(axes, scene)
        for box in scene.boxes_xyxy:
            _box(axes, box, PAPER, width=2.6)
            _box(axes, box, INK, width=1.2)
        sure = np.asarray(one["scores"]) >= min_score
        for score, label, box in zip(*(np.asarray(one[name])[sure] for name in ("scores", "labels", "boxes_xyxy")), strict=True):
            _box(axes, box, CLASS_COLOURS[label], style=(0, (2.5, 1.5)), width=2)
            said = WORDS["found"].format(CLASSES[label], score)
            text = axes.text(max(box[0], 0), box[1] - 1, said, fontsize=7.5, color=PAPER, va="bottom")
            text.set_path_effects([withStroke(linewidth=2.2, foreground=CLASS_COLOURS[label])])
    return figure


def query_centres(centres, areas, who, *, busiest=8):
    """Scatter the middles of boxes, a panel for each of the busiest queries: centres [n, 2] 0 to 1, areas [n] px², who [n] (numbers)."""
    counts = np.bincount(who)
    figure, panels = _grid(busiest, 4, height=1.75)
    for axes, query in zip(panels, np.argsort(-counts)[:busiest], strict=True):
        mine = np.asarray(who) == query
        x, y = np.asarray(centres)[mine].T
        axes.scatter(x, y, s=np.asarray(areas)[mine] / 12, color=QUERY, alpha=0.25, linewidths=0)
        axes.set(xlim=(0, 1), ylim=(1, 0), xticks=[], yticks=[], aspect="equal")
        axes.set_title(WORDS["query"].format(query), fontsize=9, pad=3)
        for side in axes.spines.values():
            side.set_visible(True)
    return figure


def attention_on(scene, maps, boxes, queries):
    """Lay attention maps [n, h, w] over a scene, each with the box (cx, cy, w, h, shares) its query gave."""
    figure, panels = _pictures(len(maps), min(4, len(maps)))
    h, w = scene.size
    for axes, weights, box, query in zip(panels, np.asarray(maps), np.asarray(boxes), queries, strict=True):
        cells = weights.shape
        _picture(axes, scene, dim=True)
        extent = (-0.5, cells[1] * 8 - 0.5, cells[0] * 8 - 0.5, -0.5)
        axes.imshow(weights / weights.max(), extent=extent, cmap=_glow(), interpolation="nearest")
        corner = np.array([box[0] - box[2] / 2, box[1] - box[3] / 2, box[0] + box[2] / 2, box[1] + box[3] / 2]) * [w, h, w, h]
        _box(axes, corner, PAPER, width=3)
        _box(axes, corner, QUERY, style=(0, (2.5, 1.5)), width=2)
        axes.set(xlim=(-0.5, w - 0.5), ylim=(h - 0.5, -0.5))
        axes.set_title(WORDS["query"].format(query), fontsize=9, pad=3)
    return figure


def by_layer(plain, after_nms):
    """Draw AP after each decoder layer, as it is and after NMS; both: a list of dicts with AP."""
    figure, axes = card(2.8)
    layers = np.arange(1, len(plain) + 1)
    ends = []
    for name, scores, colour, style in ((WORDS["plain"], plain, QUERY, "o-"), (WORDS["nms"], after_nms, KEY, "s--")):
        values = [score["AP"] for score in scores]
        axes.plot(layers, values, style, color=colour)
        ends.append((layers[-1], values[-1], name, colour))
    axes.set(xlabel=WORDS["layer"], ylabel=WORDS["ap"], xticks=layers, xlim=(0.8, len(plain) + 0.7))
    axes.margins(y=0.3)
    label_ends(axes, ends)
    return figure


def by_size(detr, dense):
    """Draw AP of small, medium and large objects for two detectors: dicts with AP_small, AP_medium, AP_large."""
    figure, axes = card(2.8)
    places = np.arange(3)
    for shift, (name, scores, colour) in zip((-0.2, 0.2), ((WORDS["detr"], detr, QUERY), (WORDS["dense"], dense, SOFT)), strict=True):
        values = [scores[f"AP_{size}"] for size in WORDS["sizes"]]
        bars = axes.bar(places + shift, values, 0.36, color=colour)
        axes.bar_label(bars, [f"{name}\n{value:.2f}" for value in values], fontsize=8, padding=2)
    axes.set(xticks=places, xticklabels=WORDS["sizes"], ylabel=WORDS["ap"], ylim=(0, 1.15))
    axes.grid(axis="x", visible=False)
    return figure


def ablations(runs):
    """Draw the AP of trainings as bars, the first of them as the measure of the others: {name: {"scores": {"AP"}}}."""
    figure, axes = card(0.36 * len(runs) + 0.8)
    names, values = list(runs), [run["scores"]["AP"] for run in runs.values()]
    bars = axes.barh(names, values, 0.62, color=[QUERY] + [NEGATIVE] * (len(names) - 1))
    axes.bar_label(bars, [f"{value:.3f}" for value in values], padding=4, fontsize=9)
    axes.axvline(values[0], color=QUERY, linewidth=1, linestyle=(0, (3, 3)))
    axes.invert_yaxis()
    axes.set(xlabel=WORDS["ap"], xlim=(0, 1.15 * max(values)))
    axes.grid(axis="y", visible=False)
    return figure


def learning(log):
    """Draw a log of train_epochs with loss, AP and AP50 for each epoch."""
    figure, (left, right) = card(3.0, panels=2)
    epochs = [entry["epoch"] + 1 for entry in log]
    left.plot(epochs, [entry["loss"] for entry in log], color=INK)
    left.set(xlabel=WORDS["epoch"], ylabel=WORDS["loss"], ylim=(0, None))
    ends = []
    for name, colour in (("AP50", VALUE), ("AP", QUERY)):
        values = [entry[name] for entry in log]
        right.plot(epochs, values, color=colour)
        ends.append((epochs[-1], values[-1], name, colour))
    right.set(xlabel=WORDS["epoch"], ylim=(0, 1), xlim=(0, 1.25 * epochs[-1]))
    label_ends(right, ends)
    return figure


def _grid(n, columns, height):
    rows = -(-n // columns)
    with matplotlib.rc_context(BOOK):
        figure = Figure(figsize=(COLUMN, height * rows))
        panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in panels[n:]:
        axes.set_axis_off()
    return figure, panels[:n]


def _pictures(n, columns):
    figure, panels = _grid(n, columns, height=COLUMN / columns)
    for axes in panels:
        axes.set_axis_off()
    return figure, panels


def _picture(axes, scene, *, dim=False):
    image = scene.image / 255
    axes.imshow(0.45 * image + 0.1 if dim else image, interpolation="nearest")


def _box(axes, corners, colour, *, width, style="solid"):
    left, top, right, bottom = corners
    line = {"edgecolor": colour, "linewidth": width, "linestyle": style}
    axes.add_patch(Rectangle((left - 0.5, top - 0.5), right - left, bottom - top, fill=False, **line))


def _glow():
    return matplotlib.colors.LinearSegmentedColormap.from_list("glow", [(1, 0.85, 0.2, 0.0), (1, 0.85, 0.2, 0.85)])
