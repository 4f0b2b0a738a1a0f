"""The causal mask: what leaks is what the gradient finds; one open cell spoils more with a second layer."""

import itertools
import math

import pytest
import torch
from figure_modules import ask, in_javascript, said, state_of
from figure_page import readout, small_buttons, tab_to

from book_lib.attention import MultiHeadAttention, causal_mask, scaled_dot_product_attention
from book_lib.book.figure import figure

NAME = "causal_mask"
CLEAN, FUTURE, ANSWER = 0, 1, 2                                              # what a place knows of the words it must not know


def causal(n):
    return causal_mask(n).int().tolist()


def opened(n, *cells):
    """The causal mask [n, n] with these cells (row, column) turned over."""
    return [[x ^ ((i, j) in cells) for j, x in enumerate(row)] for i, row in enumerate(causal(n))]


MASKS = [
    {},
    {"layers": 2},
    {"layers": 3},
    {"mask": causal(6)},
    {"mask": causal(6), "shifted": False},
    {"mask": opened(6, (2, 0), (2, 1), (2, 2), (0, 5)), "layers": 4},
    {"mask": [[0] * 6] * 6, "layers": 2},
    {"tokens": ["<start>", "go", "<end>"], "mask": [[1, 1], [0, 1]]},
]


@pytest.fixture(scope="module")
def shown():
    return figure(NAME, number="5.2")


def known(**state):
    return ask(NAME, "m.known(s)", **state)


def reached_by_gradient(state):
    """Which inputs [n, n] move which outputs of self-attention layers with this mask and residual connections."""
    torch.manual_seed(0)
    n = len(state["mask"])
    layers = [MultiHeadAttention(8, 2).double() for _ in range(state["layers"])]
    mask, x = torch.tensor(state["mask"], dtype=torch.bool), torch.randn(1, n, 8, dtype=torch.float64, requires_grad=True)
    tokens = x
    for layer in layers:
        tokens = tokens + layer(tokens, mask=mask)[0]
    found = []
    for i in range(n):
        (slope,) = torch.autograd.grad(tokens[0, i].sum(), x, retain_graph=True)
        found.append((slope[0].abs().sum(dim=-1) > 1e-12).int().tolist())
    return found


@pytest.mark.parametrize("state", MASKS)
def test_what_reaches_an_output_is_what_the_gradient_finds(state):
    assert ask(NAME, "m.reach(s)", **state) == reached_by_gradient(state_of(NAME, **state))


def test_the_mask_it_calls_causal_is_the_librarys():
    assert in_javascript(NAME, "m.causal(6)") == causal(6) and state_of(NAME)["mask"] == opened(6, (1, 4))


def test_an_opened_cell_spoils_its_row_at_once_and_the_rows_up_to_its_column_through_layers():
    for i, j in itertools.combinations(range(6), 2):
        one, two, three = (known(mask=opened(6, (i, j)), layers=layers) for layers in (1, 2, 3))
        assert [t for t in range(6) if one[t]] == [i]
        assert [t for t in range(6) if two[t]] == [t for t in range(6) if three[t]] == list(range(i, j))
        assert three == [ANSWER if i <= t < j else CLEAN for t in range(6)]
        assert one[i] == (ANSWER if j == i + 1 else FUTURE)


def test_closing_cells_never_leaks_and_without_the_shift_every_mask_does():
    generator = torch.Generator().manual_seed(0)
    for _ in range(40):
        closed = (causal_mask(6) & (torch.rand(6, 6, generator=generator) < 0.5)).int().tolist()
        assert known(mask=closed, layers=4) == [CLEAN] * 6
        assert known(mask=closed, layers=4, shifted=False) == [ANSWER] * 6


def test_a_blind_row_is_zero_in_the_library_and_nan_in_a_plain_softmax():
    blind = opened(6, (2, 0), (2, 1), (2, 2))
    assert ask(NAME, "m.blind(s)", mask=blind) == [2]
    assert "sees nothing" in said(NAME, mask=blind) and "sees nothing" not in said(NAME)
    x, mask = torch.randn(6, 4), torch.tensor(blind, dtype=torch.bool)
    assert scaled_dot_product_attention(x, x, x, mask)[0][2].tolist() == [0, 0, 0, 0]
    assert (x @ x.T).masked_fill(~mask, -math.inf).softmax(dim=-1)[2].isnan().all()


@pytest.mark.browser
def test_one_open_cell_spoils_more_with_a_second_layer(visit):
    page = visit()
    assert readout(page) == said(NAME) and page.locator(".bk-mask-bad").count() == 1
    page.get_by_label("layers").focus()
    page.keyboard.press("ArrowRight")
    assert readout(page) == said(NAME, layers=2)
    assert page.locator(".bk-mask-bad").all_inner_texts() == ["sees answer", "sees ahead", "sees answer"]
    page.get_by_role("button", name="Causal mask").click()
    assert readout(page) == said(NAME, layers=2, mask=causal(6)) and page.locator(".bk-mask-leak").count() == 0
    page.get_by_role("button", name="“road” attends to “was”, row 3, column 4").click()
    assert readout(page) == said(NAME, layers=2, mask=opened(6, (2, 3)))
    assert page.locator(".bk-mask-leak").count() == page.locator(".bk-mask-bad").count() == 1
    page.get_by_label("inputs shifted").uncheck()
    assert readout(page) == said(NAME, layers=2, mask=opened(6, (2, 3)), shifted=False)
    assert page.locator(".bk-mask-bad").all_inner_texts() == ["sees answer"] * 6
    page.get_by_role("button", name="Start again").click()
    assert readout(page) == said(NAME)
    assert small_buttons(page, ".bk-stage") == []


@pytest.mark.browser
def test_cells_are_turned_over_by_keyboard(visit):
    page = visit()
    tab_to(page, page.get_by_role("button", name="“the” attends to “too”, row 2, column 5"))
    page.keyboard.press("Space")
    assert readout(page) == said(NAME, mask=causal(6))
    for key in ("ArrowUp", "ArrowUp", "ArrowRight", "ArrowRight", "Enter"):      # the edge of the mask holds
        page.keyboard.press(key)
    assert readout(page) == said(NAME, mask=opened(6, (0, 5)))
    for key in ("ArrowLeft", "ArrowLeft", "ArrowLeft", "ArrowLeft", "ArrowLeft", "Enter"):
        page.keyboard.press(key)
    assert readout(page) == said(NAME, mask=opened(6, (0, 0), (0, 5)))
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.ariaLabel") == "“<start>” attends to “the”, row 1, column 2"
    assert page.locator(".bk-mask-cell[tabindex='0']").count() == 1
