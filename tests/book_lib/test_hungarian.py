"""The book's Hungarian algorithm against brute force and SciPy, and what each of its steps promises."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import linear_sum_assignment

from book_lib.detection.hungarian import assignment_steps, linear_assignment

small = st.tuples(st.integers(0, 6), st.integers(0, 6))
any_cost = small.flatmap(lambda shape: arrays(np.float64, shape, elements=st.floats(-100, 100, width=32)))
tied_cost = small.flatmap(lambda shape: arrays(np.float64, shape, elements=st.integers(-3, 3).map(float)))
costs = st.one_of(any_cost, tied_cost)


def total(cost, pairs):
    return cost[pairs[0], pairs[1]].sum()


def cheapest(cost):
    """Brute force: every way to give each of the fewer ones a partner of its own."""
    cost = cost if cost.shape[0] <= cost.shape[1] else cost.T
    rows = np.arange(len(cost))
    return min(cost[rows, list(columns)].sum() for columns in itertools.permutations(range(cost.shape[1]), len(cost)))


def greedy(cost):
    """Take the cheapest pair, cross out its row and its column, go on."""
    cost, spent = cost.copy(), 0.0
    for _ in range(min(cost.shape)):
        row, column = np.unravel_index(cost.argmin(), cost.shape)
        spent += cost[row, column]
        cost[row], cost[:, column] = np.inf, np.inf
    return spent


@settings(max_examples=200, deadline=None)
@given(costs)
def test_nothing_is_cheaper(cost):
    rows, columns = linear_assignment(cost)
    assert len(rows) == len(columns) == min(cost.shape)
    assert (np.diff(rows) > 0).all() and len(set(columns.tolist())) == len(columns)
    assert total(cost, (rows, columns)) == pytest.approx(cheapest(cost), abs=1e-9)
    assert total(cost, (rows, columns)) == pytest.approx(total(cost, linear_sum_assignment(cost)), abs=1e-9)
    assert total(cost, (rows, columns)) <= greedy(cost) + 1e-9


@settings(max_examples=60, deadline=None)
@given(costs, st.integers(0, 5), st.floats(-50, 50, width=32))
def test_a_constant_on_a_whole_column_changes_no_choice_where_every_column_is_used(cost, column, constant):
    cost = cost if cost.shape[0] >= cost.shape[1] else cost.T
    dearer = cost.copy()
    dearer[:, column : column + 1] += constant
    assert total(cost, linear_assignment(dearer)) == pytest.approx(total(cost, linear_assignment(cost)), abs=1e-9)


@pytest.mark.parametrize("shape", [(30, 30), (100, 7), (5, 60)])
def test_larger_costs_agree_with_scipy(shape):
    for seed in range(3):
        cost = np.random.default_rng(seed).normal(size=shape)
        assert [pair.tolist() for pair in linear_assignment(cost)] == [pair.tolist() for pair in linear_sum_assignment(cost)]


@pytest.mark.parametrize(("cost", "rows", "columns", "spent"), [
    ([[4, 1, 3], [2, 0, 5], [3, 2, 2]], [0, 1, 2], [1, 0, 2], 5),
    ([[1, 2], [1, 2], [0, 5]], None, None, 2),
    (np.ones((3, 2)), None, None, 2),
    ([[-1e9, 0], [0, -1e9]], [0, 1], [0, 1], -2e9),
    ([[7]], [0], [0], 7),
    (np.zeros((0, 4)), [], [], 0),
    (np.zeros((3, 0)), [], [], 0),
])
def test_examples(cost, rows, columns, spent):
    *_, last = assignment_steps(cost)
    assert last["total"] == spent
    if rows is not None:
        assert last["rows"].tolist() == rows and last["columns"].tolist() == columns


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_costs_that_are_no_numbers_are_refused(wrong):
    with pytest.raises(ValueError, match=f"cost holds {wrong} in row 1, column 0"):
        linear_assignment([[1, 2], [wrong, 3]])


def test_a_cost_has_two_axes():
    with pytest.raises(ValueError, match=r"cost has shape \[3\], expected two axes"):
        linear_assignment([1, 2, 3])


def test_the_steps_of_an_example_are_those_of_paper_and_pencil():
    steps = list(assignment_steps([[1, 2, 3], [2, 4, 6], [3, 6, 9]]))
    assert [step["name"] for step in steps] == [
        "start", "subtract rows", "subtract columns", "star", "cover", "prime", "augment", "cover", "prime", "adjust", "prime", "augment",
        "cover", "done"]
    assert steps[1]["minima"] == [1, 2, 3] and steps[2]["minima"] == [0, 1, 2]
    assert steps[2]["reduced"].tolist() == [[0, 0, 0], [0, 1, 2], [0, 2, 4]]
    assert steps[3]["stars"] == [(0, 0)] and steps[4]["covered_columns"] == [0]
    assert steps[6]["path"] == [(1, 0), (0, 0), (0, 1)] and steps[6]["stars"] == [(0, 1), (1, 0)]
    assert steps[9]["delta"] == 1 and steps[9]["reduced"].tolist() == [[1, 0, 0], [0, 0, 1], [0, 1, 3]]
    assert steps[-1]["rows"].tolist() == [0, 1, 2] and steps[-1]["columns"].tolist() == [2, 1, 0] and steps[-1]["total"] == 10


@settings(max_examples=80, deadline=None)
@given(costs)
def test_every_step_keeps_what_the_algorithm_promises(cost):
    stars_before = 0
    for step in assignment_steps(cost):
        reduced, stars, primes = step["reduced"], step["stars"], step["primes"]
        assert reduced.shape == (max(cost.shape),) * 2
        assert all(reduced[place] == 0 for place in (*stars, *primes))
        assert len({row for row, _ in stars}) == len({column for _, column in stars}) == len(stars) >= stars_before
        if step["name"] not in ("start", "subtract rows", "subtract columns"):
            assert (reduced >= 0).all()
        if step["name"] == "cover":
            assert step["covered_columns"] == sorted(column for _, column in stars) and not step["covered_rows"]
        if step["name"] == "prime":
            assert step["zero"] in primes and step["zero"][0] in step["covered_rows"]
        if step["name"] == "adjust":
            assert step["delta"] > 0
        if step["name"] == "augment":
            assert len(stars) == stars_before + 1 and set(step["path"][::2]) <= set(stars) and not set(step["path"][1::2]) & set(stars)
        stars_before = len(stars)
    assert step["name"] == "done" and len(stars) == len(reduced)
