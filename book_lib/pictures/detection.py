"""The figures of the chapter on DETR. Each takes measured data and returns a Matplotlib figure."""

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from book_lib.data.scenes import AREAS, CLASSES
from book_lib.pictures.style import (
    BOOK,
    COLUMN,
    HALO,
    IGNORED,
    INK,
    KEY,
    KEY_WASH,
    LETTERS,
    NEGATIVE,
    PAPER,
    QUERY,
    QUERY_TEXT,
    QUERY_WASH,
    SOFT,
    VALUE,
    WASH,
    WIDTH,
    card,
    label_ends,
    name_axes,
)
from book_lib.pictures.words import words_of

WORDS = words_of("detection")
SIZES = ("small", "medium", "large")


def scenes(shown, found, *, min_score=0.5, columns=2):
    """Draw scenes with their true boxes (solid) and the detections of at least min_score (dashed, with class and score)."""
    figure, panels = _pictures(len(shown), columns)
    for axes, scene, one in zip(panels, shown, found, strict=True):
        _picture(axes, scene)
        for box in scene.boxes_xyxy:
            _box(axes, box, PAPER, width=2.6)
            _box(axes, box, INK, width=1.2)
        sure, taken = np.asarray(one["scores"]) >= min_score, []
        for score, label, box in zip(*(np.asarray(one[name])[sure] for name in ("scores", "labels", "boxes_xyxy")), strict=True):
            _box(axes, box, QUERY, style=(0, (2.5, 1.5)), width=2)
            said = WORDS["found"].format(CLASSES[label], score)
            x, y = _free_place(box, said, scene.size, LETTERS * scene.size[1] * columns / WIDTH, taken)
            axes.text(x, y, said, color=QUERY_TEXT, va="center", fontweight="bold", gid=HALO)
    return figure


def dots_by_size(groups, titles, *, shaded=None, low=0.0):
    """Draw AP of all, small, medium and large objects, a panel for each: a row of dots, one for each start, and their mean.

    groups: [(name, [scores of a start, …], (colour, colour of text, marker)), …]; titles: of the four panels. shaded: the name of a group
    whose range is shaded in every panel, for the others to be seen against. low: where the axes begin; they end at 1.
    """
    width = 1 - low
    figure, panels = card(0.42 * len(groups) + 1.2, panels=4)
    for axes, size, title in zip(panels, ("AP", *(f"AP_{size}" for size in SIZES)), titles, strict=True):
        every = [scores[size] for _, starts, _ in groups for scores in starts]
        from_where = 0.72 if max(every) < low + 0.72 * width else 0.5 if min(every) > low + 0.5 * width else 0.65
        for place, (name, starts, (colour, text, marker)) in enumerate(groups):
            values = [scores[size] for scores in starts]
            if name == shaded:
                axes.axvspan(min(values), max(values), color=colour, alpha=0.16, linewidth=0)
            axes.plot(values, [place] * len(values), marker, color=colour, alpha=0.85)
            right = max(values) < low + from_where * width                    # the number's side: one for all rows where it fits
            beside = max(values) + 0.09 * width if right else min(values) - 0.09 * width
            axes.text(beside, place, f"{np.mean(values):.2f}", color=text, va="center", ha="left" if right else "right")
        axes.set(xlim=(low, 1 + 0.02 * width), ylim=(len(groups) - 0.5, -0.5), yticks=range(len(groups)), yticklabels=[])
        axes.set_xticks((low, 1))
        axes.set_title(title, fontweight="normal")
    panels[0].set_yticklabels([name for name, *_ in groups])
    return figure


