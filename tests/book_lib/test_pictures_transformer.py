"""pictures/transformer.py: every picture draws the data it is given, and keeps what every picture keeps."""

import numpy as np
import pytest
from picture_checks import check_picture, texts

from book_lib.book.models import load_log
from book_lib.pictures import transformer as draw

CURVES = {"neither": [1e-5, 1e-2, 10], "residual only": [1e10, 1e5, 100], "norm only": [80, 20, 14], "both": [40, 15, 45]}
STARTS = {"post-norm": [[4.6, 3.0, 2.0], [4.5, 3.2, 2.4], [4.7, 2.9, 1.0]], "pre-norm": [[4.4, 2.0, 1.2]] * 3}
FIGURES = {
    "gradients": lambda: draw.gradients_by_depth(CURVES),
    "learning": lambda: draw.learning([100, 200, 300], [4.0, 2.0, 1.0], [0, 200], [0.0, 0.85]),
    "starts": lambda: draw.starts(STARTS, every=25),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_picture_follows_the_page(name):
    check_picture(FIGURES[name], "transformer", given={*CURVES, *STARTS})


def test_the_shipped_curves_do_too():
    curves = {}
    for run in load_log("warmup")["runs"]:
        curves.setdefault(run["run"], []).append(run["loss"])
    check_picture(lambda: draw.starts(curves, every=25), "transformer", given=curves)
    assert len(curves) == 6 and all(len(rows) == 3 for rows in curves.values())


def test_every_line_is_drawn_from_first_to_last_layer_and_named():
    figure = draw.gradients_by_depth(CURVES)
    axes = figure.axes[0]
    assert [line.get_ydata().tolist() for line in axes.get_lines()] == list(CURVES.values())
    assert all(line.get_xdata().tolist() == [1, 2, 3] for line in axes.get_lines())
    assert set(CURVES) <= set(texts(figure)) and axes.get_yscale() == "log"


def test_learning_shows_losses_and_per_cents():
    left, right = FIGURES["learning"]().axes
    assert left.get_lines()[0].get_ydata().tolist() == [4.0, 2.0, 1.0]
    assert right.get_lines()[0].get_ydata().tolist() == [0, 85]


def test_starts_are_bars_and_their_median_a_line():
    axes = draw.starts(STARTS, every=25).axes[0]
    lines, bars = axes.get_lines(), axes.collections
    assert np.allclose(lines[0].get_ydata(), [4.6, 3.0, 2.0]) and lines[0].get_xdata().tolist() == [25, 50, 75]
    assert [segment[:, 1].tolist() for segment in bars[0].get_segments()] == [[4.5, 4.7], [2.9, 3.2], [1.0, 2.4]]
    assert len(lines) == len(bars) == 2
