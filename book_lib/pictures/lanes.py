"""The pictures of the last chapter's lesson. Each takes a camera, curves or measured data and returns a Matplotlib figure."""

import math

import matplotlib
import numpy as np
import torch
from matplotlib.figure import Figure
from matplotlib.patches import Arc, Rectangle

from book_lib.lanes.curves import horizon, lane_curve, lane_x, seen_at
from book_lib.pictures.style import (
    BOOK,
    COLUMN,
    HALO,
    INK,
    KEY,
    KEY_TEXT,
    LINE,
    NEGATIVE,
    PAPER,
    QUERY,
    QUERY_TEXT,
    QUERY_WASH,
    SOFT,
    VALUE,
    VALUE_TEXT,
    card,
)
from book_lib.pictures.words import words_of

WORDS = words_of("lanes")


def pitched_camera(*, height=2.0, pitch=0.22, focal=2.4, ahead=5.0):
    """Draw a pitched camera over a flat road from the side: its axis and picture, the ray to a point of the road, and two right triangles.

    Lengths in one unit, pitch in radians; the angles are larger than those of a real camera. The point has to lie below the axis.
    """
    figure, axes = card(3.4)
    axis, below = np.array([[math.cos(pitch), -math.sin(pitch)], [-math.sin(pitch), -math.cos(pitch)]])  # along the axis, down the picture
    eye, point = np.array([0, height]), np.array([ahead, 0.0])
    along, beside = (point - eye) @ axis, (point - eye) @ below
    middle, foot = eye + focal * axis, eye + along * axis
    low, top = middle + focal * beside / along * below, middle - focal * math.tan(pitch) * below
    plane = np.array([middle - 0.85 * below, middle + 0.75 * below])
    right_angle = foot + 0.16 * np.array([-axis, below - axis, below])
    dashed = (0, (4, 3))
    axes.plot([-0.6, ahead + 1.9], [0, 0], color=SOFT, linewidth=3)
    axes.plot(*np.array([eye, foot + 0.5 * axis]).T, color=INK, linewidth=1, linestyle=dashed)
    axes.plot([0, ahead + 1.9], [height, height], color=VALUE, linewidth=1.4)
    axes.plot([0, ahead], [height, 0], color=QUERY, linewidth=1.8)
    axes.plot(*plane.T, color=KEY, linewidth=3)
    axes.plot([0, 0], [0, height], color=SOFT, linewidth=1, linestyle=(0, (2, 2)))
    axes.plot(*np.array([foot, point]).T, color=INK, linewidth=1.6)
    axes.plot(*right_angle.T, color=INK, linewidth=1)
    axes.plot(0, height, "o", color=INK, markersize=8)
    axes.plot([top[0], low[0], ahead], [top[1], low[1], 0], "o", color=KEY, markersize=6)
    axes.add_patch(Arc(eye, 3.2, 3.2, theta1=-math.degrees(pitch), theta2=0, color=INK, linewidth=1))
    said = WORDS["camera"]
    for (x, y), text, colour, ha in (
            ((-0.1, height / 2), said["height"], SOFT, "right"), ((1.68, height - 0.17), said["pitch"], INK, "left"),
            ((ahead, -0.3), said["point"], QUERY_TEXT, "center"), ((ahead + 1.9, height + 0.22), said["horizon"], VALUE_TEXT, "right"),
            (plane[1] + (0.1, -0.05), said["picture"], KEY_TEXT, "left"), (top + (-0.13, 0.2), said["far"], KEY_TEXT, "right"),
            (low + (-0.14, -0.16), said["row"], KEY_TEXT, "right"), ((middle + low) / 2 + (0.1, 0.02), said["v"], KEY_TEXT, "left"),
            ((-0.5, -0.27), said["road"], SOFT, "left"), (eye + 0.86 * focal * axis - 0.16 * below, said["focal"], INK, "center"),
            ((0, height + 0.26), said["eye"], INK, "center"), ((foot + point) / 2 + (0.12, 0.0), said["beside"], INK, "left")):
        axes.text(x, y, text, color=colour, ha=ha, va="center", gid=HALO)
    axes.text(*(eye + (focal + along) / 2 * axis - 0.18 * below), said["along"], color=INK, ha="center", va="center", gid=HALO,
              rotation=-math.degrees(pitch), rotation_mode="anchor")
    axes.set(xlim=(-0.9, ahead + 2), ylim=(-0.6, height + 0.55), aspect="equal")
    axes.set_axis_off()
    return figure


