"""Shuffle the sentence: no shuffling moves a word until it gets a position; the outputs are the library's."""

import itertools

import pytest
import torch
from figure_modules import ask, ask_each, said, state_of
from figure_page import drag, readout, reopen, tab_to

from book_lib.attention import scaled_dot_product_attention
from book_lib.book.figure import figure
from book_lib.positional import sinusoidal_code

NAME = "shuffle_the_sentence"
TOKENS, SWAPPED = state_of(NAME)["tokens"], [0, 4, 2, 3, 1]
FEATURES = {"dog": [2, 0, 0, 0], "man": [0, 2, 0, 0], "bites": [0, 0, 2, 0], "the": [0, 0, 0, 2]}
MATRICES = [[2, -2], [-1, 1], [-2, 0], [0, -1]], [[1, 2], [0, 0], [-2, -2], [-2, -1]], [[2, 0], [0, 2], [1, 1], [0, 0]]


@pytest.fixture(scope="module")
def shown():
    return figure(NAME, number="4.1")


def outputs(order, codes):
    return ask(NAME, "m.outputs(s.tokens, s.order, s.codes)", order=order, codes=codes)


def library_outputs(order, codes):
    x = torch.tensor([FEATURES[TOKENS[i]] for i in order]).double()
    x = x + sinusoidal_code(torch.arange(5).double(), 4, base=100) if codes else x
    return scaled_dot_product_attention(*(x @ torch.tensor(matrix).double() for matrix in MATRICES))[0]


@pytest.mark.parametrize("codes", [False, True])
@pytest.mark.parametrize("order", [[0, 1, 2, 3, 4], SWAPPED, [4, 3, 2, 1, 0]])
def test_outputs_of_the_sentence_are_the_librarys(order, codes):
    torch.testing.assert_close(torch.tensor(outputs(order, codes), dtype=torch.float64), library_outputs(order, codes), rtol=0, atol=1e-12)


def test_no_order_moves_a_word_without_codes_and_every_other_sentence_moves_one_with_them():
    states = [{"order": list(order), "codes": codes} for order in itertools.permutations(range(5)) for codes in (False, True)]
    for state, found in zip(states, ask_each(NAME, "m.compare(s)", states), strict=True):
        if not state["codes"]:
            assert max(found["moved"]) < 1e-12
        elif [TOKENS[i] for i in state["order"]] != TOKENS:
            assert max(found["moved"]) > 0.1
        assert all(-1.5 < x < 4.5 and -1.5 < y < 4.5 for x, y in found["now"]), "every output lies in the plane"


def test_sentences_of_the_shuffled_words():
    assert "original sentence" in said(NAME)
    assert "original sentence" in said(NAME, order=[3, 1, 2, 0, 4], codes=True)
    assert "To this layer it is the original sentence" in said(NAME, order=SWAPPED)
    assert "notices the order" in said(NAME, order=SWAPPED, codes=True)


def outputs_shown(page):
    return page.locator(".bk-table tbody tr").evaluate_all("rows => rows.map(row => row.cells[2].textContent)")


@pytest.mark.browser
def test_no_shuffling_moves_a_word_until_it_gets_a_position(visit):
    page = visit()
    assert readout(page) == said(NAME)
    before = outputs_shown(page)
    page.get_by_role("button", name="Swap “dog” and “man”").click()
    assert readout(page) == said(NAME, order=SWAPPED)
    assert outputs_shown(page) == [before[i] for i in SWAPPED]
    page.get_by_role("checkbox", name="add position codes").check()
    assert readout(page) == said(NAME, order=SWAPPED, codes=True)
    page.get_by_role("button", name="Start again").click()
    assert readout(page) == said(NAME)


@pytest.mark.browser
def test_a_word_is_dragged_and_moved_by_keys(visit):
    moved = said(NAME, order=[1, 0, 2, 3, 4])
    page = visit()
    tiles = page.get_by_role("group", name="The sentence").get_by_role("button")
    step = tiles.nth(1).bounding_box()["x"] - tiles.nth(0).bounding_box()["x"]
    drag(page, tiles.nth(0), step, 0)
    assert readout(page) == moved
    page.get_by_role("button", name="Start again").click()

    reopen(page)
    tab_to(page, tiles.nth(1))
    page.keyboard.press("ArrowLeft")
    assert readout(page) == moved
    assert tiles.nth(0).evaluate("element => element === document.activeElement")
    page.keyboard.press("Escape")
    assert readout(page) == said(NAME)
