"""The timeline: filters and places; attention is older than the Transformer, and 2020 is full."""

import pytest
from figure_modules import ask, said, state_of
from figure_page import readout, slide, tab_to

from book_lib.book.figure import declared_traits, figure
from book_lib.book.history import IDEAS, TASKS, works

NAME, LAST = "timeline", 2025
TIMELINES = [
    {}, {"ideas": ["attention"]}, {"ideas": ["set prediction", "patches"], "chosen": "fang2021"}, {"tasks": ["detection", "lanes"]},
    {"years": [2020, 2020], "chosen": "carion2020"}, {"years": [2016, 2018]}, {"tasks": ["segmentation"], "chosen": "kirillov2023"},
    {"tasks": ["lanes"], "ideas": ["recurrence"]},
    {"tasks": ["translation"], "ideas": ["recurrence", "attention"], "chosen": "bahdanau2015"},
]


@pytest.fixture(scope="module")
def shown():
    return figure(NAME, number="1.1")


def keys_shown(**state):
    return ask(NAME, "m.shown(s).map(work => work.key)", **state)


def test_attention_is_older_than_the_transformer_and_2020_is_full():
    oldest = said(NAME, ideas=["attention"])
    assert "from Attention (September 2014)" in oldest
    keys = keys_shown(years=[2020, 2020], chosen="carion2020")
    assert {"carion2020", "chen2020", "zhu2021", "dosovitskiy2021", "liu2021"} <= set(keys)


@pytest.mark.parametrize("state", TIMELINES)
def test_the_works_that_pass_all_filters_are_shown(state):
    now = state_of(NAME, **state)
    passing = [work["key"] for work in now["data"] if (not now["tasks"] or work["task"] in now["tasks"])
               and set(now["ideas"]) <= set(work["ideas"]) and now["years"][0] <= int(work["date"][:4]) <= now["years"][1]]
    assert keys_shown(**state) == passing
    assert ("no work fits" in said(NAME, **state)) == (not passing)


def test_names_on_the_timeline_never_lie_on_each_other_and_stay_inside():
    for width in (280, 328, 700):
        taken = {}
        for dot in ask(NAME, f"m.placed(s, {width})")["dots"]:
            long = 18 + 7.2 * len(next(work.name for work in works() if work.key == dot["key"]))
            a, b = (dot["x"] - long, dot["x"] + 8) if dot["left"] else (dot["x"] - 8, dot["x"] + long)
            assert a >= 0 and b <= width
            assert all(b < c or a > d for c, d in taken.setdefault(dot["y"], [])), dot
            taken[dot["y"]].append((a, b))


def test_words_for_filters_are_those_of_the_library():
    declared = declared_traits(NAME)
    assert (declared["tasks"]["items"]["enum"], declared["ideas"]["items"]["enum"]) == (list(TASKS), list(IDEAS))


@pytest.mark.browser
def test_attention_is_older_and_2020_is_full_by_mouse(visit):
    page = visit()
    assert readout(page) == said(NAME) and page.get_by_role("radio").count() == len(works())
    page.get_by_role("button", name="attention", exact=True).click()
    assert readout(page) == said(NAME, ideas=["attention"]) and "from Attention (September 2014)" in readout(page)
    page.get_by_role("button", name="Start again").click()
    slide(page, page.get_by_label("from", exact=True), 6 / (LAST - 2014))
    slide(page, page.get_by_label("to", exact=True), 6 / (LAST - 2014))
    now = {"years": [2020, 2020], "chosen": "carion2020"}
    assert keys_shown(years=[2020, LAST])[0] == "carion2020" and readout(page) == said(NAME, **now)
    assert page.get_by_role("radio").count() == len(keys_shown(**now)) == 8
    page.get_by_role("radio", name="ViT,").click()
    assert readout(page) == said(NAME, years=[2020, 2020], chosen="dosovitskiy2021")
    card = page.locator(".bk-time-card")
    assert "88.55 top-1 %" in card.inner_text() and "Table 2" in card.inner_text() and "Neil Houlsby" in card.inner_text()
    assert [link.get_attribute("href") for link in card.get_by_role("link").all()] == [
        "../chapters/08_vit.html", "https://arxiv.org/abs/2010.11929"]
    page.get_by_role("button", name="lanes").click()
    page.get_by_role("button", name="recurrence").click()
    assert "no work fits" in readout(page) and page.get_by_role("radio").count() == 0
    page.get_by_role("button", name="Start again").click()
    assert readout(page) == said(NAME)


@pytest.mark.browser
def test_the_timeline_by_keyboard(visit):
    page = visit()
    tab_to(page, page.get_by_role("button", name="set prediction"))
    page.keyboard.press("Enter")
    keys = keys_shown(ideas=["set prediction"])
    assert readout(page) == said(NAME, ideas=["set prediction"], chosen=keys[0])
    tab_to(page, page.get_by_role("radio", name="DETR, 26 May 2020"))
    for key in (*keys[1:], keys[-1]):
        page.keyboard.press("ArrowRight")
        assert readout(page) == said(NAME, ideas=["set prediction"], chosen=key)
    page.keyboard.press("Home")
    assert readout(page) == said(NAME, ideas=["set prediction"], chosen="carion2020")
    tab_to(page, page.get_by_role("link", name="Chapter 9, DETR"))
    assert page.locator(":focus").get_attribute("href") == "../chapters/09_detr.html"
