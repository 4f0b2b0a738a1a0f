"""Why √d: the recorded draws are those of the chapter's experiment; without scaling the typical gradient dies and a few explode."""

import math

import pytest
import torch
from figure_modules import ask, data_file, said
from figure_page import drag, readout, reopen, slide, tab_to

from book_lib.attention import scaled_dot_product_attention
from book_lib.book.figure import declared_traits, figure, recorder

NAME = "why_sqrt_d"
WIDTHS = declared_traits(NAME)["d_k"]["enum"]


@pytest.fixture(scope="module")
def shown():
    return figure(NAME, number="2.3")


@pytest.fixture(scope="module")
def recorded():
    return data_file(NAME)


def sides(**state):
    return ask(NAME, "m.shown(s)", **state)


@pytest.mark.parametrize("d_k", [1, 64, 256])
def test_the_recorded_draws_can_be_made_anew(d_k, recorded):
    anew, old = recorder(NAME).draw(d_k), recorded[WIDTHS.index(d_k)]
    assert anew["scores"] == old["scores"] and anew["spread"] == old["spread"]
    assert torch.allclose(torch.tensor(anew["rows"]), torch.tensor(old["rows"]), rtol=0, atol=1e-3)
    for side, gradients in anew["gradients"].items():
        for name in ("median", "top", "dead", "chosen"):
            assert gradients[name] == pytest.approx(old["gradients"][side][name], rel=1e-3, abs=1e-30)
        assert sum(gradients["counts"]) == 2000


def test_gradient_sizes_are_those_of_autograd_through_the_library():
    generator = torch.Generator().manual_seed(1)
    query, key = (torch.randn(5, n, 8, generator=generator, dtype=torch.float64) for n in (1, 16))
    sizes = recorder(NAME).gradient_sizes((query @ key.transpose(-2, -1))[:, 0], key, 8**-0.5)
    for i in range(5):
        jacobian = torch.autograd.functional.jacobian(lambda q, i=i: scaled_dot_product_attention(q, key[i], key[i])[1], query[i])
        assert jacobian.norm().item() == pytest.approx(sizes[i].item(), rel=1e-12)


def test_without_scaling_the_typical_gradient_dies_and_a_few_explode(recorded):
    plain, scaled = recorded[-1]["gradients"]["plain"], recorded[-1]["gradients"]["scaled"]
    assert (round(plain["median"], 4), round(plain["dead"], 2), round(plain["top"])) == (0.0005, 0.61, 13)
    assert all(0.29 < draw["gradients"]["scaled"]["median"] < 0.31 for draw in recorded[4:]) and scaled["dead"] == 0


@pytest.mark.parametrize("place", range(5))
def test_weights_are_the_librarys_and_the_rest_is_what_was_recorded(place, recorded):
    for d_k in (1, 64, 1024):
        draw = recorded[WIDTHS.index(d_k)]
        scores = torch.tensor(draw["rows"][place], dtype=torch.float64)
        key = scores[:, None]                                # a query of one component 1 has just these scores
        for side, name, factor in zip(sides(d_k=d_k, place=place), ("plain", "scaled"), (1, 1 / math.sqrt(d_k)), strict=True):
            _, weights = scaled_dot_product_attention(torch.ones(1, 1, dtype=torch.float64) * factor, key, key)
            assert torch.allclose(torch.tensor(side["weights"], dtype=torch.float64), weights[0], rtol=0, atol=1e-12)
            gradients = draw["gradients"][name]
            assert all(side[part] == gradients[part] for part in ("counts", "median", "top", "dead"))
            assert side["size"] == gradients["chosen"][place] and side["spread"] == pytest.approx(draw["spread"] * factor)


@pytest.mark.browser
def test_the_widest_keys_by_mouse_and_by_keyboard(visit):
    wide = said(NAME, d_k=1024)
    page = visit()
    assert readout(page) == said(NAME)
    slide(page, page.get_by_label("width dₖ of queries and keys"), 1)
    assert readout(page) == wide
    stats, mark = page.locator(".bk-scale-stat"), page.get_by_role("slider", name="query shown, unscaled gradient")
    assert stats.nth(4).inner_text() == "median 0.0005 · 61 % below 0.01 · 5 % above 13.29 · shown: 0.0005"
    assert stats.nth(0).inner_text() == "spread 31.9" and stats.nth(1).inner_text() == "spread 1.0"
    drag(page, mark.locator(".bk-tip"), 200, 0)
    assert stats.nth(4).inner_text().endswith("shown: 13.33")
    page.get_by_role("button", name="Start again").click()
    assert readout(page) == said(NAME)

    reopen(page)
    tab_to(page, page.get_by_label("width dₖ of queries and keys"))
    page.keyboard.press("End")
    assert readout(page) == wide
    tab_to(page, mark)
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    readout(page)
    assert mark.get_attribute("aria-valuetext") == "100th largest gradient, gradient 13.33"
    first_key, second_key = sides(d_k=1024, place=4)[0]["weights"][:2]
    assert stats.nth(2).inner_text() == f"best key {first_key:.3f}, second {second_key:.3f}"
