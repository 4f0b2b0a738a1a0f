"""pictures/self_attention.py: every picture draws the data it is given, and keeps what every picture keeps."""

import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgb
from picture_checks import check_picture, texts

from book_lib.pictures import self_attention, style
from book_lib.pictures.self_attention import (
    accuracy_against_distance,
    attention_map,
    crossing,
    effect_of_scaling,
    receptive_field_by_gradient,
    time_against_length,
)

LENGTHS = [64, 128, 256, 512, 1024]
TIMES = {"RNN": [8, 16, 32, 64, 128], "convolution": [2, 4, 8, 16, 32], "attention": [1, 4, 16, 64, 256]}
DISTANCES = [1, 2, 4, 8, 9, 16, 32]
ACCURACIES = {"RNN": [[1, .9, .8, .6, .5, .3, .1], [.9, .8, .7, .5, .4, .2, .1]], "convolution": [[1, 1, 1, 1, .1, .1, .1]],
              "attention": np.ones((3, 7))}
WIDTHS = [4, 16, 64]
EFFECT = ({"plain": [4, 16, 64], "scaled": [1, 1, 1]},
          {"plain": [(.1, .2, .3), (.05, .1, .2), (.01, .02, .1)], "scaled": [(.1, .2, .3)] * 3})
FIGURES = {
    "time": lambda: time_against_length(LENGTHS, TIMES),
    "field": lambda: receptive_field_by_gradient(np.tril(np.ones((4, 12)), 2), 3),
    "accuracy": lambda: accuracy_against_distance(DISTANCES, ACCURACIES, chance=1 / 8, boundary=8),
    "scaling": lambda: effect_of_scaling(WIDTHS, *EFFECT),
    "map": lambda: attention_map(torch.full((4, 4), 0.25), ["animal", "road", "it", "tired"]),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_picture_follows_the_page(name):
    check_picture(FIGURES[name], "self_attention", given={*TIMES, "animal", "road", "it", "tired"})


def test_lines_carry_the_data_and_their_names():
    figure = time_against_length(LENGTHS, TIMES)
    drawn = [list(line.get_ydata()) for line in figure.axes[0].lines]
    assert all(times in drawn for times in TIMES.values())
    assert {*TIMES, "equal at n ≈ 130", "equal at n ≈ 510"} <= set(texts(figure))


def test_crossing_is_where_both_take_equally_long():
    assert crossing([64, 128, 256], [2, 4, 8], [1, 4, 16]) == pytest.approx(128)
    assert crossing([1, 4], [10, 10], [5, 20]) == pytest.approx(2)
    assert crossing([1, 2], [1, 1], [3, 4]) is None and crossing([1, 2], [3, 4], [1, 1]) is None


def test_accuracy_shows_the_mean_and_the_range_of_the_seeds():
    figure = accuracy_against_distance(DISTANCES, {"RNN": ACCURACIES["RNN"]}, chance=1 / 8)
    (line,) = [line for line in figure.axes[0].lines if len(line.get_xdata()) == len(DISTANCES)]
    assert line.get_ydata() == pytest.approx([95, 85, 75, 55, 45, 25, 10])
    assert "guessing: 12.5 %" in texts(figure)


def test_receptive_field_shades_what_the_gradient_reached_and_marks_the_formula():
    reached = np.array([[1, .5, .2, 0, 0, 0], [1, .7, .5, .2, .1, 0]])
    axes = receptive_field_by_gradient(reached, 3).axes[0]
    shaded = [patch.get_facecolor()[:3] == to_rgb(style.ACCENT) for patch in axes.patches]
    assert shaded == (reached > 0).flatten().tolist()
    assert [text.get_text() for text in axes.texts] == ["3 tokens", "5 tokens"]


def test_attention_map_prints_every_weight():
    weights = np.array([[0.75, 0.25], [0.1, 0.9], [0.5, 0.5]])
    assert {"0.75", "0.25", "0.10", "0.90", "0.50", "a", "b", "c", "x", "y"} <= set(texts(attention_map(weights, list("abc"), ["x", "y"])))


@pytest.mark.parametrize(("draw", "words"), [
    (lambda: time_against_length([1, 2], {"RNN": [1]}), "milliseconds.'RNN'. has 1 entries, lengths has 2"),
    (lambda: time_against_length([1, 2], {"LSTM": [1, 2]}), "'LSTM' is not a layer"),
    (lambda: receptive_field_by_gradient([1, 2], 3), r"gradient_sizes has shape \[2\]"),
    (lambda: attention_map(np.eye(2), ["a"]), r"weights has shape \[2, 2\], expected \[1, 1\]"),
    (lambda: accuracy_against_distance([1, 2], {"RNN": [[1]]}, chance=0.5), "has 1 entries, distances has 2"),
])
def test_data_that_does_not_fit_is_refused(draw, words):
    with pytest.raises(ValueError, match=words):
        draw()


def test_every_layer_has_its_own_colour_and_marker():
    colours, markers = zip(*self_attention.LAYERS.values(), strict=True)
    assert len(set(colours)) == len(set(markers)) == len(colours)
