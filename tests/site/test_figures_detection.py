"""The figures of chapter 9 on a page without a kernel: each leads to its surprise by mouse and by keyboard, everywhere."""

import re

import pytest
from figure_page import drag, readout, small_buttons, tab_to
from figure_scenes import encoder_of, explorer_of, run_of

from book_lib.data.scenes import make_scene
from book_lib.widgets import EncoderAttention, FollowTheShapes, HungarianSteps, MatchingOverTime, QueryExplorer
from book_lib.widgets.base import number

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def figures():
    scenes = [make_scene(3), make_scene(4), make_scene(5)]
    made = (
        HungarianSteps(number="9.1"),
        FollowTheShapes(number="9.2"),
        MatchingOverTime(number="9.3", run=run_of(scenes[0])),
        QueryExplorer(number="9.4", data=explorer_of(scenes), query=2),
        EncoderAttention(number="9.5", data=encoder_of(scenes), cell=[2, 2]),
    )
    return {figure.name: figure for figure in made}


def with_state(figure, **changes):
    return type(figure)(**figure.state | changes)


def added(cost, rows=(), columns=()):
    return [[x + (i in rows) + (j in columns) for j, x in enumerate(row)] for i, row in enumerate(cost)]


def test_greedy_pays_and_the_algorithm_is_walked_by_mouse(visit, figures):
    first = figures["hungarian_steps"]
    page = visit("hungarian_steps")
    assert readout(page) == first.sentence() and "costs 16, the cheapest pairing 10" in first.sentence()
    for step in range(1, len(first.steps())):
        page.get_by_role("button", name="Next step").click()
        assert readout(page) == with_state(first, step=step).sentence()
        shown = page.locator(".bk-hungarian-cell").all_inner_texts()
        assert [text.strip("★′") for text in shown] == [str(x) for row in first.steps()[step]["reduced"] for x in row]
        assert sum("★" in text for text in shown) == len(first.steps()[step]["stars"])
    page.get_by_role("button", name="add 1 to the column of B").click()
    dearer = added(first.cost, columns=[1])
    assert readout(page) == with_state(first, cost=dearer, step=len(HungarianSteps(cost=dearer).steps()) - 1).sentence()
    assert "the cheapest pairing 11." in readout(page)
    page.get_by_role("button", name="3 objects").click()
    assert readout(page) == HungarianSteps(cost=[row[:3] for row in first.cost]).sentence() and page.locator(".bk-cell").count() == 12
    page.get_by_role("button", name="Start again").click()
    assert readout(page) == first.sentence()
    assert small_buttons(page, ".bk-stage") == []


def test_a_cost_is_changed_by_keyboard(visit, figures):
    first = figures["hungarian_steps"]
    page = visit("hungarian_steps")
    cell = page.get_by_label("cost of query 4 for A")
    tab_to(page, cell)
    for _ in range(8):
        page.keyboard.press("ArrowUp")
    cost = [*first.cost[:3], [9, *first.cost[3][1:]]]
    assert readout(page) == with_state(first, cost=cost).sentence()
    page.keyboard.press("Control+a")
    page.keyboard.type("99")
    cost[3] = [99, *first.cost[3][1:]]
    assert readout(page) == with_state(first, cost=cost).sentence()
    page.keyboard.type("9")                                                  # 999 is too dear: the last cost that fitted stays
    assert readout(page) == with_state(first, cost=cost).sentence()
    page.keyboard.press("Tab")
    assert cell.input_value() == "99"
    page.get_by_role("slider", name="step").focus()
    page.keyboard.press("End")
    last = len(HungarianSteps(cost=cost).steps()) - 1
    assert readout(page) == with_state(first, cost=cost, step=last).sentence()


def test_doubling_and_padding_by_mouse(visit, figures):
    first = figures["follow_the_shapes"]
    page = visit("follow_the_shapes")
    assert readout(page) == first.sentence()
    page.get_by_role("button", name="Double both sides").click()
    assert readout(page) == with_state(first, image_height=960, image_width=1280, other_height=1280, other_width=960).sentence()
    page.get_by_role("button", name="Start again").click()
    page.get_by_role("button", name="Add an upright image").click()
    two = with_state(first, batch=2)
    assert readout(page) == two.sentence() and "25.0 %, are padding" in two.sentence()
    shapes = [tensors[0][0] for tensors in two.shapes().values()]
    assert page.locator(".bk-shapes-shape").all_inner_texts() == [f"[{', '.join(map(str, shape))}]" for shape in shapes]
    page.get_by_role("button", name="C5, stride 32").click()
    assert readout(page) == two.sentence()
    assert "⌊(40 + 2·1 − 3) / 2⌋ + 1 = 20" in page.locator(".bk-shapes-formula").first.inner_text()
    drag(page, page.get_by_role("slider", name="corner of the image").locator(".bk-shapes-dot"), 20, 0)
    assert f"padded to 640 × {page.get_by_label('width', exact=True).input_value()} px" in readout(page)
    assert int(page.get_by_label("width", exact=True).input_value()) > 700
    assert small_buttons(page, ".bk-stage") == []


def says(page, sentence):
    """Wait until the readout says this sentence."""
    page.wait_for_function("wanted => document.querySelector('.bk-readout').innerText === wanted", arg=sentence)
    return True


