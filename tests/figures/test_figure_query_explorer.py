"""Query explorer: a query is described by its own reports; it is chosen by mouse, by keyboard and by its box."""

from base64 import b64decode

import numpy as np
import pytest
from figure_modules import ask, ask_each, data_file, in_javascript, said
from figure_page import readout, small_buttons
from made_up_scenes import explorer_of

from book_lib.book.figure import figure, recorder
from book_lib.book.packing import unpacked
from book_lib.data.scenes import make_scene

NAME = "query_explorer"


@pytest.fixture(scope="module")
def made_up():
    return explorer_of([make_scene(3), make_scene(4), make_scene(5)])


@pytest.fixture(scope="module")
def shown(made_up):
    return figure(NAME, number="9.1", data=made_up, query=2)


def told(made_up):
    """What the figure says of the made-up data in a state."""
    return lambda **state: said(NAME, **{"data": made_up, "query": 2} | state)


def reports_in(text):
    flat = b64decode(text)
    return [(flat[i], flat[i + 1], flat[i + 2] / 255, flat[i + 3] / 255) for i in range(0, len(flat), 4)]


def test_reports_are_packed_in_four_bytes_and_come_back():
    found = [(3, 2, 0.25, 1.0), (0, 1, 0.0, 0.5)]
    for (query, size, *centre), (a, b, *read) in zip(sorted(found), reports_in(recorder(NAME).pack_reports(found)), strict=True):
        assert (query, size) == (a, b) and read == pytest.approx(centre, abs=0.5 / 255)


def test_a_query_is_described_by_its_own_reports(made_up):
    n = len(made_up["scenes"][0]["boxes"])
    answers = ask_each(NAME, "[m.sentence(s), m.reports(s), m.inside(s), m.weights(s)]",
                       [{"scene": i % 3, "query": i} for i in range(n)], data=made_up)
    everyone = reports_in(made_up["reports"])
    for i, (_, reports, inside, weights) in enumerate(answers):
        assert reports == [pytest.approx(rest) for query, *rest in everyone if query == i]
        one = made_up["scenes"][i % 3]
        assert weights == pytest.approx(unpacked(one["maps"][i]))
        rows, columns = one["grid"]
        cx, cy, w, h = np.array(one["boxes"][i]) / 1e4
        x, y = (np.arange(columns) + 0.5) / columns, (np.arange(rows) + 0.5) / rows
        grid = np.array(weights).reshape(rows, columns)
        held = grid[np.ix_(np.abs(y - cy) <= h / 2, np.abs(x - cx) <= w / 2)].sum() / grid.sum()
        assert inside == pytest.approx(held) and 0 <= held <= 1
    assert "never reported" in answers[-1][0] and sum(len(reports) for _, reports, *_ in answers) == 900
    centres = np.array([centre for _, *centre in answers[0][1]])
    assert in_javascript(NAME, f"m.spread({centres.tolist()})") == pytest.approx(np.sqrt(centres.var(axis=0).sum()))


def test_the_first_query_shown_is_the_one_that_is_most_confident():
    assert figure(NAME).query == int(np.argmax(data_file(NAME)["scenes"][0]["scores"]))


@pytest.mark.browser
def test_a_query_is_chosen_by_mouse_by_keyboard_and_by_its_box(visit, made_up):
    page, said = visit(), told(made_up)
    assert readout(page) == said()
    page.get_by_role("button", name="object query 7:").click()
    assert readout(page) == said(query=7)
    assert page.locator(".bk-query-mark").count() == len(ask(NAME, "m.reports(s)", data=made_up, query=7))
    page.keyboard.press("ArrowRight")
    assert readout(page) == said(query=8)
    page.get_by_label("Scene", exact=True).select_option(index=1)
    one = made_up["scenes"][1]
    assert readout(page) == said(query=8, scene=1) and page.locator(".bk-dim").count() == np.prod(one["grid"])
    boxes = [[x / 10_000 for x in box] for box in one["boxes"]]          # all of one size in these data: the first is meant
    reporting = [query for query, score in enumerate(one["scores"]) if score >= made_up["least"]]
    cx, cy, w, h = boxes[reporting[-1]]
    under = [query for query in reporting if abs(boxes[query][0] - cx) <= w / 2 and abs(boxes[query][1] - cy) <= h / 2]
    page.locator(".bk-scene-view").scroll_into_view_if_needed()
    frame = page.locator(".bk-scene-view").bounding_box()
    page.mouse.click(frame["x"] + cx * frame["width"], frame["y"] + cy * frame["height"])
    assert readout(page) == said(query=under[0], scene=1)
    assert small_buttons(page, ".bk-stage") == []
