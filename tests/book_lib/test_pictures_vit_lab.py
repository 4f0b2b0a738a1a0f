"""pictures/vit_lab.py: every picture draws the numbers it is given, and keeps what every picture keeps."""

import pytest
from picture_checks import check_picture, same

from book_lib.pictures import vit_lab as draw

SIZES = {"vit": {100: [0.17, 0.18, 0.18], 2_500: [0.4], 50_000: [0.9, 0.91]}, "cnn": {100: [0.21, 0.2], 50_000: [0.95, 0.96]}}
ARMS = [("vit", "plain 50", [0.5, 0.6]), ("cnn", "plain 50", [0.7]), ("vit", "augmented", [0.8, 0.82]), ("vit", "distilled", [0.83])]
PLACES = list(range(9))
SHIFTS = {"vit": [0.1 * n for n in PLACES], "vit bare": [0.05 * (n % 4) for n in PLACES], "cnn": [0.08 * n for n in PLACES],
          "cnn wrapped": [0.04 * (n % 8) for n in PLACES]}
COSINES = {"vit": [0.6, 0.3, 0.1, 0.0, -0.1], "untrained": [0.0, 0.01, 0.0, -0.01, 0.0]}
HIDDEN = {"attention": [0.9, 0.6, 0.5], "rollout": [0.9, 0.7, 0.3], "ink": [0.9, 0.8, 0.1], "random": [0.9, 0.88, 0.8]}
FIGURES = {
    "data sizes": lambda: draw.data_sizes(SIZES, 1 / 6),
    "arms": lambda: draw.arms(ARMS),
    "shifts": lambda: draw.shifts(PLACES, SHIFTS),
    "by distance": lambda: draw.by_distance(COSINES),
    "hidden patches": lambda: draw.hidden_patches([0, 8, 32], HIDDEN),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_picture_follows_the_page(name):
    check_picture(FIGURES[name], "vit_lab", given={"100", "2 500", "50 000"})


def test_the_charts_hold_the_numbers_given():
    (axes,) = draw.data_sizes(SIZES, 1 / 6).axes
    assert same(axes.lines[0].get_xdata(), [100, 2_500, 50_000]) and same(axes.lines[0].get_ydata(), [53 / 300, 0.4, 0.905])
    assert same(axes.lines[1].get_ydata(), [0.17, 0.18, 0.18, 0.4, 0.9, 0.91]) and same(axes.lines[-1].get_ydata(), [1 / 6, 1 / 6])
    (axes,) = draw.arms(ARMS).axes
    assert all(same(marks.get_xdata(), values) for marks, (_, _, values) in zip(axes.lines[::2], ARMS, strict=True))
    for figure, lines in ((draw.shifts(PLACES, SHIFTS), SHIFTS), (draw.by_distance(COSINES), COSINES),
                          (draw.hidden_patches([0, 8, 32], HIDDEN), HIDDEN)):
        (axes,) = figure.axes
        assert all(same(line.get_ydata(), values) for line, values in zip(axes.lines, lines.values(), strict=True))


def test_one_size_alone_can_be_drawn():
    (axes,) = draw.data_sizes({"vit": {100: [0.2]}, "cnn": {100: [0.3]}}, 1 / 6).axes
    assert axes.get_xlim()[1] > 100
