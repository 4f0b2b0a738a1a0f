"""pictures/deformable.py: every picture keeps what every picture keeps, and shows the numbers it is given."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from picture_checks import check_picture, texts

from book_lib.data.scenes import make_scene
from book_lib.pictures import deformable as draw

SCENE = make_scene(5)
PIXELS, PLACE = [[1, 3], [2, 8]], (1.25, 0.75)
TRAININGS = {"detr": [(5, 3.8, 0.07), (20, 15.2, 0.56), (20, 15.2, 0.6), (48, 36.4, 0.78)],
             "deformable": [(5, 14.5, 0.36), (5, 14.5, 0.54), (12, 34.9, 0.71)], "refined": [(5, 15.0, 0.74), (5, 15.0, 0.78)]}


def panel(levels):
    return {"places": [np.array([[0.25, 0.5], [0.75, 0.5]])] * levels, "weights": [np.array([0.3, 0.7]) / levels] * levels,
            "box": (0.5, 0.5, 0.2, 0.4), "reference": (0.5, 0.5)}


FIGURES = {
    "detr": lambda: draw.looks(SCENE, {"untrained": panel(1) | {"reference": None}, "trained": panel(1) | {"reference": None}}),
    "deformable": lambda: draw.looks(SCENE, {"untrained": panel(3), "trained": panel(3)}),
    "four": lambda: draw.between_four(PIXELS, PLACE),
    "against": lambda: draw.against(TRAININGS),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_picture_follows_the_page(name):
    check_picture(FIGURES[name], "deformable")


def test_marks_lie_where_the_query_looks_and_their_areas_are_its_weights():
    left, right = draw.looks(SCENE, {"untrained": panel(3), "trained": panel(3)}).axes
    h, w = SCENE.size
    for axes in (left, right):
        assert len(axes.collections) == 3
        for marks in axes.collections:
            np.testing.assert_allclose(marks.get_offsets(), [[0.25 * w, 0.5 * h], [0.75 * w, 0.5 * h]])
        areas = np.concatenate([marks.get_sizes() for marks in axes.collections])
        assert areas.sum() == pytest.approx(draw.ALL_DOTS) and areas[1] / areas[0] == pytest.approx(0.7 / 0.3)
    assert not left.patches
    (box,) = right.patches
    assert (box.get_width(), box.get_height()) == pytest.approx((0.2 * w, 0.4 * h))


def test_shares_are_the_areas_of_the_four_parts():
    figure = draw.between_four(PIXELS, PLACE)
    parts = figure.axes[0].patches[1:8:2]
    areas = [part.get_width() * part.get_height() for part in parts]
    assert areas == pytest.approx([0.1875, 0.5625, 0.0625, 0.1875])
    assert [text for text in texts(figure) if text.startswith("share")] == [f"share {area:g}" for area in areas]


def test_every_training_is_a_mark_and_the_line_goes_through_their_means():
    epochs, minutes = draw.against(TRAININGS).axes
    line, marks = epochs.lines[:2]
    assert line.get_xydata().tolist() == pytest.approx(np.array([[5, 0.07], [20, 0.58], [48, 0.78]]))
    assert marks.get_xydata() == pytest.approx(np.array([[5, 0.07], [20, 0.56], [20, 0.6], [48, 0.78]]))
    assert minutes.lines[2].get_xydata() == pytest.approx(np.array([[14.5, 0.45], [34.9, 0.71]]))
    hollow = epochs.lines[-1]
    assert hollow.get_ydata().tolist() == [0.74, 0.78] and hollow.get_markerfacecolor() == draw.PAPER
    assert epochs.get_xscale() == minutes.get_xscale() == "log"


def test_no_name_of_a_line_hides_a_training():
    figure = draw.against(TRAININGS)
    FigureCanvasAgg(figure).draw()
    for axes in figure.axes:
        marks = np.concatenate([axes.transData.transform(line.get_xydata()) for line in axes.lines])
        for text in axes.texts:
            box = text.get_window_extent().padded(4)
            assert text.get_text() in ("DETR", "Deformable", "refined") and not any(box.contains(*mark) for mark in marks)
