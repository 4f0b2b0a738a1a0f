"""Lane queries: what was recorded is what the trained network answers today, and the figure says and shows it."""


import math

import pytest
import torch
from figure_modules import said
from figure_page import readout, says, small_buttons, tab_to

from book_lib.book.figure import data_of, figure, recorder
from book_lib.data.lanes import make_roads
from book_lib.experiments.small_lanes import HELD_OUT_SEED, load_lstr

NAME = "lane_queries"
FEW = 40


@pytest.fixture(scope="module")
def shown():
    return figure(NAME, number="12.2")


@pytest.fixture(scope="module")
def data():
    return data_of(NAME, {})


def test_recorded_curves_are_what_the_network_answers_today(data):
    record = recorder(NAME)
    pictures = make_roads(FEW, seed=HELD_OUT_SEED)
    found = list(record.answers(load_lstr(), pictures))
    for query, own in enumerate(data["queries"]):
        today = [record.kept(lanes[query]) for scores, lanes in found if abs(scores[query] - 0.5) > 0.02 and scores[query] >= 0.5]
        assert all(any(near(lane, kept) for kept in own["lanes"]) for lane in today[:20]), query
    assert data["roads"] == record.ROADS and len(data["queries"]) == 7 and len(data["shown"]) == len(record.SHOWN)


def near(lane, kept):
    both = [(a, b) for a, b in zip(lane, kept, strict=True) if a is not None and b is not None]
    return bool(both) and max(abs(a - b) for a, b in both) <= 2


def test_counts_add_up_and_no_query_answers_for_all_kinds_of_line(data):
    for own in data["queries"]:
        assert sum(own["places"].values()) == own["reports"] <= data["roads"]
        assert len(own["lanes"]) == min(own["reports"], recorder(NAME).DRAWN)
    busy = [own for own in data["queries"] if own["reports"] > data["roads"] / 10]
    assert len(busy) >= 4 and all(max(own["places"].values()) > 0.5 * own["reports"] for own in busy)


def test_a_line_has_its_place_as_counted_from_the_camera():
    place_of = recorder(NAME).place_of
    assert [place_of([-5.0, -1.5, 2.0, 5.5, 9.0], i) for i in range(5)] == ["second left", "left", "right", "second right", "further right"]
    assert place_of([-12.0, -8.5, -5.0, -1.5, 2.0], 0) == place_of([-12.0, -8.5, -5.0, -1.5, 2.0], 1) == "further left"


@pytest.mark.parametrize("query", range(7))
def test_the_sentence_gives_the_recorded_shares(query, data):
    own, text = data["queries"][query], said(NAME, query=query)
    if own["reports"]:
        place = max(own["places"], key=own["places"].get)
        for part, whole in ((own["reports"], data["roads"]), (own["places"][place], own["reports"])):
            assert f"{math.floor(100 * part / whole + 0.5)}\u00a0%" in text
    else:
        assert "no line in any" in text


def test_a_recorded_curve_is_drawn_where_the_formula_has_it():
    record = recorder(NAME)
    lane = torch.tensor([0.45, 1.0, 0.0, 0.4, 0.01, 0.5, -0.6, -0.24])
    kept = record.kept(lane)
    expected = 0.01 / 0.4 + 0.5 - 0.6 * 0.8 + 0.24
    assert kept[record.ROWS.tolist().index(pytest.approx(0.8))] == round(1000 * expected)
    assert kept[-1] is not None and record.kept(lane + torch.tensor([0.2, 0, 0, 0, 0, 0, 0, 0]))[0] is None


@pytest.mark.browser
def test_the_walk_through_queries_and_roads(page, data):
    for query, own in enumerate(data["queries"]):
        page.locator(".bk-lanes-query").nth(query).click()
        says(page, f"Query {query} reports")
        paths = page.locator(".bk-lanes-query").nth(query).locator("path").get_attribute("d")
        assert paths.count("M") >= sum(any(x is not None for x in lane) for lane in own["lanes"])
    for road, shown_road in enumerate(data["shown"]):
        page.get_by_label("Road", exact=True).select_option(str(road))
        there = "n => document.querySelectorAll('.bk-lanes-road .bk-lanes-halo').length === n"
        page.wait_for_function(there, arg=len(shown_road["reports"]))


@pytest.mark.browser
def test_everything_by_keyboard_alone(page):
    tab_to(page, page.locator(".bk-lanes-query").nth(1))
    page.keyboard.press("Enter")
    says(page, "Query 1 reports")
    tab_to(page, page.get_by_role("button", name="Start again"))
    page.keyboard.press("Enter")
    says(page, "Query 2 reports")


@pytest.mark.browser
def test_narrow_and_wide_light_and_dark_by_mouse_or_finger(visit):
    page = visit()
    button = page.locator(".bk-lanes-query").nth(4)
    button.tap() if page.viewport_size["width"] < 600 else button.click()
    assert "held-out roads" in says(page, "Query 4 reports")
    assert small_buttons(page, ".bk-lanes-queries") == []
    assert readout(page).startswith("Query 4")