def query_centres(centres, areas, who, sure, *, busiest=8):
    """Scatter the middles of boxes, a panel for each of the busiest queries.

    centres [n, 2] 0 to 1, areas [n] px², who [n] (numbers of queries), sure bool [n]: answers that name an object. These are coloured by
    the size of their boxes, small, medium and large as in scenes.AREAS; the others are grey.
    """
    centres, areas, who, sure = map(np.asarray, (centres, areas, who, sure))
    figure, panels = _grid(busiest, 4, height=1.75)
    for axes, query in zip(panels, np.argsort(-np.bincount(who[sure]))[:busiest], strict=True):
        shown = [((who == query) & ~sure, IGNORED, 0.15)]
        for (low, high), colour in zip(AREAS.values(), (KEY, QUERY, VALUE), strict=True):
            shown.append(((who == query) & sure & (areas >= low) & (areas < high), colour, 0.5))
        for mine, colour, alpha in shown:
            axes.scatter(*centres[mine].T, s=8, color=colour, alpha=alpha, linewidths=0, rasterized=True)
        axes.set(xlim=(0, 1), ylim=(1, 0), xticks=[], yticks=[], aspect="equal")
        axes.set_title(WORDS["query"].format(query), pad=4)
        for side in axes.spines.values():
            side.set_visible(True)
    return figure


def four_predictions(boxes, places, cost, pairs):
    """Draw the lesson's example of matching: the boxes of four predictions and two objects, and the matrix of costs with the chosen pairs.

    boxes [4, 4] and places [2, 4] as (cx, cy, w, h) in shares; cost [4, 2]; pairs: (prediction, object) for each pair.
    """
    with matplotlib.rc_context(BOOK):
        figure = Figure(figsize=(COLUMN, 3.7))
        left, right = figure.subplots(1, 2, width_ratios=(1.5, 1))
    matched = {prediction for prediction, _ in pairs}
    beside = ((0.5, 0.5, "center"), (0.2, 0.17, "left"), (0.9, 0.84, "right"), (0.7, 0.27, "right"))       # where the names have room
    for (cx, cy, w, h), name, (x, y) in zip(places, (0, 1), ((0.35, 0.69), (0.2, 0.5)), strict=True):
        left.add_patch(Rectangle((cx - w / 2, cy - h / 2), w, h, fill=False, edgecolor=INK, linewidth=1.8))
        left.text(x, y, WORDS["object"].format(name), va="center", fontweight="bold", gid=HALO)
    for prediction, ((cx, cy, w, h), (x, y, ha)) in enumerate(zip(boxes, beside, strict=True)):
        colour = QUERY if prediction in matched else NEGATIVE
        line = {"edgecolor": colour, "linewidth": 2, "linestyle": (0, (2.5, 1.5))}
        left.add_patch(Rectangle((cx - w / 2, cy - h / 2), w, h, fill=False, **line))
        said = str(prediction) if ha == "center" else WORDS["prediction"].format(prediction)
        left.text(x, y, said, color=colour, ha=ha, va="center", fontweight="bold", gid=HALO)
    left.set(xlim=(0.17, 0.93), ylim=(0.88, 0.13), xticks=[], yticks=[], aspect="equal")
    for (prediction, thing), value in np.ndenumerate(np.asarray(cost)):
        chosen = (prediction, thing) in pairs
        face = QUERY_WASH if chosen else PAPER
        right.add_patch(Rectangle((thing - 0.5, prediction - 0.5), 1, 1, facecolor=face, edgecolor=SOFT, linewidth=0.8))
        right.text(thing, prediction, f"{value:.2f}".replace("-", "−"), ha="center", va="center", fontweight="bold" if chosen else "normal")
    right.set(xlim=(-0.5, 1.5), ylim=(3.5, -0.5), xticks=(0, 1), yticks=range(4), xticklabels=[WORDS["object"].format(i) for i in (0, 1)],
              yticklabels=[WORDS["prediction"].format(i) for i in range(4)])
    right.xaxis.tick_top()
    right.tick_params(length=0)
    for axes in (left, right):
        axes.grid(visible=False)
    left.set_axis_off()
    for side in right.spines.values():
        side.set_visible(False)
    return figure


