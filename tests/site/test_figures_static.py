"""The figures of chapter 2 on a page without a kernel: its surprise by mouse and by keyboard, everywhere, for everyone."""

import pytest
from figure_page import drag, readout, reopen, slide, tab_to

from book_lib.widgets import AttentionByHand, WhoSeesWhom, WhySqrtD

pytestmark = pytest.mark.browser
UNIT = 30 / 340         # one unit of the plane, as a share of its width


@pytest.fixture(scope="module")
def figures():
    return {figure.name: figure for figure in (AttentionByHand(number="2.1"), WhoSeesWhom(number="2.2"), WhySqrtD(number="2.3"))}


def start_again(page, first):
    page.get_by_role("button", name="Start again").click()
    assert readout(page) == first.sentence()


def test_attention_by_hand_turns_to_the_road_but_not_because_it_is_wide(visit):
    first = AttentionByHand()
    turned = AttentionByHand(key=[first.key[0], [4, 2], *first.key[2:]])
    other = first.other
    parts = {part: [*getattr(first, part)[:3], other[part]] for part in ("query", "key", "value")}
    wide = AttentionByHand(tokens=[*first.tokens[:3], "wide"], **parts)
    assert turned.attention()["weights"][2][1] > turned.attention()["weights"][2][0] and "4.11 times" in wide.sentence()

    page = visit("attention_by_hand")
    assert readout(page) == first.sentence()
    road, swap = page.get_by_role("slider", name="key of road"), page.get_by_role("button", name="Put “wide” in place")
    unit = page.locator(".bk-plane").bounding_box()["width"] * UNIT
    drag(page, road.locator(".bk-hit"), 4 * unit, 0)
    assert readout(page) == turned.sentence()
    start_again(page, first)
    swap.click()
    assert readout(page) == wide.sentence()
    start_again(page, first)

    reopen(page)
    tab_to(page, swap)
    page.keyboard.press("Enter")
    assert readout(page) == wide.sentence()
    page.keyboard.press("Enter")
    tab_to(page, road)
    for _ in range(2):
        page.keyboard.press("Shift+ArrowRight")
    assert readout(page) == turned.sentence()
    assert road.get_attribute("aria-valuetext") == f"4, 2; score 10, weight {turned.attention()['weights'][2][1]:.2f}"
    page.keyboard.press("Escape")
    assert readout(page) == first.sentence()


def test_attention_by_hand_shows_its_inputs_and_explains_a_chosen_number(visit):
    page = visit("attention_by_hand")
    cells = page.get_by_role("spinbutton")
    assert [cell.input_value() for cell in cells.all()][:6] == ["1", "0", "2", "0", "4", "0"] and cells.count() == 24
    page.get_by_role("button", name="score, road: 2").click()
    assert readout(page) == AttentionByHand().sentence()
    assert page.locator(".bk-formula").inner_text() == "s = q·k = 2·0 + 1·2 = 2"
    page.get_by_role("spinbutton", name="key k of road, component 2").fill("3")
    assert readout(page) == AttentionByHand(key=[[2, 0], [0, 3], [-1, 0], [1, 0]]).sentence()
    assert "[object" not in page.locator(".bk-fig").inner_text()


def test_convolution_needs_seven_layers_and_attention_becomes_the_dearest(visit):
    first, deep, long = WhoSeesWhom(), WhoSeesWhom(layers=7), WhoSeesWhom(layers=7, n=12288)
    assert "most expensive is self-attention" in long.sentence()

    page = visit("who_sees_whom")
    assert readout(page) == first.sentence() and page.locator(".bk-see-no").inner_text() == "none: needs 7 layers"
    slide(page, page.get_by_label("convolution layers L"), 0.6)
    assert readout(page) == deep.sentence() and page.locator(".bk-see-no").count() == 0
    slide(page, page.get_by_label("length n"), 1)
    assert readout(page) == long.sentence()
    page.get_by_role("group", name="output word").get_by_role("radio", name="animal").click()
    page.get_by_role("group", name="input word").get_by_role("radio", name="tired").click()
    assert readout(page) == WhoSeesWhom(layers=7, n=12288, output=1, source=11).sentence()
    assert "tired" in page.locator(".bk-see-no").first.inner_text()
    start_again(page, first)

    reopen(page)
    tab_to(page, page.get_by_role("radio", name="it", exact=True).first)
    page.keyboard.press("ArrowRight")
    assert readout(page) == WhoSeesWhom(output=9).sentence()
    page.keyboard.press("ArrowLeft")
    tab_to(page, page.get_by_label("convolution layers L"))
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    assert readout(page) == deep.sentence()
    tab_to(page, page.get_by_label("length n"))
    page.keyboard.press("End")
    assert readout(page) == long.sentence()


def test_without_scaling_the_typical_gradient_dies_and_a_few_explode(visit):
    first, wide = WhySqrtD(), WhySqrtD(d_k=1024)
    plain, scaled = wide.shown()
    assert plain["median"] < 0.001 and plain["top"] > 13 and 0.29 < scaled["median"] < 0.31

    page = visit("why_sqrt_d")
    assert readout(page) == first.sentence()
    slide(page, page.get_by_label("width dₖ of queries and keys"), 1)
    assert readout(page) == wide.sentence()
    stats, mark = page.locator(".bk-scale-stat"), page.get_by_role("slider", name="query shown, unscaled gradient")
    assert stats.nth(4).inner_text() == "median 0.0005 · 61 % below 0.01 · 5 % above 13.29 · shown: 0.0005"
    assert stats.nth(0).inner_text() == "spread 31.9" and stats.nth(1).inner_text() == "spread 1.0"
    drag(page, mark.locator(".bk-tip"), 200, 0)
    assert stats.nth(4).inner_text().endswith("shown: 13.33")
    start_again(page, first)

    reopen(page)
    tab_to(page, page.get_by_label("width dₖ of queries and keys"))
    page.keyboard.press("End")
    assert readout(page) == wide.sentence()
    tab_to(page, mark)
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    readout(page)
    assert mark.get_attribute("aria-valuetext") == "100th largest gradient, gradient 13.33"
    first_key, second_key = WhySqrtD(d_k=1024, place=4).shown()[0]["weights"][:2]
    assert stats.nth(2).inner_text() == f"best key {first_key:.3f}, second {second_key:.3f}"
