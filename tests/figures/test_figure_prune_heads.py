"""Prune heads: two heads that can each go alone, but not together; the numbers are those of the gap filler."""

import pytest
from figure_modules import ask_each
from figure_modules import said as said_of
from figure_page import readout, tab_to

from book_lib.book.figure import figure
from book_lib.experiments.gaps import accuracy_without_heads, exercises, load_gap_filler
from book_lib.experiments.grammar import GAPS

NAME = "prune_heads"
TABLE = [[1000 - 60 * n.bit_count() - (250 if n & 3 == 3 else 0), 990 - 70 * n.bit_count()] for n in range(8)]
MADE_UP = {"table": TABLE, "kinds": ["(a/an)"], "size": 524, "shared": 32}


@pytest.fixture(scope="module")
def measured():
    table = (1000 * accuracy_without_heads(load_gap_filler("8_heads", seed=1), *exercises(200, seed=2))).round().int().tolist()
    return {"table": table, "kinds": list(GAPS), "size": 524, "shared": 32}


@pytest.fixture(scope="module")
def shown(measured):
    return figure(NAME, number="3.4", **measured)


def test_the_least_missed_head_is_found_and_what_is_left_is_counted():
    states = [MADE_UP | state for state in ({}, {"removed": [2]}, {"removed": [1, 0]}, {"removed": [0, 1, 2], "guess": 250})]
    answers = ask_each(NAME, "[m.sentence(s), m.leastMissed(s)]", states)
    assert [least for _, least in answers] == [0, 0, 2, -1]
    assert "Removed: 1, 2. 63.0 % of the gaps" in answers[2][0] and "556 of 1604 numbers left" in answers[2][0]


@pytest.mark.browser
def test_two_heads_that_can_each_go_alone_but_not_together(visit, measured):
    def said(**state):
        return said_of(NAME, **measured, **state)

    whole, *alone, together = (measured["table"][row][0] for row in (0, 1 << 4, 1 << 7, 1 << 4 | 1 << 7))
    assert whole - together > 60 + sum(whole - one for one in alone)
    page = visit()
    assert readout(page) == said()
    page.get_by_role("button", name="head 5").click()
    page.get_by_role("button", name="head 8").click()
    assert readout(page) == said(removed=[4, 7])
    page.get_by_role("button", name="Put all back").click()
    assert readout(page) == said()
    tab_to(page, page.get_by_role("button", name="Remove the least missed"))
    for _ in range(8):
        page.keyboard.press("Enter")
    assert readout(page) == said(removed=list(range(8)))
