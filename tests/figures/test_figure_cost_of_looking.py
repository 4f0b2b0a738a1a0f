"""Cost of looking: counts are those of the library's two layers; dense grows with the square, and is cheaper on a small picture."""

import pytest
import torch
from figure_modules import ask, in_javascript, said
from figure_page import readout, tab_to

from book_lib.attention import MultiHeadAttention
from book_lib.book.figure import figure
from book_lib.detection.deformable_attention import DeformableAttention
from book_lib.experiments.cost import multiplications

NAME = "cost_of_looking"
SMALLEST = {"height": 64, "width": 64, "levels": 4, "points": 16}


@pytest.fixture(scope="module")
def shown():
    return figure(NAME, number="11.3")


@pytest.mark.parametrize(("levels", "points"), [(1, 4), (3, 2), (4, 4)])
def test_counts_are_those_of_the_layers(levels, points):
    """Matrix products as torch counts them; samples and places as the layer returns them."""
    state = {"height": 96, "width": 160, "levels": levels, "points": points}
    shapes, found = ask(NAME, "[m.shapes(s), m.costs(m.tokens(s), m.places(s))]", **state)
    n = sum(h * w for h, w in shapes)
    x, reference = torch.zeros(1, n, 256), torch.rand(1, n, levels, 2)
    dense, few = MultiHeadAttention(256, 8), DeformableAttention(256, 8, n_levels=levels, n_points=points)
    _, table = dense(x)
    _, places, weights = few(x, reference, x, shapes)
    assert found["dense"]["total"] == multiplications(dense, x) and found["dense"]["kept"] == table.numel()
    products = multiplications(lambda x: few(x, reference, x, shapes), x)
    assert found["few"]["total"] == products + found["few"]["looking"]
    assert found["few"]["looking"] == 4 * weights.numel() * 256 // 8, "four pixels for each place, of the width of a head"
    assert found["few"]["kept"] == places.numel() + weights.numel()


def test_tokens_are_those_of_all_levels():
    assert ask(NAME, "m.shapes(s)") == [[100, 132], [50, 66], [25, 33], [13, 17]]
    assert ask(NAME, "[m.shapes(s), m.tokens(s)]", levels=1) == [[[25, 33]], 825]


def test_twice_the_sides_cost_16_times_and_4_times():
    small, large = ({"height": side, "width": side, "levels": 3} for side in (512, 1024))
    asked = "(c => [c.dense.kept, c.few.total])(m.costs(m.tokens(s), m.places(s)))"
    (d1, f1), (d2, f2) = (ask(NAME, asked, **one) for one in (small, large))
    assert d2 == 16 * d1 and f2 == 4 * f1


def test_numbers_are_short():
    shorts = "[0, 999, 1000, 12345, 9.96e6, 3.2e13].map(x => m.short(x, labels.units))"
    assert in_javascript(NAME, shorts) == ["0", "999", "1.0 thousand", "12 thousand", "10.0 million", "32 trillion"]


@pytest.mark.browser
def test_levels_and_points_move_the_sum(visit):
    page = visit()
    assert readout(page) == said(NAME) and "37.6 times as many as looking" in said(NAME) and "each takes" in said(NAME, **SMALLEST)
    page.get_by_label("levels", exact=True).select_option("0")
    assert readout(page) == said(NAME, levels=1)
    points = page.get_by_label("points K")
    tab_to(page, points)
    page.keyboard.press("Shift+ArrowRight")
    assert readout(page) == said(NAME, levels=1, points=8)
    tab_to(page, page.get_by_label("height of the picture"))
    page.keyboard.press("ArrowLeft")
    assert readout(page) == said(NAME, levels=1, points=8, height=768)
    page.get_by_role("button", name="Start again").click()
    assert readout(page) == said(NAME)
