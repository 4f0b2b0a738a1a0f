"""pictures/multi_head.py: every picture draws the data it is given, and keeps what every picture keeps."""

import numpy as np
import pytest
from picture_checks import check_picture, same, texts

from book_lib.pictures import multi_head as draw

WRONG = {"(a/an)": [[0.02, 0.01], [0, 0.01], [0.03, 0.05]], "(it/they)": [[0.25, 0.01], [0, 0], [0, 0.001]]}
DRIFT = {"single precision": [0, 1e-7, 1e-3, 1], "double precision": [0, 1e-16, 1e-10, 1e-4]}
FIGURES = {
    "errors": lambda: draw.errors_against_heads([1, 2, 4], WRONG),
    "separation": lambda: draw.separation(range(0, 100, 25), DRIFT),
    "sorted": lambda: draw.heads_by_distance([[5, 1, 3], [2, 2, 7]]),
    "by gap": lambda: draw.distance_by_gap([[1, 6], [4, 4], [6, 1]], ["(a/an)", "(it/they)"]),
    "pruning": lambda: draw.pruning([[1, 0.9, 0.5], [1, 0.7, 0.5]], guess=0.5),
}


def series(figure):
    return [np.asarray(line.get_ydata(), dtype=float) for line in figure.axes[0].get_lines()]


@pytest.mark.parametrize("name", FIGURES)
def test_a_picture_follows_the_page(name):
    check_picture(FIGURES[name], "multi_head", given={*WRONG, *DRIFT})


def test_points_and_medians_are_the_data_in_per_cent():
    drawn = series(FIGURES["errors"]())
    for shares in WRONG.values():
        assert any(same(line, 100 * np.median(shares, axis=1)) for line in drawn)
        assert all(any(same(line, 100 * np.array(row)) for line in drawn) for row in shares)


def test_a_difference_of_zero_is_left_out_and_not_drawn_as_something_else():
    single, double, _ = series(FIGURES["separation"]())
    assert np.isnan(single[0]) and np.isnan(double[0]) and np.allclose(single[1:], DRIFT["single precision"][1:])


def test_heads_are_sorted_within_their_network():
    assert [line.tolist() for line in series(FIGURES["sorted"]())] == [[1, 3, 5], [2, 2, 7]]


def test_the_table_says_every_number():
    assert [text for text in texts(FIGURES["by gap"]()) if "." in text] == ["1.0", "6.0", "4.0", "4.0", "6.0", "1.0"]


def test_pruning_draws_every_network_and_the_mean():
    drawn = series(FIGURES["pruning"]())
    assert any(same(line, [100, 80, 50]) for line in drawn) and any(same(line, [100, 70, 50]) for line in drawn)


@pytest.mark.parametrize(
    "wrong, said",
    [
        (lambda: draw.errors_against_heads([1, 2], WRONG), "has 3 rows"),
        (lambda: draw.separation([0, 1], DRIFT), "has 4 values"),
        (lambda: draw.distance_by_gap([[1, 2]], ["(a/an)"]), "distances has shape"),
    ],
)
def test_data_that_do_not_fit_are_refused(wrong, said):
    with pytest.raises(ValueError, match=said):
        wrong()
