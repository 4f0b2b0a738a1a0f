"""pictures/own_photographs.py: every picture draws the data it is given, and keeps what every picture keeps."""

import pytest
from matplotlib.patches import Rectangle
from picture_checks import check_picture, same, texts

from book_lib.data.package_photographs import package_photographs
from book_lib.experiments import ap_stays_zero as zero
from book_lib.pictures import own_photographs as draw

ROWS = {cause: {"AP50": i / 20, "covered": i / 15} for i, cause in enumerate(zero.USE)}
SHOWN, CATEGORIES = package_photographs()
FIGURES = {
    "photographs": lambda: draw.photographs(SHOWN[1:4], CATEGORIES, columns=3),
    "causes": lambda: draw.causes(ROWS, ROWS[zero.USE[0]]),
}


@pytest.mark.parametrize("name", FIGURES)
def test_every_picture_is_one_of_the_book(name):
    check_picture(FIGURES[name], "own_photographs", given=[label for _, label in CATEGORIES])


def test_boxes_and_names_of_photographs():
    figure = draw.photographs(SHOWN[1:4], CATEGORIES, columns=3)
    assert texts(figure) == ["cat", "cup", "spoon", "spacecraft"]
    cup = next(box for box in figure.axes[1].patches if isinstance(box, Rectangle))
    assert same([*cup.get_xy(), cup.get_width(), cup.get_height()], [0.4 * number for number in (175, 17, 236, 290)])     # 600 px at 240


def test_causes_are_drawn_where_they_were_measured_and_have_words():
    (axes,) = draw.causes(ROWS, ROWS[zero.USE[0]]).axes
    drawn = [line.get_xdata()[0] for line in axes.lines if len(line.get_xdata()) == 1]
    assert same(drawn, [row[key] for row in ROWS.values() for key in ("AP50", "covered")])
    assert set(draw.WORDS["causes"]) == {*zero.USE, *zero.TRAINING}
