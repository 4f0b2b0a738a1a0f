"""Sentence arcs in a real browser: words by mouse and keyboard, the frame over the picture, both widths, light and dark."""

import re

import pytest
from figure_page import open_page, overflow, readout, violations, write_page

from book_lib.widgets import SentenceArcs
from book_lib.widgets.sentence_arcs import SCENE, THICK, WEIGHTS, box_of

pytestmark = pytest.mark.browser
SAME = "a picture and a figure that say different things"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("arcs")
    write_page(folder, [SentenceArcs()], "dark", "dark")
    write_page(folder, [SentenceArcs(scene=[])], "light", "words")
    return write_page(folder, [SentenceArcs(number="0.1")]).as_uri()


@pytest.fixture
def page(browser, address):
    page = open_page(browser, address)
    yield page
    assert page.faults == []
    page.close()


def word(page, name):
    return page.get_by_role("group", name="Words of the sentence").get_by_role("button", name=re.compile(rf"^{name}\b"))


def thickness(page):
    return page.evaluate("[...document.querySelectorAll('.bk-arc')].map(arc => +arc.getAttribute('stroke-width'))")


def dashed_box(page):
    return tuple(page.evaluate("['x', 'y', 'width', 'height'].map(name => +document.querySelector('.bk-box').getAttribute(name))"))


def test_the_first_state_is_the_librarys(page):
    assert readout(page) == SentenceArcs().sentence(), SAME
    assert thickness(page) == pytest.approx([0.8 + THICK * weight for weight in WEIGHTS[2]], abs=0.051)
    assert word(page, "animal").locator(".bk-arc-weight").inner_text() == "0.67"
    assert dashed_box(page) == box_of(SentenceArcs().patch_weights(), len(SCENE[0]))


def test_every_word_by_mouse_and_back_when_the_mouse_leaves(page):
    for row, name in enumerate(("animal", "road", "it", "tired")):
        word(page, name).hover()
        shown = page.locator(".bk-arc-weight").all_inner_texts()
        assert shown == [f"{weight:.2f}" for weight in WEIGHTS[row]]
        word(page, name).click()
        assert readout(page) == SentenceArcs(row=row).sentence(), SAME
    word(page, "animal").hover()
    page.mouse.move(5, 5)
    assert page.locator(".bk-arc-weight").all_inner_texts() == [f"{weight:.2f}" for weight in WEIGHTS[3]]


def test_words_by_keyboard(page):
    page.keyboard.press("Tab")
    assert readout(page) == SentenceArcs(row=0).sentence(), "reaching a word shows its row"
    page.keyboard.press("ArrowRight")
    assert readout(page) == SentenceArcs(row=1).sentence() and word(page, "road").get_attribute("aria-pressed") == "true"
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert readout(page) == SentenceArcs(row=0).sentence(), "stays at the first word"


def test_the_frame_is_dragged_to_the_road_and_put_back(page):
    picture = page.locator(".bk-scene").bounding_box()
    patch = picture["width"] / len(SCENE[0])
    frame = page.get_by_role("slider", name="Patch that asks")
    assert frame.get_attribute("aria-valuetext") == "row 5, column 10: animal"
    page.mouse.move(picture["x"] + 9.5 * patch, picture["y"] + 4.5 * patch)
    page.mouse.down()
    page.mouse.move(picture["x"] + 1.5 * patch, picture["y"] + 8.5 * patch, steps=4)
    page.mouse.up()
    moved = SentenceArcs(patch=[8, 1])
    assert readout(page) == moved.sentence(), SAME
    assert dashed_box(page) == box_of(moved.patch_weights(), len(SCENE[0])) and "road" in frame.get_attribute("aria-valuetext")
    page.get_by_role("button", name="Start again").click()
    assert readout(page) == SentenceArcs().sentence()


def test_the_frame_by_keyboard(page):
    page.get_by_role("slider").focus()
    for key in ("ArrowUp", "Shift+ArrowUp", "ArrowRight"):
        page.keyboard.press(key)
    assert readout(page) == SentenceArcs(patch=[0, 10]).sentence()
    page.keyboard.press("Shift+ArrowUp")
    assert readout(page) == SentenceArcs(patch=[0, 10]).sentence(), "stays inside the picture"
    page.keyboard.press("Escape")
    assert readout(page) == SentenceArcs().sentence()


def test_a_click_and_a_tap_put_the_frame_there(page, browser, address):
    picture = page.locator(".bk-scene").bounding_box()
    page.mouse.click(picture["x"] + 1, picture["y"] + 1)
    assert readout(page) == SentenceArcs(patch=[0, 0]).sentence()
    phone = open_page(browser, address, 360)
    picture = phone.locator(".bk-scene").bounding_box()
    phone.touchscreen.tap(picture["x"] + picture["width"] - 2, picture["y"] + picture["height"] - 2)
    assert readout(phone) == SentenceArcs(patch=[8, 19]).sentence()
    phone.close()


@pytest.mark.parametrize(("theme", "width"), [("index", 1280), ("index", 360), ("dark", 1280), ("dark", 360)])
def test_everyone_can_use_it(browser, address, theme, width):
    page = open_page(browser, address.replace("index", theme), width)
    readout(page)
    assert overflow(page) == 0 and page.faults == []
    wide, narrow = map(int, page.locator(".bk-widget").get_attribute("data-height").split())
    room = (narrow if width == 360 else wide) - page.locator(".bk-fig").bounding_box()["height"]
    assert abs(room) < 60
    assert page.evaluate("document.querySelector('.bk-arc-line').classList.contains('bk-arc-down')") == (width == 360)
    arcs = page.evaluate("""() => { const line = document.querySelector('.bk-arc-line').getBoundingClientRect();
      return [...document.querySelectorAll('.bk-arc')].every(arc => { const box = arc.getBoundingClientRect();
        return box.left >= line.left && box.right <= line.right + 1 && box.top >= line.top && box.bottom <= line.bottom; }); }""")
    assert arcs, "an arc leaves its figure"
    assert min(page.evaluate("[...document.querySelectorAll('button.bk-arc-word')].map(word => word.offsetHeight)")) >= 40
    assert violations(page) == []
    page.close()


def test_turning_the_phone_lays_the_sentence_down(browser, address):
    page = open_page(browser, address.replace("index", "words"), 360)
    assert page.locator(".bk-arc-down").count() == 1 and page.locator(".bk-scene").count() == 0
    page.set_viewport_size({"width": 900, "height": 400})
    page.wait_for_function("!document.querySelector('.bk-arc-down')")
    assert page.faults == []
    page.close()
