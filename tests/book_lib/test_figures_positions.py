"""The figures of chapter 4: their numbers are the library's, in Python and in the browser, and their settings are checked."""

import itertools
import json
import math

import pytest
import torch
from figure_modules import in_javascript

from book_lib.attention import scaled_dot_product_attention
from book_lib.positional import shift_matrix, sinusoidal_code
from book_lib.widgets import PositionCode, ShuffleTheSentence, SimilarityByOffset
from book_lib.widgets import position_code as codes_figure
from book_lib.widgets import shuffle_the_sentence as shuffle_figure
from book_lib.widgets import similarity_by_offset as similarity_figure

SWAPPED = [0, 4, 2, 3, 1]


def library_outputs(words, order, codes):
    x = torch.tensor([shuffle_figure.FEATURES[words[i]] for i in order]).double()
    x = x + sinusoidal_code(torch.arange(len(words)).double(), 4, base=shuffle_figure.BASE) if codes else x
    parts = (x @ torch.tensor(m).double() for m in (shuffle_figure.W_QUERY, shuffle_figure.W_KEY, shuffle_figure.W_VALUE))
    return scaled_dot_product_attention(*parts)[0]


def equal(ours, reference, atol=1e-12):
    ours, reference = (torch.as_tensor(values, dtype=torch.float64) for values in (ours, reference))
    torch.testing.assert_close(ours, reference, rtol=0, atol=atol)


@pytest.mark.parametrize("codes", [False, True])
@pytest.mark.parametrize("order", [[0, 1, 2, 3, 4], SWAPPED, [4, 3, 2, 1, 0]])
def test_outputs_of_the_sentence_are_the_librarys(order, codes):
    equal(shuffle_figure.outputs(shuffle_figure.WORDS, order, codes), library_outputs(shuffle_figure.WORDS, order, codes))


@pytest.mark.parametrize("codes", [False, True])
def test_outputs_of_the_sentence_are_the_same_in_the_browser(codes):
    call = f"m.outputs({json.dumps(shuffle_figure.WORDS)}, {SWAPPED}, {json.dumps(codes)})"
    equal(*in_javascript("shuffle_the_sentence", call), library_outputs(shuffle_figure.WORDS, SWAPPED, codes))


def test_no_order_moves_a_word_without_codes_and_every_other_sentence_moves_one_with_them():
    for order in itertools.permutations(range(5)):
        assert max(ShuffleTheSentence(order=order).comparison()["moved"]) < 1e-12
        if [shuffle_figure.WORDS[i] for i in order] != shuffle_figure.WORDS:
            assert max(ShuffleTheSentence(order=order, codes=True).comparison()["moved"]) > 0.1


def test_every_output_lies_in_the_plane():
    for order, codes in itertools.product(itertools.permutations(range(5)), (False, True)):
        for x, y in shuffle_figure.outputs(shuffle_figure.WORDS, order, codes):
            assert shuffle_figure.LOW < x < shuffle_figure.HIGH and shuffle_figure.LOW < y < shuffle_figure.HIGH


def test_sentences_of_the_shuffled_words():
    assert "original sentence" in ShuffleTheSentence().sentence()
    assert "original sentence" in ShuffleTheSentence(order=[3, 1, 2, 0, 4], codes=True).sentence()
    assert "To this layer it is the original sentence" in ShuffleTheSentence(order=SWAPPED).sentence()
    assert "notices the order" in ShuffleTheSentence(order=SWAPPED, codes=True).sentence()


@pytest.mark.parametrize("width, base", [(4, 100), (16, 10000), (32, 1)])
def test_codes_are_the_librarys(width, base):
    reference = sinusoidal_code(torch.arange(48).double(), width, base=base)
    equal([codes_figure.code(p, width, base) for p in range(48)], reference)
    equal(similarity_figure.codes(0, width, base), reference / math.sqrt(width / 2))


def test_codes_and_lookalikes_are_the_same_in_the_browser():
    for width, base in ((4, 100), (16, 10000), (32, 1)):
        calls = (f"[...Array(48).keys()].map(p => m.{name}(p, {width}, {base}))" for name in ("code", "lookalikes"))
        codes, found = in_javascript("position_code", *calls)
        equal(codes, sinusoidal_code(torch.arange(48).double(), width, base=base))
        for place, best in enumerate(found):
            others, distance = codes_figure.lookalikes(place, width, base)
            assert best["others"] == others and best["distance"] == pytest.approx(distance, abs=1e-9)


