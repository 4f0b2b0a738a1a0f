"""The figures of chapter 1 on a page without a kernel: each leads to its surprise by mouse and by keyboard, everywhere."""

import pytest
from figure_page import readout, slide, small_buttons, tab_to

from book_lib.widgets import BookMap, CostAndScore, Timeline
from book_lib.widgets.timeline import LAST

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def figures():
    return {figure.name: figure for figure in (Timeline(number="1.1"), CostAndScore(number="1.2"), BookMap(number="1.3"))}


def test_attention_is_older_and_2020_is_full_by_mouse(visit):
    page = visit("timeline")
    assert readout(page) == Timeline().sentence() and page.get_by_role("radio").count() == len(Timeline().works)
    page.get_by_role("button", name="attention", exact=True).click()
    assert readout(page) == Timeline(ideas=["attention"]).sentence() and "from Attention (September 2014)" in readout(page)
    page.get_by_role("button", name="Start again").click()
    slide(page, page.get_by_label("from", exact=True), 6 / (LAST - 2014))
    slide(page, page.get_by_label("to", exact=True), 6 / (LAST - 2014))
    first = Timeline(years=[2020, LAST], chosen="carion2020")
    now = Timeline(years=[2020, 2020], chosen="carion2020")
    assert first.shown()[0]["key"] == "carion2020" and readout(page) == now.sentence()
    assert page.get_by_role("radio").count() == len(now.shown()) == 6
    page.get_by_role("radio", name="ViT,").click()
    assert readout(page) == Timeline(years=[2020, 2020], chosen="dosovitskiy2021").sentence()
    card = page.locator(".bk-time-card")
    assert "88.55 top-1 %" in card.inner_text() and "Table 2" in card.inner_text() and "Neil Houlsby" in card.inner_text()
    assert card.get_by_role("link").get_attribute("href") == "https://arxiv.org/abs/2010.11929"
    page.get_by_role("button", name="lanes").click()
    page.get_by_role("button", name="recurrence").click()
    assert "no work fits" in readout(page) and page.get_by_role("radio").count() == 0
    page.get_by_role("button", name="Start again").click()
    assert readout(page) == Timeline().sentence()


def test_the_timeline_by_keyboard(visit):
    page = visit("timeline")
    tab_to(page, page.get_by_role("button", name="set prediction"))
    page.keyboard.press("Enter")
    keys = [work["key"] for work in Timeline(ideas=["set prediction"]).shown()]
    assert readout(page) == Timeline(ideas=["set prediction"], chosen=keys[0]).sentence()
    tab_to(page, page.get_by_role("radio", name="DETR, 26 May 2020"))
    for key in (*keys[1:], keys[-1]):
        page.keyboard.press("ArrowRight")
        assert readout(page) == Timeline(ideas=["set prediction"], chosen=key).sentence()
    page.keyboard.press("Home")
    assert readout(page) == Timeline(ideas=["set prediction"], chosen="carion2020").sentence()
    tab_to(page, page.get_by_role("link", name="Chapter 9, DETR"))
    assert page.locator(":focus").get_attribute("href") == "../chapters/09_detr.html"


def test_what_a_point_costs_by_mouse(visit):
    page = visit("cost_and_score")
    assert readout(page) == CostAndScore().sentence() and "at 1/15 of its cost" in readout(page)
    page.get_by_role("radio", name="5. ViT-H/14 (JFT)").click()
    assert readout(page) == CostAndScore(model="ViT-H/14 (JFT)").sentence()
    page.get_by_label("Benchmark", exact=True).select_option(label="COCO val, AP")
    page.get_by_role("button", name="2. DETR", exact=True).click()
    detr = {"benchmark": "COCO val, AP", "model": "DETR", "other": "Faster R-CNN + FPN"}
    assert readout(page) == CostAndScore(**detr).sentence() and "5.3 times its cost" in readout(page)
    page.get_by_role("button", name="parameters", exact=True).click()
    assert readout(page) == CostAndScore(**detr, axis="parameters").sentence()
    assert page.get_by_role("radio").count() == len(CostAndScore(**detr).listed())
    page.get_by_label("Compared with").select_option(label="DETR-R101")
    assert readout(page) == CostAndScore(**detr | {"other": "DETR-R101"}, axis="parameters").sentence()
    page.get_by_label("Benchmark", exact=True).select_option(label="ImageNet, linear probe, top-1 %")
    assert "iGPT-XL" in readout(page)
    page.get_by_role("button", name="training cost").click(force=True)       # this table gives none
    assert page.get_by_role("button", name="parameters", exact=True).get_attribute("aria-pressed") == "true"
    page.get_by_role("button", name="Start again").click()
    assert readout(page) == CostAndScore().sentence() and small_buttons(page, ".bk-stage") == []


def test_models_by_keyboard_in_order_of_their_cost(visit):
    page = visit("cost_and_score")
    by_cost = sorted((point for point in CostAndScore().listed() if point["cost"]), key=lambda point: point["cost"])
    names = [point["model"] for point in by_cost]
    tab_to(page, page.get_by_role("radio", name="4. ViT-L/16 (JFT)"))
    for name in names[names.index("ViT-L/16 (JFT)") + 1 :]:
        page.keyboard.press("ArrowRight")
        assert readout(page) == CostAndScore(model=name).sentence()
    for name in names[::-1][1:]:
        page.keyboard.press("ArrowLeft")
        assert readout(page) == CostAndScore(model=name).sentence()
    row = page.get_by_role("button", name="6. DeiT-B")
    tab_to(page, row)
    page.keyboard.press("Enter")
    assert readout(page) == CostAndScore(model="DeiT-B").sentence() and row.evaluate("node => node === document.activeElement")


def test_the_way_to_detr_by_mouse(visit):
    page = visit("book_map")
    assert readout(page) == BookMap().sentence()
    page.get_by_role("button", name="I want DETR only").click()
    assert readout(page) == BookMap(chosen=9, only=True).sentence()
    out = page.locator(".bk-map-out.bk-map-box .bk-map-number").all_inner_texts()
    assert out == ["1", "6", "7", "8", "10", "11", "12"] and page.locator("path.bk-map-on").count() == 5
    assert page.get_by_role("link", name="Open chapter 9").get_attribute("href") == "../chapters/09_detr.html"
    page.get_by_label("Show only the way").click()
    page.get_by_role("button", name="12 Lane shapes (on the way)").click()
    assert readout(page) == BookMap(chosen=12).sentence() and page.get_by_role("link").count() == 0
    assert small_buttons(page, ".bk-stage") == []


def test_the_map_by_keyboard(visit):
    page = visit("book_map")
    tab_to(page, page.get_by_role("button", name="2 Self-attention"))
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert readout(page) == BookMap(chosen=4).sentence()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Space")
    assert readout(page) == BookMap(chosen=3).sentence()
    assert page.get_by_role("button", name="3 Multi-head attention").get_attribute("aria-pressed") == "true"
