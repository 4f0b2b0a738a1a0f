"""Similarity by offset: turning the query is the library's rotation and moves the peak; random codes have no direction."""

import math

import pytest
import torch
from figure_modules import ask, in_javascript, said
from figure_page import readout, tab_to

from book_lib.book.figure import figure
from book_lib.positional import shift_matrix, sinusoidal_code

NAME = "similarity_by_offset"


@pytest.fixture(scope="module")
def shown():
    return figure(NAME, number="4.3")


def similarities(**state):
    return torch.tensor(ask(NAME, "m.similarities(s)", **state), dtype=torch.float64)


@pytest.mark.parametrize("width, base", [(4, 100), (16, 10000), (32, 1)])
def test_codes_are_the_librarys_at_length_one(width, base):
    ours = torch.tensor(in_javascript(NAME, f"m.codes(0, {width}, {base})"), dtype=torch.float64)
    reference = sinusoidal_code(torch.arange(48).double(), width, base=base) / math.sqrt(width / 2)
    torch.testing.assert_close(ours, reference, rtol=0, atol=1e-12)


@pytest.mark.parametrize("look", [-3, 0, 5])
def test_turning_is_the_librarys_rotation_and_moves_the_peak(look):
    code, found = sinusoidal_code(torch.arange(48).double(), 64), similarities(query=20, look=look)
    torch.testing.assert_close(found, (code[20] @ shift_matrix(look, 64)) @ code.T / 32, rtol=0, atol=1e-12)
    assert found.argmax() == 20 + look and found.max().item() == pytest.approx(1)


def test_random_codes_have_a_best_match_at_themselves_and_no_direction():
    assert similarities(kind=1).argmax() == 20
    assert all(similarities(kind=1, look=look).argmax() != 20 + look for look in (-3, -2, -1, 1, 2, 3))
    assert "no direction" in said(NAME, kind=1, look=-3)


@pytest.mark.browser
def test_turning_the_query_moves_the_peak_and_random_codes_have_no_direction(visit):
    page = visit()
    assert readout(page) == said(NAME)
    handle = page.locator(".bk-handle")
    tab_to(page, handle)
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    assert readout(page) == said(NAME, look=-3)
    page.get_by_label("codes").select_option("1")
    assert readout(page) == said(NAME, look=-3, kind=1)
    page.get_by_role("button", name="Start again").click()
    tab_to(page, handle)
    page.keyboard.press("Shift+ArrowRight")
    assert readout(page) == said(NAME, query=24)
    page.keyboard.press("Escape")
    assert readout(page) == said(NAME)
