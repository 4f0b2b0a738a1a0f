"""pictures/lanes.py: every picture keeps what every picture keeps, and shows the numbers it is given."""

import math

import numpy as np
import pytest
import torch
from picture_checks import check_picture

from book_lib.lanes.curves import Camera, horizon, lane_curve, lane_x
from book_lib.pictures import lanes as draw

LINE = (0.0, 0.004, 0.0, -1.8)
CAMERAS = {"level": Camera(), "pitched": Camera(pitch=math.atan(0.05))}
ROWS, X = (0.6, 0.8, 1.0), [(0.5, 0.4, 0.3), (0.55, 0.75, 0.85)]
ANSWERS = [(0.55, 0.70, 0.85), (0.56, 0.76, 0.86), (0.48, 0.40, 0.32)]
COST, PAIRS = [[2.3, -1.94], [2.7, -2.04], [-1.99, 2.6]], [(1, 1), (2, 0)]
FIGURES = {
    "camera": draw.pitched_camera,
    "points": lambda: draw.three_points(LINE, CAMERAS, (5, 15, 30)),
    "predictions": lambda: draw.three_predictions(X, ANSWERS, ROWS, COST, PAIRS),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_picture_follows_the_page(name):
    check_picture(FIGURES[name], "lanes", given={*CAMERAS, "5 m", "15 m", "30 m", "A", "B", "0", "1", "2"})


def area(a, b):
    return a[0] * b[1] - a[1] * b[0]


def test_the_ray_of_the_camera_goes_through_row_and_road_and_the_picture_stands_at_a_right_angle():
    (axes,) = draw.pitched_camera().axes
    lines = [np.array(line.get_xydata()) for line in axes.lines]
    axis, plane, marks = lines[1], lines[4], lines[-1]
    along, up = axis[1] - axis[0], plane[0] - plane[1]
    assert along @ up == pytest.approx(0, abs=1e-9)
    far, row, point = marks
    assert point[1] == 0 and far[1] == pytest.approx(axis[0][1])
    assert area(row - axis[0], point - axis[0]) == pytest.approx(0, abs=1e-9)
    for mark in (far, row):
        assert area(mark - plane[1], up) == pytest.approx(0, abs=1e-9)
    foot, end = lines[6]
    assert end == pytest.approx(point) and area(foot - axis[0], along) == pytest.approx(0, abs=1e-9)
    assert (end - foot) @ along == pytest.approx(0, abs=1e-9) and foot[1] > point[1]


def test_the_points_lie_on_the_line_and_on_both_curves():
    above, seen = draw.three_points(LINE, CAMERAS, (5, 15, 30)).axes
    ground = np.array(above.lines[1].get_xydata())
    assert ground == pytest.approx(np.array([(-1.7, 5), (-0.9, 15), (1.8, 30)]))
    for i, camera in enumerate(CAMERAS.values()):
        curve, far, points = seen.lines[3 * i : 3 * i + 3]
        assert far.get_ydata()[0] == horizon(camera) and curve.get_ydata()[0] > horizon(camera)
        x, y = np.array(points.get_xydata()).T
        own = lane_curve(torch.tensor(LINE, dtype=torch.float64), camera)
        assert lane_x(own, torch.tensor(y)).numpy() == pytest.approx(x, abs=1e-9)


def test_chosen_pairs_are_marked_and_what_is_matched_is_blue():
    left, right = draw.three_predictions(X, ANSWERS, ROWS, COST, PAIRS).axes
    bold = {text.get_text() for text in right.texts if text.get_fontweight() == "bold"}
    assert bold == {"−2.04", "−1.99"}
    colours = [line.get_color() for line in left.lines if line.get_marker() == "s"]
    assert colours[1] == colours[2] == draw.QUERY and colours[0] == draw.NEGATIVE
