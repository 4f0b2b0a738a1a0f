"""The position code: its numbers are the library's; with one speed, position 44 looks like position 0."""

import itertools

import pytest
import torch
from figure_modules import in_javascript, said
from figure_page import drag, readout, reopen, slide, tab_to

from book_lib.book.figure import declared_traits, figure
from book_lib.positional import sinusoidal_code

NAME = "position_code"
WIDTHS, BASES = (declared_traits(NAME)[trait]["enum"] for trait in ("width", "base"))


@pytest.fixture(scope="module")
def shown():
    return figure(NAME, number="4.2")


def codes(width, base):
    return torch.tensor(in_javascript(NAME, f"[...Array(48).keys()].map(p => m.code(p, {width}, {base}))"), dtype=torch.float64)


def lookalikes(width, base):
    return in_javascript(NAME, f"[...Array(48).keys()].map(p => m.lookalikes(p, {width}, {base}))")


@pytest.mark.parametrize("width, base", [(4, 100), (16, 10000), (32, 1)])
def test_codes_are_the_librarys(width, base):
    torch.testing.assert_close(codes(width, base), sinusoidal_code(torch.arange(48).double(), width, base=base), rtol=0, atol=1e-12)


def test_with_one_speed_position_44_looks_like_position_0():
    assert lookalikes(16, 1)[0]["others"] == [44] and lookalikes(16, 10000)[0]["others"] == [1]


@pytest.mark.parametrize("width, base", list(itertools.product(WIDTHS, BASES[1:])))
def test_both_of_two_equally_near_neighbours_are_named(width, base):
    code = sinusoidal_code(torch.arange(48).double(), width, base=base)
    distances = torch.cdist(code, code, compute_mode="donot_use_mm_for_euclid_dist").fill_diagonal_(torch.inf)
    for found, row in zip(lookalikes(width, base), distances, strict=True):
        assert found["others"] == (row < row.min() + 1e-9).nonzero().flatten().tolist()
        assert found["distance"] == pytest.approx(row.min().item(), abs=1e-9)
    assert "4 and 6 have the codes most like that of position 5" in said(NAME, width=16, base=10000)


@pytest.mark.browser
def test_the_lookalike_by_mouse_with_one_speed_position_44_looks_like_position_0(visit):
    page = visit()
    assert readout(page) == said(NAME)
    page.get_by_label("base").select_option("1")
    slide(page, page.get_by_role("slider", name="position").first, 0)
    assert readout(page) == said(NAME, base=1, position=0)
    assert "44 has the code most like that of position 0" in readout(page)


@pytest.mark.browser
def test_the_heat_map_is_read_by_mouse_and_keys(visit):
    page = visit()
    handle = page.locator(".bk-heat")
    cell = page.locator(".bk-code").bounding_box()["width"] * 6.5 / 340
    drag(page, handle, 3.5 * cell, 0)
    position = int(handle.get_attribute("aria-valuenow"))
    assert readout(page) == said(NAME, position=position) and 26 <= position <= 28

    reopen(page)
    tab_to(page, handle)
    page.keyboard.press("ArrowRight")
    assert readout(page) == said(NAME, position=6)
    page.keyboard.press("ArrowDown")
    readout(page)
    assert "clock 2 of 8" in handle.get_attribute("aria-valuetext")
    assert page.get_by_role("button", name="clock 2:").get_attribute("aria-pressed") == "true"