def three_points(road, cameras, z):
    """Draw one lane line from above, and in the pictures of cameras, with its points at the distances z [n] (m) in each.

    road: (k, m, n, b); cameras: {name: Camera} of two.
    """
    with matplotlib.rc_context(BOOK):
        figure = Figure(figsize=(COLUMN, 3.5))
        above, seen = figure.subplots(1, 2, width_ratios=(1, 1.9))
    z, far = np.asarray(z, dtype=float), np.linspace(2, 1.2 * max(z), 60)
    x_of = np.polynomial.Polynomial(np.asarray(road)[[3, 2, 1, 0]])
    above.plot(x_of(far), far, color=INK)
    above.plot(x_of(z), z, "o", color=INK)
    above.axvline(0, color=SOFT, linewidth=1, linestyle=(0, (2, 2)))
    above.plot(0, 0, "^", color=INK, markersize=9, clip_on=False)
    for there in z:
        above.annotate(f"{there:g} m", (x_of(there), there), (-9, 0), textcoords="offset points", ha="right", va="center", gid=HALO)
    above.set(xlim=(-4, 4), ylim=(0, 1.25 * max(z)), xticks=(-2, 0, 2), xlabel=WORDS["X"])
    above.set_title(WORDS["Z"], fontweight="normal")
    curves = lane_curve(torch.tensor([road] * len(cameras), dtype=torch.float64), next(iter(cameras.values())))
    for (name, camera), colour, text, away in zip(cameras.items(), (QUERY, KEY), (QUERY_TEXT, KEY_TEXT), (0.1, -0.055), strict=True):
        curve = lane_curve(torch.tensor(road, dtype=torch.float64), camera)
        rows = torch.linspace(horizon(camera) + 0.02, 1, 200, dtype=curves.dtype)
        xs = lane_x(curve, rows)
        seen.plot(xs, rows, color=colour)
        seen.axhline(horizon(camera), color=colour, linewidth=1, linestyle=(0, (4, 3)))
        seen.text(0.99, horizon(camera) + away, name, color=text, ha="right", va="center", fontweight="bold", gid=HALO)
        seen.plot(*(part.numpy() for part in seen_at(torch.tensor(x_of(z)), torch.tensor(z), camera)), "o", color=colour)
    aspect = next(iter(cameras.values())).aspect
    seen.set(xlim=(0, 1), ylim=(1, 0.3), xlabel=WORDS["x"], xticks=(0, 0.5, 1), aspect=aspect)
    seen.set_title(WORDS["y"], fontweight="normal")
    return figure


def three_predictions(x, answers, rows, cost, pairs):
    """Draw the lesson's example of matching: two lines and three predictions in their rows, and the matrix of costs with the chosen pairs.

    x [2, n] and answers [3, n]: where lines and predictions cross the rows [n]; cost [3, 2]; pairs: (prediction, line) for each pair.
    """
    with matplotlib.rc_context(BOOK):
        figure = Figure(figsize=(COLUMN, 3.3))
        left, right = figure.subplots(1, 2, width_ratios=(1.5, 1))
    matched = {prediction for prediction, _ in pairs}
    for row in rows:
        left.axhline(row, color=LINE, linewidth=0.8)
    for line, xs in enumerate(x):
        left.plot(xs, rows, color=INK, marker="o", linewidth=2.4)
        left.text(xs[-1], rows[-1] + 0.035, WORDS["line"].format("AB"[line]), ha="center", va="center", fontweight="bold")
    for prediction, xs in enumerate(answers):
        colour = QUERY if prediction in matched else NEGATIVE
        left.plot(xs, rows, color=colour, marker="s", markersize=4.5, linestyle=(0, (2.5, 1.5)))
        above = rows[0] - (0.03 if prediction else 0.075)
        left.text(xs[0], above, str(prediction), color=colour, ha="center", va="center", fontweight="bold", gid=HALO)
    left.set(xlim=(0.2, 0.98), ylim=(max(rows) + 0.07, min(rows) - 0.11), xticks=[], yticks=list(rows))
    left.set_title(WORDS["y"], fontweight="normal")
    for (prediction, line), value in np.ndenumerate(np.asarray(cost)):
        chosen = (prediction, line) in pairs
        right.add_patch(Rectangle((line - 0.5, prediction - 0.5), 1, 1, facecolor=QUERY_WASH if chosen else PAPER, edgecolor=SOFT,
                                  linewidth=0.8))
        right.text(line, prediction, f"{value:.2f}".replace("-", "−"), ha="center", va="center", fontweight="bold" if chosen else "normal")
    right.set(xlim=(-0.5, 1.5), ylim=(2.5, -0.5), xticks=(0, 1), yticks=range(3), xticklabels=[WORDS["line"].format(i) for i in "AB"],
              yticklabels=[WORDS["prediction"].format(i) for i in range(3)])
    right.xaxis.tick_top()
    right.tick_params(length=0)
    for axes in (left, right):
        axes.grid(visible=False)
        for side in axes.spines.values():
            side.set_visible(False)
    left.tick_params(length=0)
    return figure
