"""Matching over time: changes are counted, pairs are summed; a training is scrubbed."""

import numpy as np
import pytest
from figure_modules import ask, ask_each, number, said
from figure_page import readout, tab_to
from made_up_scenes import run_of
from scipy.optimize import linear_sum_assignment

from book_lib.book.figure import figure
from book_lib.data.scenes import make_scene

NAME = "matching_over_time"


@pytest.fixture(scope="module")
def made_up():
    return run_of(make_scene(3))


@pytest.fixture(scope="module")
def shown(made_up):
    return figure(NAME, number="9.5", data=made_up)


def told(made_up):
    """What the figure says of the made-up data in a state."""
    return lambda **state: said(NAME, **{"data": made_up} | state)


def test_it_counts_the_changes_and_sums_the_pairs(made_up):
    snapshots = made_up["snapshots"]
    places = [{"snapshot": i} for i in range(len(snapshots))]
    answers = ask_each(NAME, "[m.sentence(s), m.flips(s), m.total(s)]", places, data=made_up)
    matched = [one["matched"] for one in snapshots]
    flips = [0] + [sum(a != b for a, b in zip(old, new, strict=True)) for old, new in zip(matched, matched[1:], strict=False)]
    assert sum(flips) > 3
    for (_, found, total), snapshot in zip(answers, snapshots, strict=True):
        cost = np.array(snapshot["cost"])
        assert found == flips and total == pytest.approx(cost[linear_sum_assignment(cost)].sum(), abs=0.03)
    assert f"{sum(flips[:5])} changes so far, {sum(flips[5:])} still to come" in answers[4][0]


@pytest.mark.browser
def test_training_is_scrubbed_and_changes_are_counted(visit, made_up):
    page, said = visit(), told(made_up)
    assert readout(page) == said()
    slider = page.get_by_role("slider", name="snapshot")
    tab_to(page, slider)
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    assert readout(page) == said(snapshot=4)
    now = made_up["snapshots"][4]
    starred = page.locator(".bk-match-star").all_inner_texts()
    costs = [number(now["cost"][row][i]) for i, row in enumerate(now["matched"])]
    assert sorted(text.strip("★ ") for text in starred) == sorted(costs)
    assert page.locator(".bk-match-line").count() == len(now["matched"])
    assert page.locator(".bk-match-bar").count() == len(now["matched"]) + sum(ask(NAME, "m.flips(s)", data=made_up))
    bars = page.locator(".bk-match-bars")
    bars.scroll_into_view_if_needed()
    frame = bars.bounding_box()
    page.mouse.click(frame["x"] + frame["width"] - 4, frame["y"] + 10)
    assert readout(page) == said(snapshot=9)
    page.get_by_role("button", name="Start again").click()
    assert readout(page) == said()