def two_boxes(a, b):
    """Draw two boxes (left, top, right, bottom) that overlap, the box around both, and the areas that GIoU is made of."""
    figure, axes = card(2.7)
    hull = (min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3]))
    shared = (max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3]))
    for corners, face, edge, style in ((hull, WASH, SOFT, (0, (4, 3))), (a, QUERY_WASH, QUERY, "solid"), (b, KEY_WASH, KEY, "solid"),
                                       (shared, PAPER, INK, "solid")):
        left, top, right, bottom = corners
        axes.add_patch(Rectangle((left, top), right - left, bottom - top, facecolor=face, edgecolor=edge, linestyle=style, linewidth=1.8))
    named = {"a": (a[0] + 0.03, a[1] + 0.05, QUERY_TEXT), "b": (b[2] - 0.05, b[3] - 0.05, KEY)}
    for name, (x, y, colour) in named.items():
        axes.text(x, y, WORDS[name], color=colour, fontweight="bold", va="center")
    areas = {"shared": _area(shared), "around": _area(hull), "empty": _area(hull) - _area(a) - _area(b) + _area(shared)}
    axes.text((shared[0] + shared[2]) / 2, (shared[1] + shared[3]) / 2, f"{areas['shared']:.2f}", ha="center", va="center")
    for i, (name, area) in enumerate(areas.items()):
        axes.text(hull[2] + 0.06, hull[1] + 0.12 + 0.18 * i, WORDS[name].format(f"{area:.2f}"), va="center")
    axes.set(xlim=(hull[0] - 0.02, hull[2] + 0.7), ylim=(hull[3] + 0.02, hull[1] - 0.02), aspect="equal")
    axes.set_axis_off()
    return figure


def _area(corners):
    return (corners[2] - corners[0]) * (corners[3] - corners[1])


def attention_on(scene, maps, boxes, queries):
    """Show what queries attend to in a scene: maps [n, h, w], each with the box (cx, cy, w, h, shares) its query gave.

    A cell fades into the paper the less attention it gets; a line goes round the cells with at least half as much as the most attended one.
    """
    figure, panels = _pictures(len(maps), min(3, len(maps)))
    h, w = scene.size
    for axes, weights, box, query in zip(panels, np.asarray(maps), np.asarray(boxes), queries, strict=True):
        shares = weights / weights.max()
        opacity = 0.5 + 0.5 * np.kron(shares, np.ones((8, 8)))[:h, :w, None]
        axes.imshow(np.concatenate([scene.image / 255, opacity], axis=-1), interpolation="none")
        axes.plot(*_outline(shares >= 0.5), color=KEY, linewidth=1.5)
        corner = np.array([box[0] - box[2] / 2, box[1] - box[3] / 2, box[0] + box[2] / 2, box[1] + box[3] / 2]) * [w, h, w, h]
        _box(axes, corner, PAPER, width=3)
        _box(axes, corner, QUERY, style=(0, (2.5, 1.5)), width=2)
        axes.set(xlim=(-0.5, w - 0.5), ylim=(h - 0.5, -0.5))
        axes.set_title(WORDS["query"].format(query), pad=4)
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
    name_axes(axes, WORDS["layer"], WORDS["ap"])
    axes.set(xticks=layers, xlim=(0.8, len(plain) + 0.7))
    axes.margins(y=0.3)
    label_ends(axes, ends)
    return figure


def rivals(runs, shipped=()):
    """Draw AP of all, small, medium and large objects for two detectors, padded and alone: a dot for each start, a ring for a shipped one.

    Both: dicts with "detector" ("detr" or "dense"), "padded" and "alone": scores of average_precision. The number is the mean of the dots,
    or of the rings where there is no dot.
    """
    figure, panels = card(3.4, panels=2)
    sizes = ("AP", *(f"AP_{size}" for size in SIZES))
    for axes, way in zip(panels, ("padded", "alone"), strict=True):
        for shift, name, colour in ((-0.17, "detr", QUERY), (0.17, "dense", KEY)):
            for place, size in enumerate(sizes):
                dots, rings = ([run[way][size] for run in group if run["detector"] == name] for group in (runs, shipped))
                axes.plot(rings, [place + shift] * len(rings), "o", color=colour, markerfacecolor=PAPER)
                axes.plot(dots, [place + shift] * len(dots), "o", color=colour, alpha=0.8)
                mean = f"{np.mean(dots or rings):.2f}" if dots or rings else ""
                axes.text(max(dots + rings, default=0) + 0.04, place + shift, mean, color=colour, va="center")
        axes.set_title(WORDS[way])
        axes.set(yticks=range(len(sizes)), yticklabels=WORDS["all sizes"], ylim=(len(sizes) - 0.5, -0.5))
        axes.set(xlabel=WORDS["ap"], xlim=(0, 1.25))
        axes.set_xticks(np.linspace(0, 1, 3))
    panels[1].set_yticklabels([])
    return figure


