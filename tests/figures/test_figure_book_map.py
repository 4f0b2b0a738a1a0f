"""The map of the book: what builds on what, and the way to the chapter a reader wants."""

import pytest
from figure_modules import ask, said
from figure_page import readout, small_buttons, tab_to

from book_lib.book.chapters import chapters
from book_lib.book.figure import figure

NAME = "book_map"


@pytest.fixture(scope="module")
def shown():
    return figure(NAME, number="1.3")


def test_the_map_follows_the_needs():
    written = chapters()
    number = {chapter.slug: chapter.number for chapter in written}
    needs = {chapter.number: {number[slug] for slug in chapter.needs} for chapter in written}

    def needed(one):
        return set().union(needs[one], *map(needed, needs[one]))

    for one in needs:
        assert ask(NAME, "m.needed(s, s.chosen)", chosen=one) == sorted(needed(one))
        assert ask(NAME, "m.needing(s, s.chosen)", chosen=one) == [other for other in needs if one in needed(other)]
    for width in (328, 700):
        boxes = {box["number"]: box for box in ask(NAME, f"m.placed(s, {width}).boxes")}
        assert boxes.keys() == needs.keys() and all(box["x"] + box["w"] <= width + 1e-9 for box in boxes.values())
        if width == 328:
            assert all(box["h"] >= 40 for box in boxes.values())
        else:
            assert all(boxes[before]["x"] < boxes[after]["x"] for after in needs for before in needs[after]), "columns by depth"


def way_to(last):
    """The chapters that lead to a chapter, by number, with it; and all others."""
    book = {chapter.slug: chapter for chapter in chapters()}

    def way(chapter):
        return {chapter.number}.union(*(way(book[slug]) for slug in chapter.needs))

    there = way(next(chapter for chapter in book.values() if chapter.number == last))
    return [chapter for chapter in book.values() if chapter.number in there], [c for c in book.values() if c.number not in there]


def test_the_way_to_detr_leaves_out_what_it_does_not_need():
    way, others = way_to(9)
    numbers, left_out = (", ".join(str(chapter.number) for chapter in some) for some in (way, others))
    minutes = sum(chapter.minutes for chapter in way)
    assert said(NAME, chosen=9, only=True) == (
        f"The way to chapter 9: {numbers}, about {minutes} minutes to read. You may leave out {left_out}."
    )
    assert {2, 3, 4, 5, 9} <= {chapter.number for chapter in way} and {6, 7, 8, 10, 11, 12} <= {chapter.number for chapter in others}


@pytest.mark.browser
def test_the_way_to_detr_by_mouse(visit):
    page = visit()
    assert readout(page) == said(NAME)
    page.get_by_role("button", name="I want DETR only").click()
    assert readout(page) == said(NAME, chosen=9, only=True)
    out = page.locator(".bk-map-out.bk-map-box .bk-map-number").all_inner_texts()
    way, others = way_to(9)
    assert out == [str(chapter.number) for chapter in others]
    assert page.locator("path.bk-map-on").count() == sum(len(chapter.needs) for chapter in way)
    assert page.get_by_role("link", name="Open chapter 9").get_attribute("href") == "../chapters/09_detr.html"
    page.get_by_label("Show only the way").click()
    page.get_by_role("button", name="8 Vision Transformer").click()
    assert readout(page) == said(NAME, chosen=8)
    assert page.get_by_role("link", name="Open chapter 8").get_attribute("href") == "../chapters/08_vit.html"
    assert small_buttons(page, ".bk-stage") == []


@pytest.mark.browser
def test_the_map_by_keyboard(visit):
    page = visit()
    tab_to(page, page.get_by_role("button", name="2 Self-attention"))
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert readout(page) == said(NAME, chosen=4)
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Space")
    assert readout(page) == said(NAME, chosen=3)
    assert page.get_by_role("button", name="3 Multi-head attention").get_attribute("aria-pressed") == "true"
