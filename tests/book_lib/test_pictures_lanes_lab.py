"""pictures/lanes_lab.py: every picture draws the roads and numbers it is given, and keeps what every picture keeps."""

import numpy as np
import pytest
from picture_checks import check_picture, same

from book_lib.data.lanes import make_roads
from book_lib.lanes.tusimple import H_SAMPLES
from book_lib.pictures import lanes_lab as draw

ROADS = make_roads(3, seed=5)
ROWS = [{"pitch": 0.02 * i, "accuracy": 0.9 - 0.1 * i, "FN": 0.05 + 0.12 * i} for i in range(5)]
HILLS = [{"rise": 1.0 * (i - 2), "derived": 60.0 * abs(i - 2), "fitted": 2.0 * abs(i - 2)} for i in range(5)]
PLACES = [np.linspace(-1 + 0.3 * i, 1 + 0.2 * i, 30) for i in range(7)]
BOWS = np.array([[-120.0, -90.0], [3.0, 10.0], [80.0, 75.0]])
FIGURES = {
    "found": lambda: draw.found(ROADS, [road.lanes.tolist() for road in ROADS]),
    "two ways": lambda: draw.found(ROADS[:2], [road.lanes.tolist() for road in ROADS[:2]], titles=("network", "straight")),
    "bends": lambda: draw.bends(BOWS),
    "by value": lambda: draw.by_value(ROWS, "pitch", trained=(0.02, 0.06)),
    "hills": lambda: draw.hills(HILLS),
    "queries": lambda: draw.queries(PLACES),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_picture_follows_the_page(name):
    check_picture(FIGURES[name], "lanes_lab")


def test_lines_and_points_stand_where_they_are_in_the_picture():
    panels = draw.found(ROADS, [road.lanes.tolist() for road in ROADS]).axes
    assert len(panels) == 4 and sum(len(axes.images) for axes in panels) == 3
    for axes, road in zip(panels, ROADS, strict=False):
        n = len(road.lanes)
        assert len(axes.lines) == 2 * n
        for drawn, line in zip(axes.lines, road.lanes, strict=False):
            there, rows = line >= 0, np.array(H_SAMPLES)
            assert same(drawn.get_xdata(), line[there] / 10 - 0.5) and same(drawn.get_ydata(), rows[there] / 10 - 0.5)


def test_the_charts_hold_the_numbers_given():
    (axes,) = draw.by_value(ROWS, "pitch").axes
    assert all(same(line.get_ydata(), [row[name] for row in ROWS]) for line, name in zip(axes.lines, ("accuracy", "FN"), strict=True))
    (axes,) = draw.hills(HILLS).axes
    assert all(same(line.get_ydata(), [row[name] for row in HILLS]) for line, name in zip(axes.lines, ("derived", "fitted"), strict=False))
    (axes,) = draw.bends(BOWS).axes
    assert same(axes.lines[1].get_xydata(), BOWS) and axes.get_xlim() == axes.get_ylim() and axes.get_xlim()[1] > 120
    (axes,) = draw.queries(PLACES).axes
    assert all(same(line.get_xdata(), own) for line, own in zip(axes.lines, PLACES, strict=True))
