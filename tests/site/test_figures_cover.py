"""The figure of the cover on a page without a kernel: the same numbers as Python's, by mouse and by keyboard."""

import pytest
from figure_page import readout, small_buttons, tab_to

from book_lib.widgets import OneIdea

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def figures():
    return {"one_idea": OneIdea()}


def test_the_look_follows_the_adjective_the_word_and_the_object(visit, figures):
    page = visit("one_idea")
    assert readout(page) == figures["one_idea"].sentence()
    page.get_by_role("button", name="… too wide").click()
    assert readout(page) == OneIdea(sentence_shown=1).sentence() and "“road”" in readout(page)
    marked, asked = page.locator(".bk-idea-asked").bounding_box(), page.locator(".bk-idea-line text", has_text="它").bounding_box()
    assert asked["x"] < marked["x"] + marked["width"] / 2 < asked["x"] + asked["width"]
    page.get_by_role("button", name="cross", exact=True).click()
    place = OneIdea(sentence_shown=1).shown["words"].index("cross")
    assert readout(page) == OneIdea(sentence_shown=1, word=place).sentence()
    last = len(figures["one_idea"].data["scene"]["boxes"]) - 1
    page.get_by_role("group", name="Objects that the detector finds").get_by_role("button").nth(last).click()
    assert readout(page) == OneIdea(sentence_shown=1, word=place, query=last).sentence()
    page.get_by_role("button", name="Start again").click()
    assert readout(page) == figures["one_idea"].sentence()
    assert small_buttons(page, ".bk-stage") == []


def test_arrows_go_from_word_to_word(visit, figures):
    page = visit("one_idea")
    noun = figures["one_idea"].shown["noun"]
    tab_to(page, page.get_by_role("group", name="Words that the translator writes").locator("[aria-pressed=true]"))
    page.keyboard.press("ArrowRight")
    assert readout(page) == OneIdea(word=noun + 1).sentence()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert readout(page) == OneIdea(word=noun - 1).sentence()
