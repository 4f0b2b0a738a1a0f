"""The pictures of the lab of chapter 2: what they draw is what they were given."""

import numpy as np
import pytest

from book_lib.pictures import self_attention_lab as draw

COUNTS = {"GRU": [6 * n * 16 for n in (2, 4, 8)], "LSTM": [8 * n * 16 for n in (2, 4, 8)],
          "attention": [4 * n * 16 + 2 * n * n * 4 for n in (2, 4, 8)]}


def texts(figure):
    figure.draw_without_rendering()
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def lines(axes):
    return [(line.get_xdata(), line.get_ydata()) for line in axes.lines if line.get_linestyle() != "None"]


def test_rings_stand_where_attention_needs_as_many():
    figure = draw.multiplications_against_length([2, 4, 8], COUNTS, d=4)
    (axes,) = figure.axes
    rings = [(line.get_xdata()[0], line.get_ydata()[0]) for line in axes.lines if line.get_markersize() == 11]
    assert rings == [(1, 6), (2, 8)] and {"n = d", "n = 2d", "GRU", "LSTM", "attention"} <= set(texts(figure))


def test_time_ratios_draw_a_panel_for_each_layer():
    ratios = {"RNN": {1: [0.5, 0.25], 8: [1, 2]}, "GRU": {1: [0.1, 0.2], 8: [1, 1]}}
    figure = draw.time_ratios([4, 8], ratios, {"RNN": [3, 4], "GRU": [1, 2]})
    assert len(figure.axes) == 2 and texts(figure).count("batch 8") == 2
    assert [list(y) for _, y in lines(figure.axes[0])][1:] == [[3, 4], [0.5, 0.25], [1, 2]]


def test_memory_names_each_line_in_its_panel():
    figure = draw.memory_against_length([4, 8], {"attention": [9, 30], "no table": [5, 10]}, {"GRU": [3, 3]})
    assert texts(figure) == ["attention,\nno table", "attention", "GRU"]


@pytest.mark.parametrize("picture", [
    lambda rows: draw.accuracy_beyond_training([1, 8], {"GRU": rows}, chance=0.1, trained=4),
    lambda rows: draw.accuracy_against_rate([0.1, 0.2], {"scaled": rows}, chance=0.1),
])
def test_seeds_become_a_mean_in_percent(picture):
    figure = picture([[0.2, 0.4], [0.4, 0.8]])
    assert any(np.allclose(y, [30, 60]) for _, y in lines(figure.axes[0]))


def test_steps_draw_the_median_of_the_seeds():
    steps = draw.steps_against_width([4, 16], {"plain": [[100, 50], [110, 90], [400, 70]]})
    assert any(np.allclose(y, [110, 70]) for _, y in lines(steps.axes[0]))


def test_scores_draw_the_mean_of_the_seeds():
    scores = draw.scores_during_training([0, 10], {"scaled": [[2, 4], [4, 8]]}, {"scaled": [[1, 0], [1, 0.5]]})
    assert np.allclose(lines(scores.axes[0])[0][1], [3, 6]) and np.allclose(lines(scores.axes[1])[0][1], [1, 0.25])


def test_unknown_names_and_lengths_that_differ_are_refused():
    with pytest.raises(ValueError, match="'cosine' has no colour in these pictures; expected one of"):
        draw.steps_against_width([4], {"cosine": [[1]]})
    with pytest.raises(ValueError, match="'GRU' has 1 entries, expected 2"):
        draw.memory_against_length([4, 8], {"GRU": [3]}, {})
