"""Why √d: the recorded draws are those of the chapter's experiment, and both sides are computed from them alike here and in the browser."""

import json
import math

import pytest
import torch
from figure_modules import in_javascript

from book_lib.attention import scaled_dot_product_attention
from book_lib.widgets import WhySqrtD, module_source
from book_lib.widgets.why_sqrt_d import DRAWS, WIDTHS, draw, gradient_sizes


@pytest.fixture(scope="module")
def recorded():
    return json.loads(DRAWS.read_text("utf-8"))


@pytest.mark.parametrize("d_k", [1, 64, 256])
def test_the_recorded_draws_can_be_made_anew(d_k, recorded):
    anew, old = draw(d_k), recorded[WIDTHS.index(d_k)]
    assert anew["scores"] == old["scores"] and anew["spread"] == old["spread"]
    assert torch.allclose(torch.tensor(anew["rows"]), torch.tensor(old["rows"]), rtol=0, atol=1e-3)
    for side, gradients in anew["gradients"].items():
        for name in ("median", "top", "dead", "chosen"):
            assert gradients[name] == pytest.approx(old["gradients"][side][name], rel=1e-3, abs=1e-30)
        assert sum(gradients["counts"]) == 2000


def test_gradient_sizes_are_those_of_autograd_through_the_library():
    generator = torch.Generator().manual_seed(1)
    query, key = (torch.randn(5, n, 8, generator=generator, dtype=torch.float64) for n in (1, 16))
    sizes = gradient_sizes((query @ key.transpose(-2, -1))[:, 0], key, 8**-0.5)
    for i in range(5):
        jacobian = torch.autograd.functional.jacobian(lambda q, i=i: scaled_dot_product_attention(q, key[i], key[i])[1], query[i])
        assert jacobian.norm().item() == pytest.approx(sizes[i].item(), rel=1e-12)


def test_without_scaling_the_typical_gradient_dies_and_a_few_explode(recorded):
    plain, scaled = recorded[-1]["gradients"]["plain"], recorded[-1]["gradients"]["scaled"]
    assert (round(plain["median"], 4), round(plain["dead"], 2), round(plain["top"])) == (0.0005, 0.61, 13)
    assert all(0.29 < draw["gradients"]["scaled"]["median"] < 0.31 for draw in recorded[4:]) and scaled["dead"] == 0


@pytest.mark.parametrize("place", range(5))
def test_weights_are_the_librarys(place, recorded):
    for d_k in (1, 64, 1024):
        scores = torch.tensor(recorded[WIDTHS.index(d_k)]["rows"][place], dtype=torch.float64)
        key = scores[:, None]                                # a query of one component 1 has just these scores
        for side, factor in zip(WhySqrtD(d_k=d_k, place=place).shown(), (1, 1 / math.sqrt(d_k)), strict=True):
            _, weights = scaled_dot_product_attention(torch.ones(1, 1, dtype=torch.float64) * factor, key, key)
            assert torch.allclose(torch.tensor(side["weights"], dtype=torch.float64), weights[0], rtol=0, atol=1e-12)


def test_the_browser_shows_the_same_numbers_and_says_the_same_sentence(recorded):
    states = [{"d_k": d_k, "place": place} for d_k, place in ((64, 2), (1, 0), (1024, 2), (1024, 4), (512, 1))]
    calls = (f"(s => [m.check(s), m.sentence(s), m.shown(s)])({{...s0, ...{json.dumps(state)}}})" for state in states)
    answers = in_javascript("why_sqrt_d", *(call.replace("...s0", f"draws: {json.dumps(recorded)}") for call in calls))
    for state, (problem, sentence, shown) in zip(states, answers, strict=True):
        figure = WhySqrtD(**state)
        assert problem is None and sentence == figure.sentence()
        for ours, theirs in zip(figure.shown(), shown, strict=True):
            assert theirs["weights"] == pytest.approx(ours["weights"], abs=1e-12) and theirs["spread"] == pytest.approx(ours["spread"])
            assert all(theirs[name] == ours[name] for name in ("counts", "median", "top", "dead", "size"))


@pytest.mark.parametrize(
    "wrong, trait",
    [({"d_k": 3}, "d_k"), ({"d_k": 64.0}, "d_k"), ({"place": 5}, "place"), ({"draws": []}, "draws"), ({"draws": [{}] * 11}, "draws")],
)
def test_wrong_settings_are_refused_by_name_here_and_in_the_browser(wrong, trait):
    with pytest.raises(ValueError, match=f"WhySqrtD: {trait} is "):
        WhySqrtD(**wrong)
    if wrong != {"d_k": 64.0}:                               # JSON has one kind of number: 64.0 is 64 there
        (problem,) = in_javascript("why_sqrt_d", f"m.check({json.dumps(WhySqrtD().state | wrong)})")
        assert problem["trait"] == trait


def test_the_static_form_is_small_and_always_the_same():
    first = WhySqrtD(number="2.3").static_html()
    assert first == WhySqrtD(number="2.3").static_html()
    assert first.count("<svg") == 6 and "median 0.76" in first
    assert len(json.dumps(WhySqrtD().state)) < 25_000 and len(first) < 60_000 and len(module_source("why_sqrt_d")) < 30_000
