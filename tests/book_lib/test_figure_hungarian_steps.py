"""Hungarian steps: the browser walks as the library does, on any costs; greedy pairing is what its name says."""

import itertools
import json

import numpy as np
import pytest
from figure_modules import in_javascript
from scipy.optimize import linear_sum_assignment

from book_lib.detection.hungarian import assignment_steps
from book_lib.widgets import HungarianSteps, module_source

RNG = np.random.default_rng(0)
SHAPES = [(n, m) for n in range(1, 6) for m in range(1, 6)]
COSTS = [RNG.integers(0, high, shape).tolist() for shape in SHAPES for high in (3, 10, 100)]
THREE = [row[:3] for row in HungarianSteps().cost]


def cheapest(cost):
    """The least total of any pairing, by trying all."""
    cost = np.array(cost) if len(cost) <= len(cost[0]) else np.array(cost).T
    return min(sum(cost[i, j] for i, j in enumerate(order)) for order in itertools.permutations(range(cost.shape[1]), len(cost)))


def test_the_browser_takes_the_steps_of_the_library_on_random_costs():
    answers = in_javascript("hungarian_steps", f"{json.dumps(COSTS)}.map(cost => m.steps({{ cost }}))")[0]
    for cost, shown in zip(COSTS, answers, strict=True):
        for ours, theirs in itertools.zip_longest(shown, assignment_steps(cost)):
            assert ours["name"] == theirs["name"] and ours["reduced"] == theirs["reduced"].tolist()
            assert {tuple(pair) for pair in ours["stars"]} == set(theirs["stars"])
            assert {tuple(pair) for pair in ours["primes"]} == set(theirs["primes"])
            assert (ours["covered_rows"], ours["covered_columns"]) == (theirs["covered_rows"], theirs["covered_columns"])
            assert ours.get("minima") == theirs.get("minima") and ours.get("delta") == theirs.get("delta")
            assert [tuple(pair) for pair in ours.get("path", [])] == list(theirs.get("path", []))
        assert ours["pairs"] == np.stack([theirs["rows"], theirs["columns"]], axis=1).tolist() and ours["total"] == cheapest(cost)


def test_the_browser_says_the_same_at_every_step():
    first = [HungarianSteps(cost=cost) for cost in (*COSTS[::7], THREE)]
    figures = [HungarianSteps(cost=figure.cost, step=step) for figure in first for step in range(len(figure.steps()))]
    states = json.dumps([figure.state for figure in figures])
    (answers,) = in_javascript("hungarian_steps", f"{states}.map(s => [m.check(s), m.sentence(s), m.steps(s)[s.step], m.greedy(s)])")
    for figure, (problem, sentence, step, greedy) in zip(figures, answers, strict=True):
        assert problem is None and sentence == figure.sentence()
        assert step == figure.steps()[figure.step] and greedy == figure.greedy()


def test_greedy_takes_the_cheapest_pair_that_is_left():
    for cost in COSTS:
        left, total = np.array(cost, dtype=float), 0
        pairs = HungarianSteps(cost=cost).greedy()
        for _ in range(min(left.shape)):
            i, j = np.unravel_index(left.argmin(), left.shape)
            assert [i, j] in pairs
            total += left[i, j]
            left[i, :], left[:, j] = np.inf, np.inf
        assert len(pairs) == min(left.shape) and HungarianSteps(cost=cost).total(pairs) == total >= cheapest(cost)


def test_the_first_costs_make_greed_expensive_and_visit_every_kind_of_step():
    first = HungarianSteps()
    assert "Greedy pairing costs 16, the cheapest pairing 10." in first.sentence()
    assert {step["name"] for step in first.steps()} == {"start", "subtract rows", "subtract columns", "star", "cover", "prime", "adjust",
                                                        "augment", "done"}
    three = HungarianSteps(cost=THREE)
    assert three.total(three.greedy()) > three.steps()[-1]["total"] == cheapest(THREE)


def test_a_column_may_be_dearer_a_row_only_if_every_query_is_paired():
    def pairs(cost):
        return HungarianSteps(cost=cost).steps()[-1]["pairs"]

    square, narrow = np.array(HungarianSteps().cost), np.array(THREE)
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
    cost = HungarianSteps().cost
    assert HungarianSteps(cost=cost).steps()[-1]["pairs"] == np.stack(linear_sum_assignment(cost), axis=1).tolist()


@pytest.mark.parametrize("wrong, trait", [
    ({"cost": []}, "cost"),
    ({"cost": [[]]}, "cost"),
    ({"cost": [[1, 2], [3]]}, "cost"),
    ({"cost": [[1, 100]]}, "cost"),
    ({"cost": [[1, -1]]}, "cost"),
    ({"cost": [[0.5]]}, "cost"),
    ({"cost": [[1] * 6]}, "cost"),
    ({"step": 10}, "step"),
    ({"step": -1}, "step"),
])
def test_wrong_settings_are_refused_by_name_here_and_in_the_browser(wrong, trait):
    with pytest.raises(ValueError, match=f"HungarianSteps: {trait} is "):
        HungarianSteps(**wrong)
    (problem,) = in_javascript("hungarian_steps", f"m.check({json.dumps(HungarianSteps().state | wrong)})")
    assert problem["trait"] == trait


def test_the_static_form_is_small_and_marks_both_pairings():
    figure = HungarianSteps(step=4)
    picture = figure.picture()
    assert len(figure.static_html().encode()) < 12_000 and len(module_source(figure.name).encode()) < 32_000
    costs, reduced = picture.split('class="bk-why"')
    assert costs.count("★") == costs.count("○") == 4 and reduced.count("★") - reduced.split("<table")[0].count("★") == 3
