"""pictures/pixels_lab.py: every picture draws the numbers it is given, and keeps what every picture keeps."""

import numpy as np
import pytest
from picture_checks import check_picture, same

from book_lib.pictures import pixels_lab as draw

RANDOM = np.random.default_rng(0)
IMAGES = {None: RANDOM.integers(0, 256, (32, 32, 3), dtype=np.uint8), 8: RANDOM.integers(0, 256, (32, 32, 3), dtype=np.uint8)}
WAYS = [("bytes", [8.0]), ("gzip", [3.2]), ("autoregressive", [1.8, 1.9]), ("masked, eight", [1.7, 1.6]), ("masked, one", [1.5]),
        ("one hidden, one", [1.6, 1.7])]
ROWS = [[RANDOM.integers(0, 17, (8, 8)) for _ in range(5)] for _ in range(3)]
LINES = {"autoregressive": [[0.8, 0.9, 0.95], [0.82, 0.91, 0.94]], "masked": [[0.8, 0.9, 0.92]], "untrained": [[0.8, 0.7, 0.6]]}
FEW = {"raw": [0.5, 0.7, 0.9], "autoregressive": [0.6, 0.8, 0.95], "untrained": [0.3, 0.5, 0.8]}
FIGURES = {
    "palettes": lambda: draw.palettes(IMAGES),
    "nats": lambda: draw.nats(WAYS),
    "completions": lambda: draw.completions(ROWS, 4),
    "by layer": lambda: draw.by_layer(LINES, 0.93),
    "few labels": lambda: draw.few_labels([30, 100, 1197], FEW),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_picture_follows_the_page(name):
    check_picture(FIGURES[name], "pixels_lab")


def test_pictures_hold_the_pixels_given():
    assert all(np.array_equal(axes.images[0].get_array(), image)
               for axes, image in zip(draw.palettes(IMAGES).axes, IMAGES.values(), strict=True))
    panels = draw.completions(ROWS, 4).axes
    assert all(np.array_equal(axes.images[0].get_array(), digit) for axes, digit in zip(panels, sum(ROWS, []), strict=True))
    assert [len(axes.lines) for axes in panels] == [0, 1, 1, 1, 1] * 3, "a line where the known half ends, not in the true digit"


def test_the_charts_hold_the_numbers_given():
    (axes,) = draw.nats(WAYS).axes
    assert all(same(marks.get_xdata(), values) for marks, (_, values) in zip(axes.lines[::2], WAYS, strict=True))
    (axes,) = draw.by_layer(LINES, 0.93).axes
    assert all(same(line.get_ydata(), values) for line, values in zip(axes.lines, sum(LINES.values(), []), strict=False))
    assert axes.lines[-1].get_ydata()[0] == 0.93
    (axes,) = draw.few_labels([30, 100, 1197], FEW).axes
    assert all(same(line.get_ydata(), values) for line, values in zip(axes.lines, FEW.values(), strict=True))
