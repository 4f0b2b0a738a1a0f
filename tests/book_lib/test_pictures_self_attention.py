"""pictures/self_attention.py: every picture draws the data it is given, and keeps what every picture keeps."""

import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgb
from picture_checks import check_picture, texts

from book_lib.pictures import style
from book_lib.pictures.self_attention import (
    attention_by_sentence,
    attention_map,
    effect_of_scaling,
    receptive_field_by_gradient,
)

WIDTHS = [4, 16, 64]
EFFECT = ({"plain": [4, 16, 64], "scaled": [1, 1, 1]},
          {"plain": [(.1, .2, .3), (.05, .1, .2), (.01, .02, .1)], "scaled": [(.1, .2, .3)] * 3})
STARTS = {1: [[[.5, .3], [.45, .35]], [[.4, .2], [.5, .3]]], 2: [[[.9, .05], [.1, .8]], [[.8, .1], [.05, .95]]]}
FIGURES = {
    "field": lambda: receptive_field_by_gradient(np.tril(np.ones((4, 12)), 2), 3),
    "scaling": lambda: effect_of_scaling(WIDTHS, *EFFECT),
    "map": lambda: attention_map(torch.full((4, 4), 0.25), ["animal", "road", "it", "tired"]),
    "sentences": lambda: attention_by_sentence(STARTS),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_picture_follows_the_page(name):
    check_picture(FIGURES[name], "self_attention", given={"animal", "road", "it", "tired"})


def test_receptive_field_shades_what_the_gradient_reached_and_marks_the_formula():
    reached = np.array([[1, .5, .2, 0, 0, 0], [1, .7, .5, .2, .1, 0]])
    axes = receptive_field_by_gradient(reached, 3).axes[0]
    shaded = [patch.get_facecolor()[:3] == to_rgb(style.ACCENT) for patch in axes.patches]
    assert shaded == (reached > 0).flatten().tolist()
    assert [text.get_text() for text in axes.texts] == ["3 tokens", "5 tokens"]


def test_attention_map_prints_every_weight():
    weights = np.array([[0.75, 0.25], [0.1, 0.9], [0.5, 0.5]])
    assert {"0.75", "0.25", "0.10", "0.90", "0.50", "a", "b", "c", "x", "y"} <= set(texts(attention_map(weights, list("abc"), ["x", "y"])))


def test_every_start_is_a_mark_and_a_bar_is_their_mean():
    for axes, starts in zip(attention_by_sentence(STARTS).axes, STARTS.values(), strict=True):
        percent = 100 * np.array(starts)
        assert [line.get_ydata().tolist() for line in axes.lines] == [row for word in (0, 1) for row in percent[:, :, word].tolist()]
        assert [bar.get_height() for bar in axes.patches] == pytest.approx(percent.mean(axis=0).T.flatten())


@pytest.mark.parametrize(("draw", "words"), [
    (lambda: attention_by_sentence({1: [[.5, .3]]}), r"attention\[1\] has shape \[1, 2\], expected \[starts, 2, 2\]"),
    (lambda: effect_of_scaling([4], {"plain": [4, 8], "scaled": [1]}, EFFECT[1]), "plain has 2 entries, widths has 1"),
    (lambda: receptive_field_by_gradient([1, 2], 3), r"gradient_sizes has shape \[2\]"),
    (lambda: attention_map(np.eye(2), ["a"]), r"weights has shape \[2, 2\], expected \[1, 1\]"),
])
def test_data_that_does_not_fit_is_refused(draw, words):
    with pytest.raises(ValueError, match=words):
        draw()
