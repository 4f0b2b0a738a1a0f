"""Hungarian steps: the figure walks as the library does, on any costs; greedy pairing is what its name says, and pays."""

import itertools

import numpy as np
import pytest
from figure_modules import ask, in_javascript, said, state_of
from figure_page import readout, small_buttons, tab_to
from scipy.optimize import linear_sum_assignment

from book_lib.book.figure import figure
from book_lib.detection.hungarian import assignment_steps

NAME = "hungarian_steps"
RNG = np.random.default_rng(0)
SHAPES = [(n, m) for n in range(1, 6) for m in range(1, 6)]
COSTS = [RNG.integers(0, high, shape).tolist() for shape in SHAPES for high in (3, 10, 100)]
FIRST = state_of(NAME)["cost"]
THREE = [row[:3] for row in FIRST]


@pytest.fixture(scope="module")
def shown():
    return figure(NAME, number="9.2")


def steps(cost):
    return ask(NAME, "m.steps(s)", cost=cost)


def paid(cost, pairs):
    return sum(cost[i][j] for i, j in pairs)


def cheapest(cost):
    """The least total of any pairing, by trying all."""
    cost = np.array(cost) if len(cost) <= len(cost[0]) else np.array(cost).T
    return min(sum(cost[i, j] for i, j in enumerate(order)) for order in itertools.permutations(range(cost.shape[1]), len(cost)))


def test_it_takes_the_steps_of_the_library_on_random_costs():
    answers = in_javascript(NAME, f"{COSTS}.map(cost => m.steps({{ cost }}))")
    for cost, taken in zip(COSTS, answers, strict=True):
        for ours, theirs in itertools.zip_longest(taken, assignment_steps(cost)):
            assert ours["name"] == theirs["name"] and ours["reduced"] == theirs["reduced"].tolist()
            assert {tuple(pair) for pair in ours["stars"]} == set(theirs["stars"])
            assert {tuple(pair) for pair in ours["primes"]} == set(theirs["primes"])
            assert (ours["covered_rows"], ours["covered_columns"]) == (theirs["covered_rows"], theirs["covered_columns"])
            assert ours.get("minima") == theirs.get("minima") and ours.get("delta") == theirs.get("delta")
            assert [tuple(pair) for pair in ours.get("path", [])] == list(theirs.get("path", []))
        assert ours["pairs"] == np.stack([theirs["rows"], theirs["columns"]], axis=1).tolist() and ours["total"] == cheapest(cost)


def test_every_step_of_every_cost_has_its_sentence():
    each = "cost => m.steps({ cost }).map((_, step) => m.sentence({ cost, step }))"
    sentences = in_javascript(NAME, f"{[*COSTS[::7], THREE]}.flatMap({each})")
    assert len(sentences) > 60 and not any("{" in text or "undefined" in text or "NaN" in text for text in sentences)


def test_greedy_takes_the_cheapest_pair_that_is_left():
    for cost in COSTS:
        left, total = np.array(cost, dtype=float), 0
        pairs = ask(NAME, "m.greedy(s)", cost=cost)
        for _ in range(min(left.shape)):
            i, j = np.unravel_index(left.argmin(), left.shape)
            assert [i, j] in pairs
            total += left[i, j]
            left[i, :], left[:, j] = np.inf, np.inf
        assert len(pairs) == min(left.shape) and paid(cost, pairs) == total >= cheapest(cost)


def test_the_first_costs_make_greed_expensive_and_visit_every_kind_of_step():
    assert "Greedy pairing costs 15, the cheapest pairing 10." in said(NAME)
    assert {step["name"] for step in steps(FIRST)} == {"start", "subtract rows", "subtract columns", "star", "cover", "prime", "adjust",
                                                       "augment", "done"}
    assert paid(THREE, ask(NAME, "m.greedy(s)", cost=THREE)) > steps(THREE)[-1]["total"] == cheapest(THREE)


def test_a_column_may_be_dearer_a_row_only_if_every_query_is_paired():
    def pairs(cost):
        return steps(cost)[-1]["pairs"]

    square, narrow = np.array(FIRST), np.array(THREE)
    for place in range(4):
        for added in (1, 5, 50):
            row, column = np.eye(4, dtype=int)[[place]].T * added, np.eye(4, dtype=int)[[place]] * added
            assert pairs((square + row).tolist()) == pairs((square + column).tolist()) == pairs(square.tolist())
            if place < 3:
                assert pairs((narrow + column[:, :3]).tolist()) == pairs(narrow.tolist())
    paired = pairs(narrow.tolist())[0][0]
    dearer = narrow + 50 * (np.arange(4) == paired)[:, None]
    assert paired not in [i for i, _ in pairs(dearer.tolist())]


def test_pairs_are_those_of_scipy_where_only_one_is_best():
    assert steps(FIRST)[-1]["pairs"] == np.stack(linear_sum_assignment(FIRST), axis=1).tolist()


def dearer(cost, rows=(), columns=()):
    return [[x + (i in rows) + (j in columns) for j, x in enumerate(row)] for i, row in enumerate(cost)]


@pytest.mark.browser
def test_greedy_pays_and_the_algorithm_is_walked_by_mouse(visit):
    page, walked = visit(), steps(FIRST)
    assert readout(page) == said(NAME)
    for step in range(1, len(walked)):
        page.get_by_role("button", name="Next step").click()
        assert readout(page) == said(NAME, step=step)
        cells = page.locator(".bk-hungarian-cell").all_inner_texts()
        assert [text.strip("★′") for text in cells] == [str(x) for row in walked[step]["reduced"] for x in row]
        assert sum("★" in text for text in cells) == len(walked[step]["stars"])
    page.get_by_role("button", name="add 1 to the column of B").click()
    cost = dearer(FIRST, columns=[1])
    assert readout(page) == said(NAME, cost=cost, step=len(steps(cost)) - 1)
    assert "the cheapest pairing 11." in readout(page)
    page.get_by_role("button", name="3 objects").click()
    assert readout(page) == said(NAME, cost=THREE) and page.locator(".bk-cell").count() == 12
    page.get_by_role("button", name="Start again").click()
    assert readout(page) == said(NAME)
    assert small_buttons(page, ".bk-stage") == []


@pytest.mark.browser
def test_a_cost_is_changed_by_keyboard(visit):
    page = visit()
    cell = page.get_by_label("cost of q4 for A")
    tab_to(page, cell)
    for _ in range(8):
        page.keyboard.press("ArrowUp")
    cost = [*FIRST[:3], [9, *FIRST[3][1:]]]
    assert readout(page) == said(NAME, cost=cost)
    page.keyboard.press("Control+a")
    page.keyboard.type("99")
    cost[3] = [99, *FIRST[3][1:]]
    assert readout(page) == said(NAME, cost=cost)
    page.keyboard.type("9")                                                  # 999 is too dear: the last cost that fitted stays
    assert readout(page) == said(NAME, cost=cost)
    page.keyboard.press("Tab")
    assert cell.input_value() == "99"
    page.get_by_role("slider", name="step").focus()
    page.keyboard.press("End")
    assert readout(page) == said(NAME, cost=cost, step=len(steps(cost)) - 1)
