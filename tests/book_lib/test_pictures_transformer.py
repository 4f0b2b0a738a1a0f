"""pictures/transformer.py: every picture draws the data it is given, and keeps what every picture keeps."""

import numpy as np
import pytest
from picture_checks import check_picture, texts

from book_lib.pictures import transformer as draw

CURVES = {"neither": [1e-5, 1e-2, 10], "residual only": [1e10, 1e5, 100], "norm only": [80, 20, 14], "both": [40, 15, 45]}
CLOSED = {"nothing hidden": (1, 0, 0), "noun hidden": (0.25, 0.3, 0.45)}
STACKS = {"neither": [[2e-5, 8e-6, 2e-5], [2e-34, 1e-34, 3e-34]], "both": [[40, 20, 49], [57, 48, 48]]}
APART = {"neither": [[0, 0, 0]] * 2, "both": [[0.1, 0.06, 0.11], [0.84, 0.88, 0.87]]}
SHARES = {"as in the paper": [(0.98, 0.85), (0.97, 0.83)], "no causal mask": [(0.995, 0.0), (0.99, 0.01)]}
LOSSES = {"post-norm": {5e-4: [2.9], 3e-3: [2.2, 2.9, 2.4]}, "pre-norm": {5e-4: [1.6], 3e-3: [1.3]}}
RATES = (5e-4, 1e-3, 2e-3, 3e-3)
FIGURES = {
    "gradients": lambda: draw.gradients_by_depth(CURVES),
    "learning": lambda: draw.learning([100, 200, 300], [4.0, 2.0, 1.0], [0, 200], [0.0, 0.85]),
    "closed links": lambda: draw.closed_links(CLOSED),
    "one thing at a time": lambda: draw.one_thing_at_a_time(STACKS, APART),
    "words and sentences": lambda: draw.words_and_sentences(SHARES),
    "losses by rate": lambda: draw.losses_by_rate(LOSSES, (5e-4, 3e-3)),
    "losses at four rates": lambda: draw.losses_by_rate({"a": {lr: [2.0] for lr in RATES}}, RATES),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_picture_follows_the_page(name):
    check_picture(FIGURES[name], "transformer", given={*CURVES, *CLOSED, *STACKS, *SHARES, *LOSSES, "a"})


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


def test_closed_links_are_stacked_to_a_hundred_and_the_first_row_is_on_top():
    axes = FIGURES["closed links"]().axes[0]
    parts = [[bar.get_width() for bar in part] for part in axes.containers]
    assert np.allclose(parts, [[100, 25], [0, 30], [0, 45]])
    assert [bar.get_x() for bar in axes.containers[2]] == [100, 55]
    assert axes.get_ylim()[0] > axes.get_ylim()[1] and [label.get_text() for label in axes.get_yticklabels()] == list(CLOSED)
    assert {"100", "25"} <= set(texts(axes.figure))


def test_every_start_is_a_mark_in_its_row_and_scales_stand_side_by_side():
    left, right = FIGURES["one thing at a time"]().axes
    assert [line.get_xdata().tolist() for line in left.get_lines()] == [*STACKS["neither"], *STACKS["both"]]
    assert [line.get_xdata().tolist() for line in right.get_lines()] == [*APART["neither"], *APART["both"]]
    rows = [line.get_ydata()[0] for line in left.get_lines()]
    assert rows[0] < 0 < rows[1] and rows[2] < 1 < rows[3] and left.get_xscale() == "log"
    assert {"10⁻⁵", "10⁻³⁴", "34", "51"} <= set(texts(left.figure))          # geometric means


def test_words_and_sentences_show_every_start_and_the_mean():
    axes = FIGURES["words and sentences"]().axes[0]
    assert np.allclose([line.get_xdata() for line in axes.get_lines()], [[98, 97], [85, 83], [99.5, 99], [0, 1]])
    assert np.allclose([bar[0].get_width() for bar in axes.containers], [97.5, 84, 99.25, 0.5])


def test_losses_stand_in_the_row_of_their_network_and_each_rate_has_one_look():
    axes = FIGURES["losses by rate"]().axes[0]
    lines = axes.get_lines()
    assert [list(line.get_xdata()) for line in lines] == [[2.9], [2.2, 2.9, 2.4], [1.6], [1.3]]
    assert [round(float(line.get_ydata()[0])) for line in lines] == [0, 0, 1, 1]
    assert lines[0].get_color() == lines[2].get_color() != lines[1].get_color() == lines[3].get_color()
    assert {"rate 5 · 10⁻⁴", "0.003"} <= set(texts(axes.figure))
