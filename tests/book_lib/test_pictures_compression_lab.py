"""pictures/compression_lab.py: every picture draws the numbers it is given, and keeps what every picture keeps."""

import pytest
from picture_checks import check_picture, same

from book_lib.pictures import compression_lab as draw

PARTS = {"first part": {"pruned": 0.2, "low rank": 0.5, "3 bits": 0.7, "heads halved": 0.4}, "second part": {"pruned": 0.6, "3 bits": 0.1}}
LINES = {"translator": {"one scale for each output": [(8, 0.9), (2, 0.0), (4, 0.8)], "codebook": [(4, 0.7), (3, 0.2)]},
         "detector": {"one scale for each output": [(8, 0.7), (3, 0.1)]}}
ROWS = [{"name": name, "bytes": size, "time": time, "quality": quality} for name, size, time, quality in (
    ("original", 3_000_000, 1.0, 0.9), ("small", 400_000, 0.9, 0.85), ("bad", 900_000, 1.2, 0.3))]
BEST = {"bytes": ["small", "original"], "time": ["small", "original"]}
FIGURES = {
    "sensitivity": lambda: draw.sensitivity(0.8, PARTS, "AP"),
    "bits": lambda: draw.bits(LINES),
    "pareto": lambda: draw.pareto(ROWS, "small", quality="AP", best=BEST),
}
GIVEN = {*PARTS, *LINES, "AP", "one scale for each output", "codebook", "small"}


@pytest.mark.parametrize("name", FIGURES)
def test_a_picture_follows_the_page(name):
    check_picture(FIGURES[name], "compression_lab", given=GIVEN)


def test_each_part_is_a_row_with_a_mark_for_each_method():
    (axes,) = draw.sensitivity(0.8, PARTS, "AP").axes
    whole, *marks = axes.lines
    assert whole.get_xdata()[0] == 0.8
    assert [(mark.get_xdata()[0], mark.get_ydata()[0]) for mark in marks] == [(0.2, 0), (0.5, 0), (0.7, 0), (0.4, 0), (0.6, 1), (0.1, 1)]


def test_lines_go_from_few_bits_to_many():
    left, right = draw.bits(LINES).axes
    assert [same(line.get_xdata(), bits) for line, bits in zip(left.lines, ([2, 4, 8], [3, 4]), strict=True)] == [True, True]
    assert same(left.lines[0].get_ydata(), [0.0, 0.8, 0.9]) and same(right.lines[0].get_ydata(), [0.1, 0.7])


def test_every_variant_stands_in_both_panels_and_the_chosen_one_is_ringed():
    for axes, measure, scale in zip(draw.pareto(ROWS, "small", quality="AP", best=BEST).axes, ("bytes", "time"), (1e6, 1), strict=True):
        *dots, line, ring = axes.lines
        assert [(dot.get_xdata()[0], dot.get_ydata()[0]) for dot in dots] == [(row[measure] / scale, row["quality"]) for row in ROWS]
        assert same(line.get_xdata(), sorted(row[measure] / scale for row in ROWS[:2])) and ring.get_ydata()[0] == 0.85


def test_small_differences_of_quality_fill_the_picture():
    near = [row | {"quality": 0.95 + 0.02 * (row["name"] == "small")} for row in ROWS]
    for axes in draw.pareto(near, "small", quality="AP", best=BEST).axes:
        low, high = axes.get_ylim()
        assert low < 0.95 and high > 0.97 and high - low < 0.03