def duplicates(shares):
    """Draw shares of duplicates as bars in per cent, the first of them as the measure of the others: {name: share}."""
    figure, axes = card(0.36 * len(shares) + 0.8)
    bars = axes.barh(list(shares), [100 * share for share in shares.values()], 0.62, color=[QUERY] + [NEGATIVE] * (len(shares) - 1))
    axes.bar_label(bars, [f"{100 * share:.0f}" for share in shares.values()], padding=4)
    axes.invert_yaxis()
    axes.set(xlabel=WORDS["duplicates"], xlim=(0, 115 * max(shares.values())))
    axes.grid(axis="y", visible=False)
    return figure


def ablations(runs):
    """Draw the AP of trainings as bars, the first of them as the measure of the others: {name: {"scores": {"AP"}}}."""
    figure, axes = card(0.36 * len(runs) + 0.8)
    names, values = list(runs), [run["scores"]["AP"] for run in runs.values()]
    bars = axes.barh(names, values, 0.62, color=[QUERY] + [NEGATIVE] * (len(names) - 1))
    axes.bar_label(bars, [f"{value:.3f}" for value in values], padding=4)
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
    name_axes(left, WORDS["epoch"], WORDS["loss"])
    left.set_ylim(0, None)
    ends = []
    for name, colour in (("AP50", VALUE), ("AP", QUERY)):
        values = [entry[name] for entry in log]
        right.plot(epochs, values, color=colour)
        ends.append((epochs[-1], values[-1], name, colour))
    name_axes(right, WORDS["epoch"], WORDS["ap"])
    right.set(ylim=(0, 1), xlim=(0, 1.45 * epochs[-1]))
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


def _picture(axes, scene):
    axes.imshow(scene.image / 255, interpolation="none")


def _free_place(box, words, size, letter, taken):
    """Where to begin a name at its box: above, below or inside, inside the scene, off the places taken (to which it is added)."""
    width, height = 0.66 * letter * len(words), 1.4 * letter
    left, right = (float(np.clip(x, 0, size[1] - width)) for x in (box[0], box[2] - width))
    middles = (box[1] - height / 2, box[3] + height / 2, box[1] + height / 2, box[3] - height / 2)
    places = [(x, float(np.clip(y, height / 2, size[0] - height / 2))) for y in middles for x in (left, right)]

    def covered(place):
        return sum(max(0, width - abs(place[0] - x)) * max(0, height - abs(place[1] - y)) for x, y in taken)

    taken.append(min(places, key=covered))
    return taken[-1]


def _box(axes, corners, colour, *, width, style="solid"):
    left, top, right, bottom = corners
    line = {"edgecolor": colour, "linewidth": width, "linestyle": style}
    axes.add_patch(Rectangle((left - 0.5, top - 0.5), right - left, bottom - top, fill=False, **line))


def _outline(inside, cell=8):
    """The lines round the cells of a mask [h, w], as x and y with gaps between them."""
    x, y = [], []
    padded = np.pad(inside, 1)
    for row, column in np.argwhere(padded[1:, 1:-1] != padded[:-1, 1:-1]):
        x += [cell * column, cell * (column + 1), np.nan]
        y += [cell * row, cell * row, np.nan]
    for row, column in np.argwhere(padded[1:-1, 1:] != padded[1:-1, :-1]):
        x += [cell * column, cell * column, np.nan]
        y += [cell * row, cell * (row + 1), np.nan]
    return np.array(x) - 0.5, np.array(y) - 0.5
