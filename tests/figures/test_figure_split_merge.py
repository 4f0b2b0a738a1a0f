"""Split and merge: numbers go where view and transpose put them; viewed at once, most stand with strangers."""

import pytest
import torch
from figure_modules import ask, said, state_of
from figure_page import readout, tab_to

from book_lib.book.figure import figure

NAME = "split_merge"
SPLITS = [
    {},
    {"at_once": True},
    {"width": 12, "n_heads": 3, "picked": [3, 11], "at_once": True},
    {"tokens": ["a", "b"], "picked": [1, 0], "n_heads": 4},
    {"n_heads": 1, "at_once": True},
]
PLACES = "s.tokens.map((_, t) => [...Array(s.width).keys()].map(c => m.destination(t, c, s.tokens.length, s.width, s.n_heads, s.at_once)))"


@pytest.fixture(scope="module")
def shown():
    return figure(NAME, number="3.2")


@pytest.mark.parametrize("state", SPLITS)
def test_numbers_go_where_view_and_transpose_put_them(state):
    now, (places, misplaced) = state_of(NAME, **state), ask(NAME, f"[{PLACES}, m.misplaced(s)]", **state)
    n, d, h = len(now["tokens"]), now["width"], now["n_heads"]
    q = torch.arange(n * d).view(n, d)
    heads = q.view(h, n, d // h) if now["at_once"] else q.view(n, h, d // h).transpose(0, 1)
    for t in range(n):
        for c in range(d):
            assert heads[tuple(places[t][c])] == q[t, c]
    assert misplaced == (heads // d != torch.arange(n)[:, None]).sum()


@pytest.mark.browser
def test_viewed_at_once_most_numbers_stand_with_strangers(visit):
    page = visit()
    assert readout(page) == said(NAME) and "0 of 32" in said(NAME)
    page.get_by_role("button", name="view at once").click()
    assert readout(page) == said(NAME, at_once=True)
    assert page.locator(".bk-stranger").count() == 24
    page.get_by_label("heads h").select_option(index=2)
    assert readout(page) == said(NAME, at_once=True, n_heads=4)
    page.get_by_role("button", name="Start again").click()
    assert readout(page) == said(NAME)
    picked = page.get_by_role("button", name="channel 6 of it")
    tab_to(page, picked)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowUp")
    assert readout(page) == said(NAME, picked=[1, 6])
    page.get_by_label("width d").select_option(index=0)
    assert readout(page) == said(NAME, width=4, picked=[1, 3])
