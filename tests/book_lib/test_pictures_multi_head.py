"""pictures/multi_head.py: every picture draws the data it is given, and keeps what every picture keeps."""

import numpy as np
import pytest
from picture_checks import check_picture, same, texts

from book_lib.pictures import multi_head as draw

GAPS = ["(a/an)", "(it/they)"]
CURVES = {1: [[0.5, 0.8, 0.8, 0.95], [0.5, 0.8, 0.93, 1]], 4: [[0.5, 0.93, 1, 1], [0.5, 0.95, 1, 1]]}
NEEDED = {0.005: [[2000, None], [500, 700], [400, 500]], 0.002: [[1500, 2500], [900, 1000], [800, 900]]}
DRIFT = {"single precision": [0, 1e-7, 1e-3, 1], "double precision": [0, 1e-16, 1e-10, 1e-4]}
FIGURES = {
    "curves": lambda: draw.learning_curves(CURVES, every=100),
    "steps": lambda: draw.steps_against_heads([1, 4, 16], NEEDED, longest=12_000),
    "separation": lambda: draw.separation(range(0, 100, 25), DRIFT),
    "sorted": lambda: draw.heads_by_distance([[5, 1, 3], [2, 2, 7]]),
    "by gap": lambda: draw.table_by_gap([[1, 6], [4, -0.04], [6, 1]], GAPS),
    "pruning": lambda: draw.pruning([[1, 0.9, 0.5], [1, 0.7, 0.5]], guess=0.5),
}


def series(figure):
    return [np.asarray(line.get_ydata(), dtype=float) for line in figure.axes[0].get_lines()]


@pytest.mark.parametrize("name", FIGURES)
def test_a_picture_follows_the_page(name):
    check_picture(FIGURES[name], "multi_head", given={*GAPS, *DRIFT})


def test_every_curve_is_drawn_in_per_cent():
    drawn = series(FIGURES["curves"]())
    assert all(any(same(line, 100 * np.array(row)) for line in drawn) for rows in CURVES.values() for row in rows)


def test_every_network_has_its_mark_and_one_that_never_learned_a_cross():
    axes = FIGURES["steps"]().axes[0]
    crosses = [line.get_ydata() for line in axes.get_lines() if line.get_marker() == "x" and len(line.get_ydata())]
    assert crosses == [[12_000]]
    drawn = series(FIGURES["steps"]())
    assert all(any(same(line, [steps for steps in row if steps]) for line in drawn) for rows in NEEDED.values() for row in rows)
    assert any(same(line, [7000, 600, 450]) for line in drawn) and any(same(line, [2000, 950, 850]) for line in drawn)


def test_a_difference_of_zero_is_left_out_and_not_drawn_as_something_else():
    single, double, _ = series(FIGURES["separation"]())
    assert np.isnan(single[0]) and np.isnan(double[0]) and np.allclose(single[1:], DRIFT["single precision"][1:])


def test_heads_are_sorted_within_their_network():
    assert [line.tolist() for line in series(FIGURES["sorted"]())] == [[1, 3, 5], [2, 2, 7]]


def test_the_table_says_every_number():
    assert [text for text in texts(FIGURES["by gap"]()) if "." in text] == ["1.0", "6.0", "4.0", "0.0", "6.0", "1.0"]


def test_pruning_draws_every_network_and_the_mean():
    drawn = series(FIGURES["pruning"]())
    assert any(same(line, [100, 80, 50]) for line in drawn) and any(same(line, [100, 70, 50]) for line in drawn)


@pytest.mark.parametrize(
    "wrong, said",
    [
        (lambda: draw.steps_against_heads([1, 2], NEEDED, longest=9000), "has 3 rows"),
        (lambda: draw.separation([0, 1], DRIFT), "has 4 values"),
        (lambda: draw.table_by_gap([[1, 2]], ["(a/an)"]), "values has shape"),
    ],
)
def test_data_that_do_not_fit_are_refused(wrong, said):
    with pytest.raises(ValueError, match=said):
        wrong()