def test_sizes_and_boxes_by_keyboard(visit, figures):
    first = figures["follow_the_shapes"]
    page = visit("follow_the_shapes")
    tab_to(page, page.get_by_label("height", exact=True))
    page.keyboard.press("Shift+ArrowRight")
    assert says(page, with_state(first, image_height=512).sentence())
    page.keyboard.press("ArrowRight")
    assert says(page, with_state(first, image_height=513).sentence())
    tab_to(page, page.get_by_role("button", name=re.compile("^Image")))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    readout(page)
    assert "⌊(513 + 2·3 − 7) / 2⌋ + 1 = 257" in page.locator(".bk-shapes-formula").first.inner_text()
    corner = page.get_by_role("slider", name="corner of the image")
    tab_to(page, corner)
    page.keyboard.press("Shift+ArrowUp")
    now = with_state(first, image_height=481)
    assert says(page, now.sentence()) and corner.get_attribute("aria-valuetext") == "481 px high, 640 px wide"
    page.keyboard.press("Escape")                                # one key, then Escape: a pause between two would begin a new gesture
    assert says(page, with_state(first, image_height=513).sentence())
    page.keyboard.press("ArrowRight")
    assert says(page, with_state(first, image_height=513, image_width=641).sentence())


def test_training_is_scrubbed_and_changes_are_counted(visit, figures):
    first = figures["matching_over_time"]
    page = visit("matching_over_time")
    assert readout(page) == first.sentence()
    slider = page.get_by_role("slider", name="snapshot")
    tab_to(page, slider)
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    now = with_state(first, snapshot=4)
    assert readout(page) == now.sentence()
    starred = page.locator(".bk-match-star").all_inner_texts()
    costs = [number(now.one["cost"][row][i]) for i, row in enumerate(now.one["matched"])]
    assert sorted(text.strip("★ ") for text in starred) == sorted(costs)
    assert page.locator(".bk-match-line").count() == len(now.one["matched"])
    assert page.locator(".bk-match-bar").count() == len(now.one["matched"]) + sum(now.flips())
    bars = page.locator(".bk-match-bars")
    bars.scroll_into_view_if_needed()
    frame = bars.bounding_box()
    page.mouse.click(frame["x"] + frame["width"] - 4, frame["y"] + 10)
    assert readout(page) == with_state(first, snapshot=9).sentence()
    page.get_by_role("button", name="Start again").click()
    assert readout(page) == first.sentence()


def test_a_query_is_chosen_by_mouse_by_keyboard_and_by_its_box(visit, figures):
    first = figures["query_explorer"]
    page = visit("query_explorer")
    assert readout(page) == first.sentence()
    page.get_by_role("button", name="query 7:").click()
    now = with_state(first, query=7)
    assert readout(page) == now.sentence() and page.locator(".bk-query-mark").count() == len(now.reports())
    page.keyboard.press("ArrowRight")
    assert readout(page) == with_state(first, query=8).sentence()
    page.get_by_label("Scene", exact=True).select_option(index=1)
    now = with_state(first, query=8, scene=1)
    assert readout(page) == now.sentence() and page.locator(".bk-dim").count() == len(now.weights())
    boxes = [[x / 10_000 for x in box] for box in now.one["boxes"]]          # all of one size in these data: the first is meant
    reporting = [query for query, score in enumerate(now.one["scores"]) if score >= now.data["least"]]
    cx, cy, w, h = boxes[reporting[-1]]
    under = [query for query in reporting if abs(boxes[query][0] - cx) <= w / 2 and abs(boxes[query][1] - cy) <= h / 2]
    page.locator(".bk-scene-view").scroll_into_view_if_needed()
    frame = page.locator(".bk-scene-view").bounding_box()
    page.mouse.click(frame["x"] + cx * frame["width"], frame["y"] + cy * frame["height"])
    assert readout(page) == with_state(first, query=under[0], scene=1).sentence()
    assert small_buttons(page, ".bk-stage") == []


def test_a_cell_is_chosen_by_mouse_and_moved_by_keyboard(visit, figures):
    first = figures["encoder_attention"]
    page = visit("encoder_attention")
    assert readout(page) == first.sentence()
    rows, columns = first.one["grid"]
    page.locator(".bk-scene-view").scroll_into_view_if_needed()
    frame = page.locator(".bk-scene-view").bounding_box()
    page.mouse.click(frame["x"] + 3.5 / columns * frame["width"], frame["y"] + 1.5 / rows * frame["height"])
    assert readout(page) == with_state(first, cell=[1, 3]).sentence()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowLeft")
    now = with_state(first, cell=[2, 2])
    assert readout(page) == now.sentence()
    shown = page.locator(".bk-bar-share").all_inner_texts()
    assert shown == [f"{number(100 * share, 0)} %" for share in now.shares()]
    handle = page.get_by_role("slider", name="chosen cell")
    tab_to(page, handle)
    for _ in range(2):
        page.keyboard.press("Shift+ArrowUp")
    assert readout(page) == with_state(first, cell=[0, 2]).sentence()
    assert handle.get_attribute("aria-valuetext").startswith("row 1, column 3: ")
    page.get_by_label("Layer and head", exact=True).select_option(index=3)
    page.get_by_label("Scene", exact=True).select_option(index=2)
    assert readout(page) == with_state(first, cell=[0, 2], map=3, scene=2).sentence()
