"""The figures of chapter 4 on a page without a kernel: the surprise of each by mouse and by keyboard, everywhere, for everyone."""

import pytest
from figure_page import drag, readout, reopen, slide, tab_to

from book_lib.widgets import PositionCode, ShuffleTheSentence, SimilarityByOffset

pytestmark = pytest.mark.browser
SWAPPED = [0, 4, 2, 3, 1]


@pytest.fixture(scope="module")
def figures():
    made = (ShuffleTheSentence(number="4.1"), PositionCode(number="4.2"), SimilarityByOffset(number="4.3"))
    return {figure.name: figure for figure in made}


def outputs_shown(page):
    return page.locator(".bk-table tbody tr").evaluate_all("rows => rows.map(row => row.cells[2].textContent)")


def test_no_shuffling_moves_a_word_until_it_gets_a_position(visit):
    first = ShuffleTheSentence()
    blind, sees = ShuffleTheSentence(order=SWAPPED), ShuffleTheSentence(order=SWAPPED, codes=True)
    page = visit("shuffle_the_sentence")
    assert readout(page) == first.sentence()
    before = outputs_shown(page)
    page.get_by_role("button", name="Swap “dog” and “man”").click()
    assert readout(page) == blind.sentence()
    assert outputs_shown(page) == [before[i] for i in SWAPPED]
    page.get_by_role("checkbox", name="add position codes").check()
    assert readout(page) == sees.sentence()
    page.get_by_role("button", name="Start again").click()
    assert readout(page) == first.sentence()


def test_a_word_is_dragged_and_moved_by_keys(visit):
    first, moved = ShuffleTheSentence(), ShuffleTheSentence(order=[1, 0, 2, 3, 4])
    page = visit("shuffle_the_sentence")
    tiles = page.get_by_role("group", name="The sentence").get_by_role("button")
    step = tiles.nth(1).bounding_box()["x"] - tiles.nth(0).bounding_box()["x"]
    drag(page, tiles.nth(0), step, 0)
    assert readout(page) == moved.sentence()
    page.get_by_role("button", name="Start again").click()

    reopen(page)
    tab_to(page, tiles.nth(1))
    page.keyboard.press("ArrowLeft")
    assert readout(page) == moved.sentence()
    assert tiles.nth(0).evaluate("element => element === document.activeElement")
    page.keyboard.press("Escape")
    assert readout(page) == first.sentence()


def test_with_one_speed_position_44_looks_like_position_0(visit):
    page = visit("position_code")
    assert readout(page) == PositionCode().sentence()
    page.get_by_label("base").select_option("1")
    slide(page, page.get_by_role("slider", name="position").first, 0)
    assert readout(page) == PositionCode(base=1, position=0).sentence()
    assert "44 has the code most like that of position 0" in readout(page)


def test_the_heat_map_is_read_by_mouse_and_keys(visit):
    page = visit("position_code")
    handle = page.locator(".bk-heat")
    cell = page.locator(".bk-code").bounding_box()["width"] * 6.5 / 340
    drag(page, handle, 3.5 * cell, 0)
    position = int(handle.get_attribute("aria-valuenow"))
    assert readout(page) == PositionCode(position=position).sentence() and 26 <= position <= 28

    reopen(page)
    tab_to(page, handle)
    page.keyboard.press("ArrowRight")
    assert readout(page) == PositionCode(position=6).sentence()
    page.keyboard.press("ArrowDown")
    readout(page)
    assert "clock 2 of 8" in handle.get_attribute("aria-valuetext")
    assert page.get_by_role("button", name="clock 2:").get_attribute("aria-pressed") == "true"


def test_turning_the_query_moves_the_peak_and_random_codes_have_no_direction(visit):
    back, noise = SimilarityByOffset(look=-3), SimilarityByOffset(look=-3, kind=1)
    assert back.best() == 17 and noise.best() != 17
    page = visit("similarity_by_offset")
    assert readout(page) == SimilarityByOffset().sentence()
    handle = page.locator(".bk-handle")
    tab_to(page, handle)
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    assert readout(page) == back.sentence()
    page.get_by_label("codes").select_option("1")
    assert readout(page) == noise.sentence()
    page.get_by_role("button", name="Start again").click()
    tab_to(page, handle)
    page.keyboard.press("Shift+ArrowRight")
    assert readout(page) == SimilarityByOffset(query=24).sentence()
    page.keyboard.press("Escape")
    assert readout(page) == SimilarityByOffset().sentence()
