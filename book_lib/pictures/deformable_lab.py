"""The pictures of the lab on Deformable DETR. Each takes measured data and returns a Matplotlib figure."""

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Rectangle

from book_lib.data.scenes import CLASSES
from book_lib.pictures.deformable import DETECTORS, LEVELS
from book_lib.pictures.detection import dots_by_size
from book_lib.pictures.style import (
    BOOK,
    COLUMN,
    INK,
    KEY,
    NEGATIVE,
    NUMBERS,
    PAPER,
    QUERY,
    QUERY_TEXT,
    SOFT,
    VALUE,
    VALUE_TEXT,
    card,
    label_ends,
    label_line,
    name_axes,
)
from book_lib.pictures.words import words_of

WORDS = words_of("deformable_lab")


def costs(rows):
    """Draw what a layer over all pixels costs, against the pixels: rows [{"tokens", "dense", "few", "dense kept", "few kept"}]."""
    figure, panels = card(3.1, panels=2)
    x = [row["tokens"] for row in rows]
    for axes, part, title in zip(panels, ("", " kept"), ("multiplications", "kept"), strict=True):
        for name, colour, text, marker, side in (("dense", QUERY, QUERY_TEXT, "o", 1), ("few", VALUE, VALUE_TEXT, "D", -1)):
            y = [row[name + part] for row in rows]
            axes.plot(x, y, marker + "-", color=colour)
            middle = len(x) // 2
            label_line(axes, x[middle], y[middle], WORDS[name], text, dx=-6 * side, dy=16 * side, ha="right" if side > 0 else "left")
        axes.set(xscale="log", yscale="log")
        axes.minorticks_off()
        axes.xaxis.set_major_formatter(NUMBERS)
        axes.yaxis.set_major_formatter(NUMBERS)
        name_axes(axes, WORDS["tokens"], WORDS[title])
        axes.margins(x=0.12, y=0.22)
    return figure


def sizes(groups, *, shaded=None):
    """Draw AP of all, small, medium and large objects: [(detector, name, [scores of a start, …]), …], a row of dots for each.

    shaded: the name of a group whose range is shaded in every panel, for the others to be seen against.
    """
    return dots_by_size([(name, starts, DETECTORS[detector]) for detector, name, starts in groups], WORDS["sizes"], shaded=shaded)


def looks(layers, beyond, *, reach=18, shown=700, seed=0):
    """Draw where layers look: {name: (offsets [n, n_levels, n_points, 2] in px, weights [n, n_levels, n_points])}, at most six of them.

    A dot is a place, drawn as often as its weight is large; its colour is its level. A circle of radius reach px goes round the reference;
    beyond: {name: the share of the weight outside of it}, which is written beside it.
    """
    rows = -(-len(layers) // 3)
    with matplotlib.rc_context(BOOK):
        figure = Figure(figsize=(COLUMN, 2.55 * rows))
        panels = figure.subplots(rows, 3, squeeze=False).ravel()
    chance = np.random.default_rng(seed)
    for axes, (name, (offsets, weights)) in zip(panels, layers.items(), strict=False):
        offsets, weights = np.asarray(offsets), np.asarray(weights, dtype=float)
        level = np.broadcast_to(np.arange(weights.shape[1])[None, :, None], weights.shape).ravel()
        chosen = chance.choice(weights.size, shown, p=weights.ravel() / weights.sum())
        x, y = offsets.reshape(-1, 2)[chosen].T
        for which, (marker, colour) in enumerate(LEVELS[: weights.shape[1]]):
            mine = level[chosen] == which
            axes.plot(x[mine], y[mine], marker, color=colour, markersize=3.2, markeredgecolor=INK, markeredgewidth=0.35, rasterized=True)
        axes.add_patch(Circle((0, 0), reach, fill=False, edgecolor=INK, linestyle=(0, (4, 3)), linewidth=1))
        axes.set(xlim=(-68, 68), ylim=(68, -68), aspect="equal", xticks=(-64, 0, 64), yticks=(-64, 0, 64))
        axes.set_title(WORDS["layers"].get(name, name), pad=5, fontweight="normal")
        label_line(axes, -64, -57, WORDS["beyond"].format(round(100 * beyond[name])), INK, dx=0, dy=0)
    for axes in panels[len(layers):]:
        axes.set_axis_off()
    return figure


def reaches(rows, whole):
    """Draw the AP that is left when places farther than a reach are off, and as many at random.

    rows [{"reach", "far", "random"}], px and AP; whole: the AP with nothing off.
    """
    figure, axes = card(2.9)
    x, ends = [row["reach"] for row in rows], []
    axes.plot((min(x), max(x)), (whole, whole), color=SOFT, linewidth=1, linestyle=(0, (4, 3)))
    for name, colour, text, marker in (("far", VALUE, VALUE_TEXT, "D"), ("random", NEGATIVE, SOFT, "s")):
        values = [row[name] for row in rows]
        axes.plot(x, values, marker + "-", color=colour)
        ends.append((x[-1], values[-1], WORDS[name], text))
    axes.set(xscale="log", ylim=(0, 1), xlim=(min(x) / 1.15, max(x) * 5))
    axes.minorticks_off()
    axes.set_xticks(x, [f"{value:g}" for value in x])
    name_axes(axes, WORDS["reach"], WORDS["ap"])
    label_ends(axes, ends)
    return figure


def wrong(scenes, mistakes):
    """Draw scenes with what a detector got wrong in them: mistakes, for each scene what experiments.mistakes.mistakes returns."""
    columns = 2
    figure, panels = _pictures(len(scenes), columns, scenes[0])
    for axes, scene, own in zip(panels, scenes, mistakes, strict=False):
        axes.imshow(scene.image / 255, interpolation="none")
        h, w = scene.size
        for box in scene.boxes_xyxy:
            _box(axes, box, PAPER)
        named = {}
        for one in own:
            missed = one["kind"] == "missed"
            if not missed:
                _box(axes, one["box"], PAPER, width=3.4)
            _box(axes, one["box"], KEY if missed else QUERY, style="solid" if missed else (0, (2.5, 1.5)))
            named.setdefault(one["kind"], []).append(CLASSES[one["label"]])
        axes.set(xlim=(-0.5, w - 0.5), ylim=(h - 0.5, -0.5))
        said = [WORDS["kinds"][kind].format(", ".join(names)) for kind, names in named.items()]
        axes.set_title("\n".join(said), pad=4, fontweight="normal")
    return figure


def _pictures(n, columns, scene):
    rows = -(-n // columns)
    with matplotlib.rc_context(BOOK):
        figure = Figure(figsize=(COLUMN, rows * (COLUMN / columns * scene.size[0] / scene.size[1] + 0.42)))
        panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in panels:
        axes.set_axis_off()
    return figure, panels


def _box(axes, corners, colour, *, style="solid", width=2):
    left, top, right, bottom = corners
    line = {"edgecolor": colour, "linewidth": width, "linestyle": style}
    axes.add_patch(Rectangle((left - 0.5, top - 0.5), right - left, bottom - top, fill=False, **line))


