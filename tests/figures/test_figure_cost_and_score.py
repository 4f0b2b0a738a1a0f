"""Cost and score: what models score and cost, compared as the tables give it."""

import json

import pytest
from figure_modules import ask, ask_each, in_javascript, said
from figure_page import readout, small_buttons, tab_to

from book_lib.book.figure import declared_traits, figure
from book_lib.book.history import BENCHMARKS, points

NAME = "cost_and_score"
AXES = declared_traits(NAME)["axis"]["enum"]


@pytest.fixture(scope="module")
def shown():
    return figure(NAME, number="1.2")


def many_costs():
    for benchmark in BENCHMARKS:
        models = [point for point in points() if point.benchmark == benchmark]
        for axis in AXES:
            if any(getattr(point, axis) for point in models):
                yield from ({"benchmark": benchmark, "axis": axis, "model": point.model, "other": models[0].model} for point in models)


def test_every_pair_of_models_has_its_sentence_and_lies_on_the_scales():
    states = list(many_costs())
    assert len(states) > 40
    for state, (sentence, scales) in zip(states, ask_each(NAME, "[m.sentence(s), m.scales(s)]", states), strict=True):
        assert state["model"] in sentence and not any(word in sentence for word in ("{", "undefined", "NaN", "null"))
        for name, at in (("x", state["axis"]), ("y", "score")):
            low, high = scales[name]
            listed = [point for point in points() if point.benchmark == state["benchmark"] and getattr(point, state["axis"]) is not None]
            assert all(low <= getattr(point, at) <= high for point in listed), (state["benchmark"], state["axis"])
        assert 2 <= len(scales["ticks"]) <= 8 and 3 <= len(scales["steps"]) <= 9


def test_prices_that_the_figure_tells():
    first = said(NAME)
    assert "87.76" in first and "+0.22 points, at 1/15 of its cost" in first
    coco = {"benchmark": "COCO val, AP", "model": "DETR", "other": "Faster R-CNN + FPN"}
    assert "+0.0 points, at 5.3 times its cost" in said(NAME, **coco)
    assert "+1.8 points, at 1/6.2 of its cost" in said(NAME, **coco | {"model": "Deformable DETR", "other": "DETR"})
    base = [point for point in points() if point.benchmark == "WMT14 English–German, BLEU"]
    cheapest = min(base, key=lambda point: point.cost)
    assert cheapest.model == "Transformer (base)" and sum(point.score > cheapest.score for point in base) == 1


def test_numbers_are_written_to_be_read():
    assert in_javascript(NAME, "[1, 632, 12300, 3.3e18, 2e19, 1e6].map(m.amount)") == [
        "1", "632", "12\u202f300", "3.3·10¹⁸", "2·10¹⁹", "1·10⁶"]
    assert in_javascript(NAME, "[42, 25.16, -0.5, 0.22].map(m.scored)") == ["42.0", "25.16", "−0.5", "0.22"]
    assert in_javascript(NAME, "[1, 1.001, 1 / 15, 5.3].map(m.ratio)") == ["exactly", "exactly", "1/15 of", "5.3 times"]


def test_names_beside_the_dots_never_lie_on_each_other_and_stay_inside():
    dots = [{"x": 40 + 37 * i % 300, "y": 30 + 53 * i % 260, "text": "Transformer (base)"[: 5 + 2 * i]} for i in range(7)]
    for right in (340, 720):
        names = in_javascript(NAME, f"m.named({json.dumps(dots)}, [40, {right}, 2, 296])")
        boxes = [[dot["x"] - 11, dot["x"] + 11, dot["y"] - 11, dot["y"] + 11] for dot in dots]
        for name in names:
            long = 6.5 * len(name["text"])
            left = name["x"] - {"start": 0, "middle": 0.5, "end": 1}[name["anchor"]] * long
            box = [left, left + long, name["y"] - 11, name["y"] + 3]
            assert box[0] >= 39 and box[1] <= right
            assert all(box[1] < a or box[0] > b or box[3] < c or box[2] > d for a, b, c, d in boxes), name
            boxes.append(box)
    assert [name["text"] for name in names] == [dot["text"] for dot in dots]


@pytest.mark.browser
def test_the_models_are_named_in_the_plot(visit):
    page = visit()
    for benchmark in BENCHMARKS:
        page.get_by_label("Benchmark", exact=True).select_option(label=benchmark)
        shown, dots = page.locator(".bk-cost-label").all_text_contents(), page.get_by_role("radio").count()
        least = min(2, dots) if page.viewport_size["width"] < 1000 else dots / 2          # a phone has no room for all
        assert len(shown) >= least, (benchmark, shown)


@pytest.mark.browser
def test_what_a_point_costs_by_mouse(visit):
    page = visit()
    assert readout(page) == said(NAME) and "at 1/15 of its cost" in readout(page)
    page.get_by_role("radio", name="5. ViT-H/14 (JFT)").click()
    assert readout(page) == said(NAME, model="ViT-H/14 (JFT)")
    page.get_by_label("Benchmark", exact=True).select_option(label="COCO val, AP")
    page.get_by_role("button", name="2. DETR", exact=True).click()
    detr = {"benchmark": "COCO val, AP", "model": "DETR", "other": "Faster R-CNN + FPN"}
    assert readout(page) == said(NAME, **detr) and "5.3 times its cost" in readout(page)
    page.get_by_role("button", name="parameters", exact=True).click()
    assert readout(page) == said(NAME, **detr, axis="parameters")
    assert page.get_by_role("radio").count() == sum(point.benchmark == detr["benchmark"] for point in points())
    page.get_by_label("Compared with").select_option(label="DETR-R101")
    assert readout(page) == said(NAME, **detr | {"other": "DETR-R101"}, axis="parameters")
    page.get_by_label("Benchmark", exact=True).select_option(label="ImageNet, linear probe, top-1 %")
    assert "iGPT-XL" in readout(page)
    page.get_by_role("button", name="training cost").click(force=True)       # this table gives none
    assert page.get_by_role("button", name="parameters", exact=True).get_attribute("aria-pressed") == "true"
    page.get_by_role("button", name="Start again").click()
    assert readout(page) == said(NAME) and small_buttons(page, ".bk-stage") == []


@pytest.mark.browser
def test_models_by_keyboard_in_order_of_their_cost(visit):
    page = visit()
    by_cost = sorted(ask(NAME, "m.listed(s).filter(point => point.cost)"), key=lambda point: point["cost"])
    names = [point["model"] for point in by_cost]
    tab_to(page, page.get_by_role("radio", name="4. ViT-L/16 (JFT)"))
    for name in names[names.index("ViT-L/16 (JFT)") + 1 :]:
        page.keyboard.press("ArrowRight")
        assert readout(page) == said(NAME, model=name)
    for name in names[::-1][1:]:
        page.keyboard.press("ArrowLeft")
        assert readout(page) == said(NAME, model=name)
    row = page.get_by_role("button", name="6. DeiT-B")
    tab_to(page, row)
    page.keyboard.press("Enter")
    assert readout(page) == said(NAME, model="DeiT-B") and row.evaluate("node => node === document.activeElement")
