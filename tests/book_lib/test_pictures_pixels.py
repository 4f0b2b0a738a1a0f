"""pictures/pixels.py: every picture keeps what every picture keeps, and shows the pixels and numbers it is given."""

import numpy as np
import pytest
from matplotlib.patches import Rectangle
from picture_checks import check_picture, texts

from book_lib.pictures import pixels as draw

IMAGE = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
CENTRES = np.arange(48, dtype=np.uint8).reshape(16, 3)
SEEN, ROW = ((0, 0, 2, 3), (0, 1, 3, 3), (0, 2, 3, 1), (0, 3, 3, 0)), (0, 2, 3, 3)
LEVELS, PLACE, HIDDEN = np.arange(64).reshape(8, 8) % 17, 27, (3, 27, 40, 51)
NATS = {"uniform": 2.833, "histogram": 2.06, "left": 1.82, "place": 1.68, "network": 1.3}
CURVES = {"autoregressive": [[0.2, 0.9, 0.8], [0.3, 0.8, 0.7]], "masked": [[0.2, 0.7, 0.6]], "untrained": [[0.2, 0.5, 0.4]]}
FIGURES = {
    "palette": lambda: draw.palette(IMAGE, CENTRES, IMAGE),
    "by hand": lambda: draw.by_hand(SEEN, ROW),
    "contexts": lambda: draw.contexts(LEVELS, PLACE, HIDDEN),
    "from nothing": lambda: draw.from_nothing(LEVELS, [LEVELS] * 6),
    "nats": lambda: draw.nats(NATS),
    "probe": lambda: draw.probe(CURVES, 0.95),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_picture_follows_the_page(name):
    check_picture(FIGURES[name], "pixels")


def test_levels_by_hand_stand_in_their_cells_in_raster_order():
    said = [text for text in texts(draw.by_hand(SEEN, ROW)) if text.isdigit()]
    assert said == [str(level) for row in (*SEEN, ROW) for level in row]


def test_each_objective_sees_what_it_may_and_is_asked_for_what_it_must():
    shown, asked = [], []
    for axes in draw.contexts(LEVELS, PLACE, HIDDEN).axes:
        cells = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
        shown.append({int(patch.get_y()) * 8 + int(patch.get_x()) for patch in cells if patch.get_alpha() is not None})
        asked.append({int(patch.get_y()) * 8 + int(patch.get_x()) for patch in cells if patch.get_width() == 0.84})
    everything = set(range(64))
    assert shown == [set(range(PLACE)), everything - set(HIDDEN), everything - {PLACE}]
    assert asked == [{PLACE}, set(HIDDEN), {PLACE}]


def test_seven_pictures_stand_side_by_side_each_pixel_as_dark_as_its_level():
    panels = draw.from_nothing(LEVELS, [LEVELS] * 6).axes
    assert len(panels) == 7
    for axes in panels:
        assert [patch.get_alpha() * 16 for patch in axes.patches if patch.get_alpha() is not None] == pytest.approx(LEVELS.ravel())


def test_bars_are_as_long_as_their_numbers():
    (axes,) = draw.nats(NATS).axes
    assert [bar.get_width() for bar in axes.patches] == list(NATS.values())
    assert [text for text in texts(axes.figure) if text.count(".") == 1][-5:] == ["2.83", "2.06", "1.82", "1.68", "1.30"]


def test_curves_are_the_means_over_starts_and_the_line_is_that_of_raw_pixels():
    (axes,) = draw.probe(CURVES, 0.95).axes
    lines = [np.asarray(line.get_ydata()) for line in axes.lines]
    assert lines[2] == pytest.approx([25, 85, 75]) and lines[4] == pytest.approx([20, 70, 60])
    assert lines[-1] == pytest.approx([95, 95])