def test_with_one_speed_position_44_looks_like_position_0():
    assert codes_figure.lookalikes(0, 16, 1)[0] == [44]
    assert codes_figure.lookalikes(0, 16, 10000)[0] == [1]


@pytest.mark.parametrize("width, base", list(itertools.product(codes_figure.WIDTHS, codes_figure.BASES[1:])))
def test_both_of_two_equally_near_neighbours_are_named(width, base):
    code = sinusoidal_code(torch.arange(48).double(), width, base=base)
    distances = torch.cdist(code, code, compute_mode="donot_use_mm_for_euclid_dist").fill_diagonal_(torch.inf)
    for place, row in enumerate(distances):
        others, distance = codes_figure.lookalikes(place, width, base)
        assert others == (row < row.min() + 1e-9).nonzero().flatten().tolist() and distance == pytest.approx(row.min().item(), abs=1e-9)
    assert "4 and 6 have the codes most like that of position 5" in PositionCode(width=16, base=10000).sentence()


@pytest.mark.parametrize("look", [-3, 0, 5])
def test_turning_is_the_librarys_rotation_and_moves_the_peak(look):
    figure = SimilarityByOffset(query=20, look=look)
    code = sinusoidal_code(torch.arange(48).double(), 64)
    equal(figure.similarities(), (code[20] @ shift_matrix(look, 64)) @ code.T / 32)
    assert figure.best() == 20 + look and max(figure.similarities()) == pytest.approx(1)


@pytest.mark.parametrize(
    "state", [{"look": -3}, {"look": 5, "kind": 1, "width": 16}, {"base": 10, "query": 0}, {"query": 47, "look": 8, "width": 128}]
)
def test_similarities_are_the_same_in_the_browser(state):
    figure = SimilarityByOffset(**state)
    equal(*in_javascript("similarity_by_offset", f"m.similarities({json.dumps(figure.state)})"), figure.similarities())


def test_random_codes_have_a_best_match_at_themselves_and_no_direction():
    assert SimilarityByOffset(kind=1).best() == 20
    assert all(SimilarityByOffset(kind=1, look=look).best() != 20 + look for look in (-3, -2, -1, 1, 2, 3))
    assert "no direction" in SimilarityByOffset(kind=1, look=-3).sentence()


@pytest.mark.parametrize(
    "figure",
    [
        ShuffleTheSentence(),
        ShuffleTheSentence(order=SWAPPED),
        ShuffleTheSentence(order=SWAPPED, codes=True),
        PositionCode(),
        PositionCode(width=32, base=1, position=0, clock=0),
        SimilarityByOffset(),
        SimilarityByOffset(query=0, look=-3),
        SimilarityByOffset(kind=1, look=-3),
    ],
    ids=lambda figure: f"{figure.name}-{'-'.join(map(str, figure.state.values()))[:40]}",
)
def test_the_browser_says_the_same_sentence_and_accepts_the_state(figure):
    state = json.dumps(figure.state)
    assert in_javascript(figure.name, f"m.check({state})", f"m.sentence({state})") == [None, figure.sentence()]


@pytest.mark.parametrize(
    "figure, wrong, trait",
    [
        (ShuffleTheSentence, {"order": [0, 1, 2]}, "order"),
        (ShuffleTheSentence, {"order": [0, 1, 2, 3, 3]}, "order"),
        (ShuffleTheSentence, {"words": ["dog", "eats", "man"]}, "words"),
        (PositionCode, {"width": 6}, "width"),
        (PositionCode, {"base": 7}, "base"),
        (PositionCode, {"position": 48}, "position"),
        (PositionCode, {"width": 4, "clock": 2}, "clock"),
        (SimilarityByOffset, {"look": 9}, "look"),
        (SimilarityByOffset, {"kind": "random"}, "kind"),
    ],
)
def test_wrong_settings_are_refused_by_name_here_and_in_the_browser(figure, wrong, trait):
    with pytest.raises(ValueError, match=f"{figure.__name__}: {trait} is "):
        figure(**wrong)
    (problem,) = in_javascript(figure.name, f"m.check({json.dumps(figure().state | wrong)})")
    assert problem["trait"] == trait


@pytest.mark.parametrize("figure", [ShuffleTheSentence, PositionCode, SimilarityByOffset])
def test_the_static_form_keeps_its_weight(figure):
    assert len(figure(number="4.1").static_html()) < 30_000
