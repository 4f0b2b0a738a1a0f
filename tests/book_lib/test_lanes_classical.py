"""The baseline without learning: straight lines on a plain road, and what it refuses."""

import numpy as np
import pytest
from test_lanes_data import plain

from book_lib.data.lanes import make_road, picture_of
from book_lib.lanes.classical import hough_lanes
from book_lib.lanes.tusimple import H_SAMPLES, tusimple_score


def test_straight_lines_of_a_plain_road_are_found():
    white = {"colour": (250, 250, 250), "width": 0.25, "dash": None}
    road = plain(shape=(0.0, 0.0, 0.01), lines=tuple({"b": b, **white} for b in (-1.8, 1.8)), edges=(-30, 30))
    picture = picture_of(road)
    found = hough_lanes(picture.image)
    accuracy, false, missed = tusimple_score(found, picture.lanes.tolist())
    assert len(found) == 2 and accuracy > 0.9 and false == missed == 0
    assert all(len(line) == len(H_SAMPLES) and all(x == -2 or 0 <= x < 1280 for x in line) for line in found)
    assert max(found[0]) < max(found[1])


def test_a_picture_without_edges_has_no_lines_and_the_answer_is_the_same_each_time():
    assert hough_lanes(np.full((72, 128, 3), 90, np.uint8)) == []
    image = make_road(3).image
    assert hough_lanes(image) == hough_lanes(image)


@pytest.mark.parametrize("image", [np.zeros((72, 128), np.uint8), np.zeros((72, 128, 3)), [[0, 0, 0]]])
def test_other_things_are_refused(image):
    with pytest.raises(ValueError, match="image has"):
        hough_lanes(image)
