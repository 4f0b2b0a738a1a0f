"""pictures/positional.py: every picture draws the data it is given, names its lines, and refuses data of another shape."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from picture_checks import check_picture, texts

from book_lib.pictures.positional import (
    CODES,
    SIGNED,
    accuracy_by_length,
    accuracy_by_position,
    accuracy_by_start,
    clock_hands,
    positions_through_layers,
    score_terms,
    similarity_maps,
    turned_pairs,
)
from book_lib.pictures.style import KEY, QUERY

LENGTHS, BOUND = [8, 16, 32], [0.34, 0.27, 0.23]
RUNS = {"none": [BOUND, BOUND], "sinusoidal": [[1, 1, 0.6], [1, 1, 0.8]], "rotary": [[1, 1, 1]]}
TERMS = np.arange(4 * 25).reshape(2, 2, 5, 5) - 50.0
CODE = np.stack([np.cos(np.add.outer(np.arange(6), np.arange(9)) / k) for k in range(1, 5)])
MOVED = {"clock 2": [[1, 0.7, 0.6, 0.7, 0.8], [1, 0.6, 0.6, 0.7, 0.9]], "clock 0": [[1, 0.95, 0.95, 0.95, 0.99]]}
BY_POSITION = {"all keys": [[1, 1, 1, 0.5, 0.2, 0.6, 0.9], [1, 1, 1, 0.3, 0.4, 0.6, 0.7]], "near keys": [[1, 1, 1, 1, 0.9, 1, 0.95]]}
TWO_CLOCKS = np.array([[0, 1, 0, 1], [0.8415, 0.5403, 0.0998, 0.9950], [0.1411, -0.9900, 0.2955, 0.9553]])
CODE = np.concatenate([CODE, np.sqrt(1 - CODE**2)])


FIGURES = {
    "accuracy": lambda: accuracy_by_length(LENGTHS, RUNS, BOUND, trained=16),
    "position": lambda: accuracy_by_position(BY_POSITION, trained=4),
    "start": lambda: accuracy_by_start(range(0, 33, 8), MOVED),
    "clocks": lambda: clock_hands(TWO_CLOCKS),
    "turned": lambda: turned_pairs((2, 0), (1, 1), np.pi / 6, [(1, 3), (2, 4), (1, 4)]),
    "terms": lambda: score_terms(TERMS),
    "probe": lambda: positions_through_layers({"with residual": [[1, 0.9, 0.8], [1, 0.7, 0.6]], "without": [[1, 0.1, 0.05]]}, 20),
    "similarity": lambda: similarity_maps(CODE, [(0, 0), (3, 4)], levels=[0.9]),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_picture_follows_the_page(name):
    check_picture(FIGURES[name], "positional", given={*CODES, *MOVED, *BY_POSITION, "with residual", "without"})


def test_accuracy_draws_the_mean_of_the_seeds_and_names_every_line():
    figure = accuracy_by_length(LENGTHS, RUNS, BOUND, trained=16)
    axes = figure.axes[0]
    drawn = [line.get_ydata().tolist() for line in axes.lines]
    assert [100, 100, pytest.approx(70)] in drawn and pytest.approx([34, 27, 23]) in drawn
    assert {*RUNS, "best guess", "← trained on 16 tokens"} <= set(texts(figure))
    assert all(code in CODES for code in RUNS) and axes.get_xlabel() and axes.get_title(loc="left")


def test_accuracy_refuses_runs_of_another_length():
    with pytest.raises(ValueError, match=r"accuracies\['none'\] has shape \[1, 2\], expected \[seeds, 3\]"):
        accuracy_by_length(LENGTHS, {"none": [[1, 1]]}, BOUND, trained=16)


def test_score_terms_share_one_colour_scale_about_zero():
    pictures = [axes.images[0] for axes in score_terms(TERMS).axes[:4]]
    assert {picture.get_clim() for picture in pictures} == {(-50, 50)}
    for picture, term in zip(pictures, TERMS.reshape(4, 5, 5), strict=True):
        assert np.array_equal(picture.get_array(), term)


def test_a_term_is_as_strong_in_colour_as_in_size_with_its_sign():
    for share in (0.1, 0.5, 0.9):
        below, above = SIGNED(0.5 - share / 2), SIGNED(0.5 + share / 2)
        assert below[3] == pytest.approx(share, abs=0.01) and above[3] == pytest.approx(share, abs=0.01)
        assert below[:3] == pytest.approx(to_rgb(QUERY)) and above[:3] == pytest.approx(to_rgb(KEY))


def test_positions_through_layers_draws_each_line_and_the_guess():
    figure = positions_through_layers({"with residual": [[1, 0.9, 0.8], [1, 0.7, 0.6]], "without": [[1, 0.1, 0.05]]}, n_positions=20)
    drawn = [list(line.get_ydata()) for line in figure.axes[0].lines]
    assert pytest.approx([100, 80, 70]) in drawn and [5, 5] in drawn
    assert {"with residual", "without", "guessing"} <= set(texts(figure))


def test_similarity_is_one_at_the_ringed_place():
    for axes, (row, column) in zip(similarity_maps(CODE, [(0, 0), (3, 4)], levels=[0.9]).axes, [(0, 0), (3, 4)], strict=True):
        similarity = axes.images[0].get_array()
        assert similarity.shape == (6, 9) and similarity[row, column] == pytest.approx(1) == similarity.max()
        assert [line.get_xydata().tolist() for line in axes.lines] == [[[column, row]]]


def test_accuracy_by_start_draws_the_mean_of_the_seeds():
    figure = accuracy_by_start(range(0, 33, 8), MOVED)
    drawn = [[list(line.get_ydata()) for line in axes.lines] for axes in figure.axes]
    assert drawn == [[pytest.approx([100, 65, 60, 70, 85])], [pytest.approx([100, 95, 95, 95, 99])]]
    bands = [axes.collections[0].get_paths()[0].vertices[:, 1] for axes in figure.axes]
    assert [(band.min(), band.max()) for band in bands] == [(60, 100), (95, 100)]


def test_clock_hands_end_where_the_code_says_and_are_labelled_with_it():
    figure = clock_hands(TWO_CLOCKS)
    tips = [line.get_xydata()[0].tolist() for line in figure.axes[0].lines if line.get_marker() == "o"]
    assert [pytest.approx([3 + 0.5403, 0.8415]), pytest.approx([3 + 0.9950, -3.4 + 0.0998])] == [tips[1], tips[4]]
    assert {"0.84, 0.54", "0.14, −0.99", "clock 1", "position 2"} <= set(texts(figure))


def test_accuracy_by_position_starts_at_the_first_token_that_has_one_before_it():
    axes = accuracy_by_position(BY_POSITION, trained=4).axes[0]
    drawn = [line.get_xydata().T.tolist() for line in axes.lines]
    assert drawn[0] == [[1, 2, 3, 4, 5, 6, 7], pytest.approx([100, 100, 100, 40, 30, 60, 80])] and axes.get_xlabel() == "position"


def test_turned_pairs_have_one_score_for_one_offset():
    figure = turned_pairs((2, 0), (1, 1), np.pi / 6, [(1, 3), (2, 4), (1, 4)])
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["score −0.73", "score −0.73", "score −2.00"]
    query, _, key, _, arc = (line.get_xydata() for line in figure.axes[1].lines)
    assert query[1] == pytest.approx([1, 3**0.5]) and key[1] == pytest.approx([-1.366, 0.366], abs=1e-3)
    assert np.hypot(*arc.T) == pytest.approx(0.7) and {"q at 2", "k at 4"} <= set(texts(figure))
