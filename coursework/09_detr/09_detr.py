# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [raw]
# # ASSIGNMENT CONFIG
# name: 09_detr
# init_cell: false
# export_cell: false
# generate: true
# python_version: "3.11"
# requirements: [numpy==2.4.6, torch==2.13.0]
# tests:
#     files: false
#     ok_format: false

# %% [markdown] id="title"
# # Assignment 09 · DETR
#
# *In code, by prediction, and in words.* Eight questions, 45 points, about 120 minutes.
#
# | question | what you do | points | minutes |
# |---|---|---|---|
# | 1 | measure how well two boxes agree, also when they do not meet | 5 | 15 |
# | 2 | write what a pair of query and object costs | 6 | 15 |
# | 3 | find the cheapest pairs, and a case where greed fails | 6 | 20 |
# | 4 | write two terms of the loss for given pairs | 7 | 20 |
# | 5 | put pictures of two sizes into one batch | 6 | 15 |
# | 6 | turn answers into detections | 5 | 10 |
# | 7 | predict what permuting queries changes, then run | 5 | 15 |
# | 8 | explain where duplicates are suppressed | 5 | 10 |
#
# **How it works.** Replace every `...` by your answer. After each question a cell says `grader.check(...)`: run it as
# often as you like. It tells you what is wrong, and it needs no network. The checks you see are not all of them: more
# numbers are compared after you hand in. Questions do not build on each other, so if one resists, go on to the next.
#
# You need Python and `torch`. You do not need any other file, and no trained model.
#
# Boxes come in two forms. *Corners* are (left, top, right, bottom). *Centre and size* are (cx, cy, w, h), as shares of the
# picture's width and height. Every question says which it uses. The last class of the logits is *no object*. A picture may
# hold no object at all: its tensors of labels and boxes have no rows then.

# %% [markdown] id="start"
# Run the next cell first, and again whenever you restart the kernel. If it says that there is no module named `otter`,
# the checks are not installed on this computer: `%pip install otter-grader==7.0.0` in a cell of its own installs them,
# once.

# %% id="start-imports"
import glob
import math
import os
from itertools import permutations

import otter
import torch

notebooks = [os.environ.get("JPY_SESSION_NAME", ""), *sorted(glob.glob("*.ipynb"))]  # this one, whatever its name
grader = otter.Notebook(next(filter(os.path.isfile, notebooks), None))

# %% [raw]
# # BEGIN QUESTION
# name: q1
# points: 5
# minutes: 15
# objective: write the generalised IoU of pairs of boxes, and know what it says about boxes that do not meet

# %% [markdown] id="q1-question"
# ## Question 1 · Generalised IoU (5 points, 15 minutes)
#
# Write `giou`. For two boxes $A$ and $B$, and the smallest box $H$ around both (the *hull*):
#
# $$ \text{GIoU} = \frac{|A \cap B|}{|A \cup B|} - \frac{|H| - |A \cup B|}{|H|} . $$
#
# The second fraction is the share of the hull that neither box fills.
#
# * `a` and `b` are `[n, 4]`, **corners**. Box `a[k]` belongs to box `b[k]`, so the result is `[n]`: one number a pair.
# * Every box has an area. Boxes may lie anywhere, also far apart. No pixel is added to a side.
# * It will be used as a loss: leave `a` and `b` as they are, and let a gradient find its way back to them.

# %% [raw]
# # BEGIN SOLUTION

# %% id="q1-answer"
def giou(a, b):
    """Corners a and b [n, 4] -> generalised IoU of each pair [n], from -1 to 1."""
    # BEGIN SOLUTION
    inner = (torch.minimum(a[:, 2:], b[:, 2:]) - torch.maximum(a[:, :2], b[:, :2])).clamp(min=0).prod(dim=-1)
    union = (a[:, 2:] - a[:, :2]).prod(dim=-1) + (b[:, 2:] - b[:, :2]).prod(dim=-1) - inner
    hull = (torch.maximum(a[:, 2:], b[:, 2:]) - torch.minimum(a[:, :2], b[:, :2])).prod(dim=-1)
    return inner / union - (hull - union) / hull
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q1_contract(giou):
    import torch

    def diagnose():
        if not callable(giou):
            return "there is no function giou: run the cell that defines it"
        boxes = torch.tensor([[0.0, 0.0, 4.0, 4.0], [1.0, 1.0, 3.0, 2.0], [5.0, 5.0, 6.0, 9.0]])
        agreement = giou(boxes, boxes + 1)
        if not isinstance(agreement, torch.Tensor):
            return "giou should return a tensor: is `return` missing?"
        if changes_inputs(giou, boxes.clone(), boxes + 1):
            return "giou changes the boxes it was given"
        shape = list(agreement.shape)
        if shape == [3, 3]:
            return "that is every box with every box: box a[k] belongs to box b[k] alone, three numbers for three pairs"
        return "" if shape == [3] else f"for three pairs of boxes the result should be [3]; yours is {shape}"

    problem = diagnose()
    assert not problem, problem
    first = [torch.tensor([[0.0, 0.0, 2.0, 2.0]]), torch.tensor([[1.0, 1.0, 3.0, 3.0]])]
    second = [torch.tensor([[0.0, 0.0, 2.0, 2.0]]), torch.tensor([[1.0, 0.0, 3.0, 3.0]])]
    problem = unmoved("giou", giou, first, second)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1.5
""" # END TEST CONFIG
def test_q1_boxes_that_meet(giou):
    import torch

    def diagnose():
        found = float(giou(torch.tensor([[0.0, 0.0, 4.0, 4.0]]), torch.tensor([[2.0, 2.0, 6.0, 6.0]]))[0])
        known = {
            0.1429: "that is the IoU: subtract the share of the hull that is empty",
            0.0139: "you count what they share twice: the union is both areas minus the intersection",
            -0.1429: "you divide the empty part by the union: divide it by the hull",
            -0.7460: "you subtract only what they share from the hull: what neither box fills is hull minus union",
            0.3651: "you add the empty share of the hull: subtract it",
            0.0562: "you add a pixel to the sides: a side is right minus left",
            0.0869: "you read the boxes as centre and size: they are corners",
        }
        for number, message in known.items():
            if abs(found - number) < 1e-3:
                return message
        wanted = f"(0, 0, 4, 4) and (2, 2, 6, 6) share 4 of 28, in a hull of 36: -0.079; you return {found:.3f}"
        if abs(found + 0.0794) > 1e-3:
            return wanted
        itself = float(giou(torch.tensor([[1.0, 1.0, 3.0, 4.0]]), torch.tensor([[1.0, 1.0, 3.0, 4.0]]))[0])
        return "" if abs(itself - 1) < 1e-4 else f"a box and itself should give 1; you return {itself:.3f}"

    problem = diagnose()
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
""" # END TEST CONFIG
def test_q1_boxes_apart(giou):
    import torch

    def diagnose():
        left, right = torch.tensor([[0.0, 0.0, 2.0, 2.0]] * 2), torch.tensor([[4.0, 4.0, 6.0, 6.0], [3.0, 0.0, 5.0, 2.0]])
        corner, beside = giou(left, right).tolist()
        if abs(corner - 0.1111) < 1e-3:
            return "boxes that do not meet share something in your function: two negative sides make a positive area, so take at least 0"
        if abs(corner + 0.7778) > 1e-3:
            return f"(0, 0, 2, 2) and (4, 4, 6, 6) share nothing, and fill 8 of a hull of 36: -0.778; you return {corner:.3f}"
        return "" if abs(beside + 0.2) < 1e-3 else f"(0, 0, 2, 2) and (3, 0, 5, 2) fill 8 of a hull of 10: -0.2; you return {beside:.3f}"

    problem = diagnose()
    assert not problem, problem
    first = [torch.tensor([[0.0, 0.0, 2.0, 2.0]]), torch.tensor([[4.0, 4.0, 6.0, 6.0]])]
    second = [torch.tensor([[0.0, 0.0, 2.0, 2.0]]), torch.tensor([[3.0, 0.0, 5.0, 2.0]])]
    problem = unmoved("giou", giou, first, second)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
""" # END TEST CONFIG
def test_q1_numbers(giou):
    import torch

    a = torch.tensor([[10.0, 20, 110, 80], [0.1, 0.2, 0.5, 0.4], [5, 5, 6, 6], [-2, -1, 3, 4]])
    b = torch.tensor([[60.0, 50, 90, 140], [0.15, 0.25, 0.3, 0.35], [5, 9, 6, 10], [0, 0, 9, 1]])
    expected = torch.tensor([-0.2346, 0.1875, -0.6, -0.3396])
    problem = "" if near(giou(a, b), expected, atol=1e-3) else "wrong numbers for four pairs of boxes, one of them apart"
    assert not problem, problem
    problem = "" if near(giou(b, a), expected, atol=1e-3) else "which of two boxes comes first should not matter"
    assert not problem, problem
    flows = gradient_flows(giou, [a, b]) and gradient_flows(giou, [a, b], of=1)
    problem = "" if flows else "no gradient finds its way from the GIoU to both boxes: .item(), float(…) and NumPy cut it off"
    assert not problem, problem

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q2
# points: 6
# minutes: 15
# objective: write the matching cost of every query with every object, from class probability, distance and overlap

# %% [markdown] id="q2-question"
# ## Question 2 · What a pair costs (6 points, 15 minutes)
#
# Write `matching_cost`. It says for every query and every object what it would cost if this query answered for this object:
#
# $$ -\,p(\text{the object's class}) \;+\; 5 \cdot \text{L1 distance} \;-\; 2 \cdot \text{GIoU} . $$
#
# * `logits` is `[q, c + 1]`, one row a query; its last column is *no object*. A softmax makes it probabilities.
# * `boxes` `[q, 4]` are the queries' boxes, `places` `[n, 4]` the objects', both centre and size. Their L1 distance is the
#   **sum** of the four absolute differences.
# * `labels` `[n]` are the objects' classes, whole numbers from 0 to c − 1.
# * `overlap` `[q, n]` is the GIoU of every query's box with every object's. It is given, so that you do not need question 1.
# * The result is `[q, n]`. A picture without objects, n = 0, gives `[q, 0]`.

# %% [raw]
# # BEGIN SOLUTION

# %% id="q2-answer"
def matching_cost(logits, boxes, labels, places, overlap):
    """logits [q, c + 1], boxes [q, 4], labels [n], places [n, 4], overlap [q, n] -> cost [q, n]."""
    # BEGIN SOLUTION
    probability = logits.softmax(dim=-1)[:, labels]
    distance = (boxes[:, None] - places[None]).abs().sum(dim=-1)
    return -probability + 5 * distance - 2 * overlap
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q2_contract(matching_cost):
    import torch

    def diagnose():
        if not callable(matching_cost):
            return "there is no function matching_cost: run the cell that defines it"
        boxes = torch.full((3, 4), 0.25)
        cost = matching_cost(torch.arange(12.0).reshape(3, 4).sin(), boxes, torch.tensor([2, 0]), boxes[:2], torch.zeros(3, 2))
        if not isinstance(cost, torch.Tensor):
            return "matching_cost should return a tensor: is `return` missing?"
        given = [torch.arange(12.0).reshape(3, 4).sin(), boxes.clone(), torch.tensor([2, 0]), boxes[:2].clone(), torch.zeros(3, 2)]
        if changes_inputs(matching_cost, *given):
            return "matching_cost changes the tensors it was given"
        shape = list(cost.shape)
        if shape == [2, 3]:
            return "your cost is [n, q]: rows are queries, columns are objects"
        return "" if shape == [3, 2] else f"for 3 queries and 2 objects the cost should be [3, 2]; yours is {shape}"

    problem = diagnose()
    assert not problem, problem
    first = [torch.eye(3), torch.full((3, 4), 0.25), torch.tensor([1]), torch.tensor([[0.5, 0.5, 0.2, 0.2]]), torch.zeros(3, 1)]
    second = [torch.eye(3), torch.full((3, 4), 0.25), torch.tensor([0]), torch.tensor([[0.4, 0.5, 0.3, 0.2]]), torch.zeros(3, 1)]
    problem = unmoved("matching_cost", matching_cost, first, second)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1.5
""" # END TEST CONFIG
def test_q2_class(matching_cost):
    import torch

    def diagnose():
        logits, labels = torch.tensor([[2.0, 0.0, 1.0], [0.0, 1.0, 3.0]]), torch.tensor([1, 0, 1])
        box = torch.tensor([0.5, 0.5, 0.2, 0.2])
        cost = matching_cost(logits, box.expand(2, 4), labels, box.expand(3, 4), torch.zeros(2, 3))

        def is_near(*numbers):
            return near(cost.flatten(), torch.tensor(numbers), atol=2e-3)

        if is_near(0, -2, 0, -1, 0, -1):
            return "you use the logits as they are: a softmax over the classes makes them probabilities"
        if is_near(-0.107, -0.787, -0.107, -0.422, -0.155, -0.422):
            return "you pick columns first and take the softmax of what is left: first the softmax over all classes, then pick"
        if is_near(-0.269, -0.881, -0.269, -0.731, -0.119, -0.731):
            return "your softmax runs over the queries: it should run over the classes, the last dimension"
        if is_near(-0.119, -0.881, -0.119, -0.731, -0.269, -0.731):
            return "your softmax leaves out no object: it is a class like the others here"
        if is_near(2.408, 0.408, 2.408, 2.170, 3.170, 2.170):
            return "you take the logarithm: that is the loss, the matching cost takes the probability itself"
        if is_near(0.090, 0.665, 0.090, 0.114, 0.042, 0.114):
            return "a likely class should make a pair cheap: the probability comes with a minus"
        right = is_near(-0.090, -0.665, -0.090, -0.114, -0.042, -0.114)
        return "" if right else "where box and object agree and the overlap is 0, the cost is minus the probability of the object's class"

    problem = diagnose()
    assert not problem, problem
    first = [torch.eye(3), torch.full((3, 4), 0.25), torch.tensor([1]), torch.tensor([[0.5, 0.5, 0.2, 0.2]]), torch.zeros(3, 1)]
    second = [torch.eye(3), torch.full((3, 4), 0.25), torch.tensor([0]), torch.tensor([[0.4, 0.5, 0.3, 0.2]]), torch.zeros(3, 1)]
    problem = unmoved("matching_cost", matching_cost, first, second)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1.5
""" # END TEST CONFIG
def test_q2_distance(matching_cost):
    import torch

    def diagnose():
        logits, labels = torch.zeros(2, 3), torch.tensor([1, 0, 1])
        boxes = torch.tensor([[0.5, 0.5, 0.2, 0.2], [0.2, 0.6, 0.4, 0.1]])
        places = torch.tensor([[0.5, 0.5, 0.2, 0.2], [0.3, 0.4, 0.2, 0.4], [0.7, 0.5, 0.1, 0.3]])
        cost = matching_cost(logits, boxes, labels, places, torch.zeros(2, 3)).detach().flatten().double()

        def is_near(*numbers):
            return near(cost - cost[0], torch.tensor(numbers), atol=2e-3)

        if is_near(0, 0.5, 0.4, 0.7, 0.8, 1.1):
            return "you weigh the distance with 1: its weight is 5"
        if is_near(0, 0.625, 0.5, 0.875, 1, 1.375):
            return "you average over the four numbers of a box: L1 is their sum"
        if is_near(0, 1.5, 1.225, 1.936, 2.121, 3.122):
            return "that is the straight-line distance: L1 is the sum of the absolute differences, without squares"
        if is_near(0, 3, 2.5, 4, 3, 6):
            return "you measure the distance between corners: take it between centre and size, as the boxes are given"
        return "" if is_near(0, 2.5, 2, 3.5, 4, 5.5) else "the distance term should be 5 times the sum of the four absolute differences"

    problem = diagnose()
    assert not problem, problem
    first = [torch.eye(3), torch.full((3, 4), 0.25), torch.tensor([1]), torch.tensor([[0.5, 0.5, 0.2, 0.2]]), torch.zeros(3, 1)]
    second = [torch.eye(3), torch.full((3, 4), 0.25), torch.tensor([0]), torch.tensor([[0.4, 0.5, 0.3, 0.2]]), torch.zeros(3, 1)]
    problem = unmoved("matching_cost", matching_cost, first, second)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q2_overlap(matching_cost):
    import torch

    def diagnose():
        boxes, overlap = torch.full((2, 4), 0.25), torch.tensor([[0.5, -0.25], [1.0, 0.0]])

        def cost(overlap):
            return matching_cost(torch.zeros(2, 3), boxes, torch.tensor([1, 0]), boxes, overlap)

        change = cost(overlap.clone()).detach() - cost(torch.zeros(2, 2)).detach()
        if near(change, 2 * overlap, atol=1e-3):
            return "a large overlap makes your pair dear: GIoU comes with a minus"
        if near(change, -overlap, atol=1e-3):
            return "you weigh the overlap with 1: its weight is 2"
        return "" if near(change, -2 * overlap, atol=1e-3) else "the overlap should change the cost by -2 times the GIoU"

    problem = diagnose()
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
""" # END TEST CONFIG
def test_q2_numbers(matching_cost):
    import torch

    steps = torch.arange(12.0).reshape(3, 4)
    logits, boxes = (steps * 1.9).sin() * 2, (steps * 1.1).cos() * 0.1 + 0.4
    places = torch.tensor([[0.3, 0.4, 0.3, 0.35], [0.5, 0.45, 0.4, 0.4]])
    overlap = torch.tensor([[0.0951, 0.6423], [0.3978, 0.4850], [0.4824, 0.0836]])
    cost = matching_cost(logits, boxes, torch.tensor([2, 0]), places, overlap)
    expected = torch.tensor([[1.4505, -0.5945], [1.1934, -0.2492], [0.6386, 1.6181]])
    problem = "" if near(cost, expected, atol=3e-3) else "wrong numbers for 3 queries and 2 objects"
    assert not problem, problem
    nothing = matching_cost(logits, boxes, torch.zeros(0, dtype=torch.long), torch.zeros(0, 4), torch.zeros(3, 0))
    problem = "" if list(nothing.shape) == [3, 0] else "a picture without objects should give a cost of shape [q, 0]"
    assert not problem, problem

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q3
# points: 6
# minutes: 20
# objective: find the cheapest pairs by trying all, and show where taking the cheapest pair first fails

# %% [markdown] id="q3-question"
# ## Question 3 · The cheapest pairs (6 points, 20 minutes)
#
# Five workers and five jobs: `cost[w, j]` is what worker w asks for job j, nobody does two jobs, and all together should cost least.
# DETR's workers are queries, its jobs are objects, and there are more queries than objects.
#
# **a.** Write `cheapest_pairs`. It tries all ways to give each object a query of its own.
#
# * `cost` is a tensor `[q, n]`, with $q \ge n$, and small: at most six queries.
# * The result is a **list** of `n` whole numbers: for each object the number of its query. No query stands in it twice. Without
#   objects it is empty.
# * Costs may be any numbers: fractions, below zero, in the thousands.
# * `permutations`, imported at the top, lists all ways to choose; the next cell shows it.
#
# **b.** *Greedy* takes the cheapest pair of all, then the cheapest pair of the rest, and so on. Find a table `greedy_fails`, 2
# workers by 2 jobs, four different whole numbers from 0 to 9, for which greedy pays **at least 3 more** than the cheapest
# pairs.

# %% id="q3-given"
print(list(permutations(range(3), 2)))

# %% [raw]
# # BEGIN SOLUTION

# %% id="q3-answer"
def cheapest_pairs(cost):
    """cost [q, n] -> for each of the n objects its query, so that all pairs together cost least."""
    # BEGIN SOLUTION
    n_queries, n_objects = cost.shape

    def total(queries):
        return float(cost[list(queries), list(range(n_objects))].sum())

    return list(min(permutations(range(n_queries), n_objects), key=total))
    # END SOLUTION


greedy_fails = [[1, 2], [3, 9]]  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q3_contract(cheapest_pairs, greedy_fails):
    import torch

    def rows_of(table):
        table = table.tolist() if hasattr(table, "tolist") else table
        return [numbers(row, 2) for row in table] if isinstance(table, list | tuple) and len(table) == 2 else [None, None]

    def diagnose():
        if not callable(cheapest_pairs):
            return "there is no function cheapest_pairs: run the cell that defines it"
        pairs = cheapest_pairs(torch.tensor([[1.0, 5.0], [5.0, 1.0]]))
        if pairs is None or pairs is ...:
            return "cheapest_pairs should return a list of whole numbers: is `return` missing?"
        if not isinstance(pairs, list | tuple) and not hasattr(pairs, "tolist"):
            return f"cheapest_pairs should return a list of whole numbers; yours is of type {type(pairs).__name__}"
        if len(pairs) != 2:
            return f"for two objects the list should have two numbers; yours has {len(pairs)}"
        if numbers(pairs, 2) is None:
            return f"cheapest_pairs should return a list of whole numbers; yours holds a {type(pairs[0]).__name__}"
        if changes_inputs(cheapest_pairs, torch.tensor([[1.0, 5.0], [0.5, 1.0], [2.0, 0.25]])):
            return "cheapest_pairs changes the costs it was given"
        rows = rows_of(greedy_fails)
        if None in rows or not all(number.is_integer() and 0 <= number <= 9 for row in rows for number in row):
            return "greedy_fails is not filled in yet: write two rows of two whole numbers from 0 to 9"
        return "" if len({*rows[0], *rows[1]}) == 4 else "the four numbers of greedy_fails should be different"

    problem = diagnose()
    assert not problem, problem
    first, second = [torch.tensor([[1.0, 5.0], [5.0, 1.0]])], [torch.tensor([[5.0, 1.0], [1.0, 5.0]])]
    problem = unmoved("cheapest_pairs", cheapest_pairs, first, second)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
""" # END TEST CONFIG
def test_q3_three_and_three(cheapest_pairs):
    import torch

    def diagnose():
        cost = torch.tensor([[0.0, 2.0, 3.0], [5.0, 4.0, 0.0], [1.0, 6.0, 9.0]])
        pairs = numbers(cheapest_pairs(cost.clone()), 3)
        known = {
            (0, 2, 1): "you take the cheapest pair first and are left with dear ones: compare what all pairs cost together",
            (0, 1, 2): "you let one object after the other choose: the first takes what a later one needs more",
            (0, 0, 1): "one query answers for two objects in your list: each query may stand in it once",
            (1, 0, 2): "that is the dearest pairing: look for the least cost",
            (1, 2, 0): "you return the object of each query: return the query of each object",
        }
        wanted = f"for [[0, 2, 3], [5, 4, 0], [1, 6, 9]] the pairs cost at least 3, with the queries [2, 0, 1]; you return {pairs}"
        if pairs != [2, 0, 1]:
            return known.get(tuple(pairs or ()), wanted)
        if numbers(cheapest_pairs(cost.roll(1, dims=0)), 3) != [0, 1, 2]:
            return "with the queries in another order the pairs should be the same, under their new numbers"
        if numbers(cheapest_pairs(cost / 10), 3) != [2, 0, 1]:
            return "with all costs divided by 10 the same pairs are cheapest: add the fractions up as they are, int(…) cuts them off"
        if numbers(cheapest_pairs(cost + 1000), 3) != [2, 0, 1]:
            return "with 1000 on every cost the same pairs are cheapest: begin with math.inf, not with a fixed number"
        return ""

    problem = diagnose()
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q3_more_queries_than_objects(cheapest_pairs):
    import torch

    def diagnose():
        cost = torch.tensor([[7.0, 5.0], [6.0, 4.0], [9.0, 9.0], [1.0, 3.0]])
        pairs = numbers(cheapest_pairs(cost.clone()), 2)
        if pairs and sorted(pairs) == [0, 1]:
            return "you try only the first queries, as many as there are objects: any query may answer"
        if pairs != [3, 1]:
            return f"for [[7, 5], [6, 4], [9, 9], [1, 3]] queries 3 and 1 are cheapest; you return {pairs}"
        flipped = numbers(cheapest_pairs(cost.flip(0)), 2)
        return "" if flipped == [0, 2] else f"for these queries from the last to the first, 0 and 2 are cheapest; you return {flipped}"

    problem = diagnose()
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1.5
""" # END TEST CONFIG
def test_q3_greedy_fails(greedy_fails):
    table = greedy_fails.tolist() if hasattr(greedy_fails, "tolist") else greedy_fails

    def diagnose():
        filled = isinstance(table, list | tuple) and len(table) == 2 and all(numbers(row, 2) for row in table)
        if not filled:
            return "greedy_fails is not filled in yet: write two rows of two whole numbers from 0 to 9"
        (a, b), (c, d) = (numbers(row, 2) for row in table)
        if not all(number.is_integer() and 0 <= number <= 9 for number in (a, b, c, d)) or len({a, b, c, d}) < 4:
            return "greedy_fails should hold four different whole numbers from 0 to 9"
        straight, crossed = a + d, b + c
        greedy = straight if min(a, b, c, d) in (a, d) else crossed
        more = greedy - min(straight, crossed)
        if more == 0:
            return f"with your matrix greedy is as cheap as can be, it pays {greedy:g}: what is left over must be dear"
        return "" if more >= 3 else f"with your matrix greedy pays only {more:g} more: make what is left over dearer"

    problem = diagnose()
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2.5
hidden: true
""" # END TEST CONFIG
def test_q3_numbers(cheapest_pairs):
    import torch

    costs = {
        "five queries and four objects": ([[4, 1, 3, 8], [2, 0, 5, 7], [3, 2, 2, 6], [8, 6, 5, 9], [1, 9, 4, 0]], [1, 0, 2, 4]),
        "costs below 0": ([[-0.5, -0.9], [-0.2, -0.8]], [0, 1]),
        "one object": ([[3], [0.5], [2]], [1]),
        "costs that differ in the second decimal": ([[0.31, 0.35], [0.33, 0.39]], [1, 0]),
        "costs in the thousands": ([[5000.0, 5200.0], [5100.0, 5400.0], [9000.0, 9000.0]], [1, 0]),
    }
    for name, (cost, wanted) in costs.items():
        found = numbers(cheapest_pairs(torch.tensor(cost)), len(wanted))
        problem = "" if found == wanted else f"not the cheapest pairs for {name}"
        assert not problem, problem
    problem = "" if list(cheapest_pairs(torch.zeros(3, 0))) == [] else "a picture without objects should give an empty list"
    assert not problem, problem

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q4
# points: 7
# minutes: 20
# objective: write class term and box term of DETR's loss for given pairs, each divided by the right number

# %% [markdown] id="q4-question"
# ## Question 4 · The loss for given pairs (7 points, 20 minutes)
#
# The pairs are found; now write `detection_losses`, two terms of the loss for a batch. (The third, 1 − GIoU, is divided like
# the box term; leave it out here.)
#
# * `"classes"`: the cross-entropy of **all** queries. A query in a pair wants its object's class, every other query wants *no
#   object*. A query that wants a class counts with weight 1, one that wants no object with `no_object_weight`. Divide the
#   weighted sum by the **sum of the weights**.
# * `"boxes"`: the L1 distance (sum of four absolute differences) of each pair's boxes, summed over the pairs of all pictures
#   and divided by the **number of objects in the batch**, at least 1.
#
# What you are given:
#
# * `logits` `[b, q, c + 1]` (the last class is no object) and `boxes` `[b, q, 4]`;
# * `targets`, one dictionary a picture: `"labels"` `[n]` and `"boxes"` `[n, 4]`;
# * `pairs`, one `(queries, objects)` a picture, two tensors of the same length: `queries[i]` answers for `objects[i]`. Every
#   object is in a pair.
#
# A picture may have no objects: its tensors have n = 0 rows then. The result is a dictionary of two tensors without dimensions,
# and a gradient finds its way back from them to `logits` and `boxes`. You may use `torch.nn.functional.cross_entropy`.

# %% [raw]
# # BEGIN SOLUTION

# %% id="q4-answer"
def detection_losses(logits, boxes, targets, pairs, no_object_weight=0.1):
    """Answers, targets and pairs of a batch -> {"classes": …, "boxes": …}, not yet weighted against each other."""
    # BEGIN SOLUTION
    n_classes = logits.shape[-1] - 1
    wanted = torch.full(logits.shape[:2], n_classes)
    distance, n_objects = 0.0, 0
    for picture, (queries, objects) in enumerate(pairs):
        wanted[picture, queries] = targets[picture]["labels"][objects]
        distance = distance + (boxes[picture, queries] - targets[picture]["boxes"][objects]).abs().sum()
        n_objects += len(targets[picture]["labels"])
    weights = torch.ones(n_classes + 1)
    weights[-1] = no_object_weight
    classes = torch.nn.functional.cross_entropy(logits.flatten(0, 1), wanted.flatten(), weights)
    return {"classes": classes, "boxes": distance / max(1, n_objects)}
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q4_contract(detection_losses):
    import torch

    def diagnose():
        if not callable(detection_losses):
            return "there is no function detection_losses: run the cell that defines it"
        target = {"labels": torch.tensor([0]), "boxes": torch.tensor([[0.5, 0.5, 0.2, 0.2]])}
        losses = detection_losses(torch.zeros(1, 2, 3), torch.full((1, 2, 4), 0.5), [target], [(torch.tensor([1]), torch.tensor([0]))])
        if not isinstance(losses, dict) or set(losses) != {"classes", "boxes"}:
            return 'detection_losses should return a dictionary with the keys "classes" and "boxes": is `return` missing?'
        numbers = all(isinstance(term, torch.Tensor) and term.numel() == 1 for term in losses.values())
        return "" if numbers else "each term should be one number, a tensor without dimensions"

    problem = diagnose()
    assert not problem, problem
    target, pair = {"labels": torch.tensor([0]), "boxes": torch.tensor([[0.5, 0.5, 0.2, 0.2]])}, (torch.tensor([1]), torch.tensor([0]))
    first, second = ([torch.eye(3)[None], torch.full((1, 3, 4), share), [target], [pair]] for share in (0.5, 0.75))
    problem = unmoved("detection_losses", detection_losses, first, second)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2
""" # END TEST CONFIG
def test_q4_classes(detection_losses):
    import torch

    logits = torch.tensor([[[2.0, 0, 1], [0, 1, 0], [1, 3, 0]], [[0, 0, 2], [1, 0, -1], [0.5, 2, 0]]])
    boxes = torch.tensor(
        [
            [[0.5, 0.5, 0.2, 0.2], [0.1, 0.2, 0.1, 0.1], [0.3, 0.4, 0.4, 0.3]],
            [[0.6, 0.6, 0.5, 0.5], [0.2, 0.7, 0.3, 0.2], [0.8, 0.3, 0.1, 0.2]],
        ]
    )
    first = {"labels": torch.tensor([1, 0]), "boxes": torch.tensor([[0.35, 0.4, 0.3, 0.3], [0.5, 0.6, 0.2, 0.4]])}
    second = {"labels": torch.tensor([0]), "boxes": torch.tensor([[0.3, 0.7, 0.3, 0.1]])}
    pairs = [(torch.tensor([0, 2]), torch.tensor([1, 0])), (torch.tensor([1]), torch.tensor([0]))]

    def diagnose():
        given = logits.clone(), boxes.clone()
        found = float(detection_losses(*given, [first, second], pairs)["classes"])
        if not same(given[0], logits) or not same(given[1], boxes):
            return "detection_losses changes the tensors it was given"
        known = {
            0.8471: "no object counts as much as a class in your term: its weight is no_object_weight",
            0.2325: "you divide by the number of queries: divide by the sum of their weights",
            0.4649: "you divide the class term by the number of objects: divide it by the sum of the weights",
            1.3948: "the class term is a sum in your function: divide it by the sum of the weights",
            0.3284: "unmatched queries do not count in your class term: they want no object",
            1.0971: "your unmatched queries want class 0: no object is the last class",
            1.0354: "the small weight stands at class 0: no object is the last class",
            0.7828: "you take the softmax twice: cross_entropy takes logits",
            1.6348: "the labels are in the order of the target: queries[i] wants the label of objects[i]",
        }
        for number, message in known.items():
            if abs(found - number) < 1e-3:
                return message
        wanted = f"two pictures, three queries wanting a class and three wanting no object: 0.423 is wanted; you return {found:.3f}"
        return "" if abs(found - 0.4227) < 1e-3 else wanted

    problem = diagnose()
    assert not problem, problem
    given, other = [[logits * size, boxes * size, [first, second], pairs] for size in (1, 0.5)]
    problem = unmoved("detection_losses", detection_losses, given, other)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1.5
""" # END TEST CONFIG
def test_q4_boxes(detection_losses):
    import torch

    logits = torch.tensor([[[2.0, 0, 1], [0, 1, 0], [1, 3, 0]], [[0, 0, 2], [1, 0, -1], [0.5, 2, 0]]])
    boxes = torch.tensor(
        [
            [[0.5, 0.5, 0.2, 0.2], [0.1, 0.2, 0.1, 0.2], [0.3, 0.4, 0.4, 0.3]],
            [[0.6, 0.6, 0.5, 0.5], [0.2, 0.7, 0.3, 0.2], [0.8, 0.3, 0.1, 0.2]],
        ]
    )
    first = {"labels": torch.tensor([1, 0]), "boxes": torch.tensor([[0.35, 0.4, 0.3, 0.3], [0.5, 0.6, 0.2, 0.4]])}
    second = {"labels": torch.tensor([0]), "boxes": torch.tensor([[0.3, 0.7, 0.3, 0.1]])}
    pairs = [(torch.tensor([0, 2]), torch.tensor([1, 0])), (torch.tensor([1]), torch.tensor([0]))]

    def diagnose():
        found = float(detection_losses(logits, boxes, [first, second], pairs)["boxes"])
        known = {
            0.4500: "the boxes are in the order of the target: the box of queries[i] belongs to that of objects[i]",
            0.0542: "you average over the four numbers of a box: L1 is their sum",
            0.1083: "you divide the box term by the number of queries: divide it by the number of objects",
            0.3250: "you divide the box term by the number of pictures: divide it by the number of objects in the batch",
            0.2125: "you average in each picture first: divide once, by all objects of the batch, so that each counts the same",
            0.6500: "the box term is a sum in your function: divide it by the number of objects in the batch",
            0.4833: "you take the boxes of the first picture for all pairs: boxes[picture, queries], not boxes[0, queries]",
        }
        for number, message in known.items():
            if abs(found - number) < 1e-3:
                return message
        wanted = f"three pairs at L1 distances 0.3, 0.15 and 0.2, that is 0.65 / 3 = 0.217; you return {found:.3f}"
        return "" if abs(found - 0.2167) < 1e-3 else wanted

    problem = diagnose()
    assert not problem, problem
    given, other = [[logits * size, boxes * size, [first, second], pairs] for size in (1, 0.5)]
    problem = unmoved("detection_losses", detection_losses, given, other)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q4_nothing_there(detection_losses):
    import torch

    nothing = {"labels": torch.zeros(0, dtype=torch.long), "boxes": torch.zeros(0, 4)}
    nobody = (torch.zeros(0, dtype=torch.long), torch.zeros(0, dtype=torch.long))
    something = {"labels": torch.tensor([0]), "boxes": torch.tensor([[0.5, 0.5, 0.2, 0.3]])}
    pair = (torch.tensor([1]), torch.tensor([0]))

    def box_term(target, pair):
        return float(detection_losses(torch.zeros(1, 2, 3), torch.full((1, 2, 4), 0.5), [target], [pair])["boxes"])

    try:
        found, failure = box_term(nothing, nobody), ""
    except Exception as error:
        found, failure = float("nan"), f" ({type(error).__name__}: {error})"
    problem = "" if found == 0 else f"a batch without objects should have the box term 0: divide by at least 1{failure}"
    assert not problem, problem
    right = abs(box_term(something, pair) - 0.5) < 1e-3
    problem = "" if right else "a batch with one object should have the L1 distance of its pair as box term"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2.5
hidden: true
""" # END TEST CONFIG
def test_q4_numbers(detection_losses):
    import torch

    steps = torch.arange(32.0).reshape(2, 4, 4)
    logits, boxes = (steps * 1.7).sin() * 2, (steps * 0.9).cos() * 0.2 + 0.5
    target = {"labels": torch.tensor([2, 0, 0]), "boxes": torch.tensor([[0.2, 0.3, 0.2, 0.1], [0.7, 0.6, 0.3, 0.4], [0.4, 0.4, 0.5, 0.2]])}
    nothing = {"labels": torch.zeros(0, dtype=torch.long), "boxes": torch.zeros(0, 4)}
    nobody = (torch.zeros(0, dtype=torch.long), torch.zeros(0, dtype=torch.long))
    pairs = [(torch.tensor([0, 1, 3]), torch.tensor([2, 0, 1])), nobody]
    losses = detection_losses(logits, boxes, [target, nothing], pairs)
    problem = "" if abs(float(losses["classes"]) - 1.8645) < 2e-3 else "wrong class term for a batch with a picture without objects"
    assert not problem, problem
    problem = "" if abs(float(losses["boxes"]) - 0.9605) < 2e-3 else "wrong box term for a batch with a picture without objects"
    assert not problem, problem
    other = float(detection_losses(logits, boxes, [target, nothing], pairs, 0.5)["classes"])
    problem = "" if abs(other - 1.5401) < 2e-3 else "wrong class term for no_object_weight = 0.5"
    assert not problem, problem
    targets = [{name: rows[:1] for name, rows in target.items()}, {name: rows[1:] for name, rows in target.items()}]
    both = [(torch.tensor([2]), torch.tensor([0])), (torch.tensor([3, 0]), torch.tensor([0, 1]))]
    logits, boxes = logits.requires_grad_(), boxes.requires_grad_()
    losses = detection_losses(logits, boxes, targets, both)
    wanted = (boxes[0, 2] - targets[0]["boxes"][0]).abs().sum() + (boxes[1, [3, 0]] - targets[1]["boxes"]).abs().sum()
    problem = "" if abs(float(losses["boxes"]) - float(wanted) / 3) < 2e-3 else "wrong box term for two pictures that both have objects"
    assert not problem, problem
    flows = all(term.requires_grad for term in losses.values())
    problem = "" if flows else "no gradient finds its way from the losses to logits and boxes: .item(), float(…) and NumPy cut it off"
    assert not problem, problem

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q5
# points: 6
# minutes: 15
# objective: pad pictures of different sizes into one batch, with mask, boxes relative to each picture and the mask of the map

# %% [markdown] id="q5-question"
# ## Question 5 · Two sizes, one batch (6 points, 15 minutes)
#
# **a.** Write `make_batch`. Pictures of different sizes become one tensor, padded with zeros **at the right and at the bottom**.
#
# * `pictures` is a list of tensors `[3, h, w]`, `corners` a list of tensors `[n, 4]`: the boxes of each picture, corners in pixels.
# * Return `images` `[b, 3, H, W]`, where H and W are the largest height and the largest width; `mask` `[b, H, W]`, boolean,
#   **`True` where a pixel is real**; and `boxes`, a list of tensors `[n, 4]`: centre and size as shares of **the picture
#   itself**, without its padding.
#
# **b.** Write `mask_of_map`. The backbone makes of `[b, 3, H, W]` a map `[b, d, h, w]`, which needs a mask, too. The *nearest*
# pixel decides: cell $(i, j)$ is real where the pixel $(\lfloor i \cdot H / h \rfloor, \lfloor j \cdot W / w \rfloor)$ is.

# %% [raw]
# # BEGIN SOLUTION

# %% id="q5-answer"
def make_batch(pictures, corners):
    """Pictures [3, h, w] and their corners [n, 4] in px -> images [b, 3, H, W], mask [b, H, W], list of boxes [n, 4] as shares."""
    # BEGIN SOLUTION
    height, width = (max(picture.shape[side] for picture in pictures) for side in (1, 2))
    images = torch.zeros(len(pictures), 3, height, width)
    mask = torch.zeros(len(pictures), height, width, dtype=torch.bool)
    boxes = []
    for row, (picture, corner) in enumerate(zip(pictures, corners, strict=True)):
        h, w = picture.shape[1:]
        images[row, :, :h, :w] = picture
        mask[row, :h, :w] = True
        left, top, right, bottom = corner.unbind(dim=-1)
        boxes.append(torch.stack([(left + right) / 2 / w, (top + bottom) / 2 / h, (right - left) / w, (bottom - top) / h], dim=-1))
    return images, mask, boxes
    # END SOLUTION


def mask_of_map(mask, h, w):
    """Mask [b, H, W] of the pixels -> mask [b, h, w] of the map, both True = real."""
    # BEGIN SOLUTION
    return torch.nn.functional.interpolate(mask[:, None].float(), (h, w))[:, 0].bool()
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q5_contract(make_batch):
    import torch

    def diagnose():
        if not callable(make_batch):
            return "there is no function make_batch: run the cell that defines it"
        made = make_batch([torch.ones(3, 2, 5), torch.ones(3, 4, 3)], [torch.ones(1, 4), torch.ones(2, 4)])
        if not isinstance(made, list | tuple) or len(made) != 3:
            return "make_batch should return images, mask and boxes: is `return` missing?"
        images, mask, boxes = made
        if list(images.shape) != [2, 3, 4, 5]:
            return f"pictures of 2 x 5 and 4 x 3 pixels should make images [2, 3, 4, 5]; yours are {list(images.shape)}"
        if list(mask.shape) != [2, 4, 5]:
            return f"the mask of images [2, 3, 4, 5] should be [2, 4, 5]; yours is {list(mask.shape)}"
        if mask.dtype != torch.bool:
            return f"the mask should be boolean; yours is {str(mask.dtype).removeprefix('torch.')}"
        right = isinstance(boxes, list | tuple) and [list(box.shape) for box in boxes] == [[1, 4], [2, 4]]
        return "" if right else "boxes should be a list of tensors, one a picture, with as many rows as the picture has boxes"

    problem = diagnose()
    assert not problem, problem
    first = [[torch.ones(3, 2, 2)], [torch.tensor([[0.0, 0.0, 2.0, 2.0]])]]
    second = [[torch.ones(3, 2, 3)], [torch.tensor([[0.0, 0.0, 1.0, 2.0]])]]
    problem = unmoved("make_batch", make_batch, first, second)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
""" # END TEST CONFIG
def test_q5_images_and_mask(make_batch):
    import torch

    def diagnose():
        low, high = torch.arange(1.0, 31.0).reshape(3, 2, 5), torch.arange(1.0, 37.0).reshape(3, 4, 3)
        low[:, 1, 2] = 0
        images, mask, _ = make_batch([low.clone(), high.clone()], [torch.zeros(0, 4), torch.zeros(0, 4)])
        wanted = torch.zeros(2, 4, 5, dtype=torch.bool)
        wanted[0, :2], wanted[1, :, :3] = True, True
        if same(mask, ~wanted):
            return "your mask is True where the padding is: True means real"
        if same(mask, wanted.flip(1, 2)):
            return "your padding is at the left and at the top: put it at the right and at the bottom"
        if mask.all() and images[0, :, 2:].any():
            return "you stretch the pictures to one size: keep their pixels, and fill up with zeros"
        if not mask[0, 1, 2] and int(mask.sum()) == 21:
            return "a black pixel of a picture is no padding: take the mask from the sizes, not from the colours"
        if not same(mask, wanted):
            return "the mask should be True in the first h rows and first w columns of each picture, and nowhere else"
        if not same(images[0, :, :2], low) or not same(images[1, :, :, :3], high):
            return "the pixels of the pictures should stand unchanged at the left and at the top of images"
        return "" if not images[0, :, 2:].any() and not images[1, :, :, 3:].any() else "the padding of images should be 0"

    problem = diagnose()
    assert not problem, problem
    first = [[torch.ones(3, 2, 3)], [torch.tensor([[0.0, 0.0, 2.0, 2.0]])]]
    second = [[torch.ones(3, 2, 2)], [torch.tensor([[0.0, 0.0, 1.0, 2.0]])]]
    problem = unmoved("make_batch", make_batch, first, second)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1.5
""" # END TEST CONFIG
def test_q5_boxes(make_batch):
    import torch

    def diagnose():
        pictures = [torch.ones(3, 10, 40), torch.ones(3, 20, 16)]
        box = make_batch(pictures, [torch.tensor([[10.0, 2.0, 30.0, 6.0]]), torch.zeros(0, 4)])[2][0][0]

        def is_near(*numbers):
            return near(box, torch.tensor(numbers), atol=1e-3)

        if is_near(0.5, 0.2, 0.5, 0.2):
            return "your boxes are shares of the padded batch: each picture has its own size, without padding"
        if is_near(2.0, 0.1, 2.0, 0.1):
            return "you divide widths by the height: x and w are shares of the width, y and h of the height"
        if is_near(0.25, 0.2, 0.75, 0.6):
            return "your boxes are still corners: turn them into centre and size"
        if is_near(20, 4, 20, 4):
            return "your boxes are still in pixels: divide by width and height of the picture"
        numbers = [round(float(number), 3) for number in box]
        wanted = f"corners (10, 2, 30, 6) of a picture 40 wide and 10 high should become (0.5, 0.4, 0.5, 0.4); yours are {numbers}"
        return "" if is_near(0.5, 0.4, 0.5, 0.4) else wanted

    problem = diagnose()
    assert not problem, problem
    first = [[torch.ones(3, 2, 3)], [torch.tensor([[0.0, 0.0, 2.0, 2.0]])]]
    second = [[torch.ones(3, 2, 3)], [torch.tensor([[0.0, 0.0, 1.0, 2.0]])]]
    problem = unmoved("make_batch", make_batch, first, second)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
""" # END TEST CONFIG
def test_q5_mask_of_map(mask_of_map):
    import torch

    def diagnose():
        mask = torch.zeros(1, 12, 16, dtype=torch.bool)
        mask[0, :7, :9] = True
        found = mask_of_map(mask, 3, 4)
        if not isinstance(found, torch.Tensor):
            return "mask_of_map should return a tensor: is `return` missing?"
        if list(found.shape) == [1, 4, 3]:
            return "height and width of your map have changed places: h is its height, w its width"
        if list(found.shape) != [1, 3, 4] or found.dtype != torch.bool:
            return f"a map of 3 x 4 cells should have a boolean mask [1, 3, 4]; yours is {found.dtype}, {list(found.shape)}"
        known = {
            (1, 2): "a cell is real in your map only when all of its pixels are: the nearest pixel alone decides",
            (2, 2): "most pixels of a cell decide in your map: the nearest pixel alone decides",
            (3, 4): "you cut a corner out of the mask: the map covers the whole image, with fewer cells",
        }
        finer = torch.zeros(1, 7, 8, dtype=torch.bool)
        finer[0, :5, :3] = True
        cells = mask_of_map(finer, 3, 3)[0]
        rows, columns = int(cells.any(dim=1).sum()), int(cells.any(dim=0).sum())
        if (rows, columns) != (3, 2) and (int(found[0].any(dim=1).sum()), int(found[0].any(dim=0).sum())) == (2, 3):
            return f"of 7 x 8 pixels 5 x 3 are real, and of 3 x 3 cells 3 x 2; yours are {rows} x {columns}: round the pixel down, always"
        rows, columns = int(found[0].any(dim=1).sum()), int(found[0].any(dim=0).sum())
        wanted = f"with 7 real rows of 12 and 9 real columns of 16, 2 x 3 cells of 3 x 4 are real; yours are {rows} x {columns}"
        return "" if (rows, columns) == (2, 3) and int(found.sum()) == 6 else known.get((rows, columns), wanted)

    problem = diagnose()
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
""" # END TEST CONFIG
def test_q5_numbers(make_batch, mask_of_map):
    import torch

    steps = torch.arange(3 * 6 * 8.0).reshape(3, 6, 8).sin()
    pictures = [steps[:, :3, :8], steps[:, :6, :4], steps[:, :5, :5]]
    corners = [torch.tensor([[0.0, 0.0, 8.0, 3.0], [1.0, 1.0, 3.0, 2.0]]), torch.zeros(0, 4), torch.tensor([[0.5, 2.0, 4.5, 3.0]])]
    images, mask, boxes = make_batch(pictures, corners)
    sums = torch.stack([picture.sum() for picture in pictures])
    right = list(images.shape) == [3, 3, 6, 8] and near(images.sum(dim=(1, 2, 3)), sums, atol=1e-3)
    problem = "" if right else "wrong images for three pictures"
    assert not problem, problem
    problem = "" if mask.sum(dim=(1, 2)).tolist() == [24, 24, 25] else "wrong masks for three pictures"
    assert not problem, problem
    expected = torch.tensor([[0.5, 0.5, 1.0, 1.0], [0.25, 0.5, 0.25, 0.3333], [0.5, 0.5, 0.8, 0.2]])
    problem = "" if near(torch.cat(list(boxes)), expected, atol=1e-3) else "wrong boxes for three pictures, one of them empty"
    assert not problem, problem
    cells = mask_of_map(mask, 2, 3).int().tolist()
    wanted = [[[1, 1, 1], [0, 0, 0]], [[1, 1, 0], [1, 1, 0]], [[1, 1, 0], [1, 1, 0]]]
    problem = "" if cells == wanted else "wrong mask of a map whose cells are no whole number of pixels wide"
    assert not problem, problem

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q6
# points: 5
# minutes: 10
# objective: turn logits and boxes into scored detections in pixels, without removing anything

# %% [markdown] id="q6-question"
# ## Question 6 · From answers to detections (5 points, 10 minutes)
#
# Write `detections`. DETR's last step has no suppression in it: **every query gives one detection**, also a weak one, also one
# that another query has found, too. (Who wants fewer takes those above a threshold, later.)
#
# * `logits` is `[b, q, c + 1]`, the last class is *no object*; `boxes` is `[b, q, 4]`, centre and size as shares; `sizes` is a
#   list of `b` pairs **(height, width)** in pixels.
# * Return a list of `b` dictionaries: `"scores"` `[q]`, the probability of the best class that *is* an object; `"labels"`
#   `[q]`, which class that is; `"boxes"` `[q, 4]`, **corners in pixels**. The queries stay in their order.
# * The probabilities are those of a softmax over all c + 1 classes.

# %% [raw]
# # BEGIN SOLUTION

# %% id="q6-answer"
def detections(logits, boxes, sizes):
    """logits [b, q, c + 1], boxes [b, q, 4], sizes (height, width) -> for each picture its scores, labels and boxes."""
    # BEGIN SOLUTION
    found = []
    for picture, (height, width) in enumerate(sizes):
        scores, labels = logits[picture].softmax(dim=-1)[:, :-1].max(dim=-1)
        centre, size = boxes[picture, :, :2], boxes[picture, :, 2:]
        corners = torch.cat([centre - size / 2, centre + size / 2], dim=-1) * torch.tensor([width, height, width, height])
        found.append({"scores": scores, "labels": labels, "boxes": corners})
    return found
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q6_contract(detections):
    import torch

    def diagnose():
        if not callable(detections):
            return "there is no function detections: run the cell that defines it"
        found = detections(torch.tensor([[[5.0, 0.0, 0.0]], [[5.0, 0.0, 0.0]]]), torch.full((2, 1, 4), 0.5), [(10, 20), (30, 40)])
        if not isinstance(found, list | tuple) or len(found) != 2:
            return "for two pictures detections should return a list of two dictionaries: is `return` missing?"
        complete = all(isinstance(one, dict) and {"scores", "labels", "boxes"} <= set(one) for one in found)
        if complete and changes_inputs(detections, torch.ones(1, 2, 3), torch.ones(1, 2, 4), [(10, 20)]):
            return "detections changes the tensors it was given"
        return "" if complete else 'each dictionary should have the keys "scores", "labels" and "boxes"'

    problem = diagnose()
    assert not problem, problem
    first = [torch.tensor([[[5.0, 0.0, 0.0], [6.0, 0.0, 0.0]]]), torch.full((1, 2, 4), 0.5), [(10, 20)]]
    second = [torch.tensor([[[0.0, 5.0, 0.0], [6.0, 0.0, 0.0]]]), torch.full((1, 2, 4), 0.25), [(10, 20)]]
    problem = unmoved("detections", detections, first, second)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q6_every_query(detections):
    import torch

    def diagnose():
        boxes = torch.tensor([[[0.2, 0.2, 0.1, 0.1], [0.8, 0.8, 0.1, 0.1], [0.8, 0.2, 0.1, 0.1]]])
        weak = torch.tensor([[[4.0, 0.0, 0.0], [0.0, 1.0, 1.0], [0.0, 0.0, 4.0]]])
        if len(detections(weak, boxes, [(1000, 1000)])[0]["scores"]) < 3:
            return "the weak ones are missing: every query gives a detection, a threshold comes later"
        strong = torch.tensor([[[4.0, 0.0, 0.0], [4.5, 0.0, 0.0], [5.0, 0.0, 0.0]]])
        if len(detections(strong, boxes[:, :1].expand(1, 3, 4), [(10, 10)])[0]["scores"]) < 3:
            return "you remove duplicates: DETR has no suppression here, every query gives a detection"
        return ""

    problem = diagnose()
    assert not problem, problem
    first = [torch.tensor([[[5.0, 0.0, 0.0], [6.0, 0.0, 0.0]]]), torch.full((1, 2, 4), 0.5), [(10, 20)]]
    second = [torch.tensor([[[0.0, 5.0, 0.0], [6.0, 0.0, 0.0]]]), torch.full((1, 2, 4), 0.25), [(10, 20)]]
    problem = unmoved("detections", detections, first, second)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
""" # END TEST CONFIG
def test_q6_scores_and_labels(detections):
    import torch

    def diagnose():
        logits = torch.tensor([[[2.0, 0, 0, 1], [0, 0, 3, -1], [0, 1, 0, 4], [0, 2, 0, 2]]])
        found = detections(logits, torch.full((1, 4, 4), 0.5), [(10, 10)])[0]
        scores, labels = found["scores"].flatten(), found["labels"].flatten().tolist()

        def is_near(*numbers):
            return near(scores, torch.tensor(numbers), atol=2e-3)

        if labels == [0, 2, 3, 1]:
            return "no object is no label: drop the last column before you take the best class"
        if is_near(0.787, 0.909, 0.576, 0.787):
            return "you drop the last column before the softmax: a query that sees nothing then looks sure"
        if is_near(0.881, 0.953, 0.731, 0.881):
            return "you take a sigmoid of each logit: DETR's classes share one softmax"
        if is_near(2, 3, 1, 2):
            return "your scores are logits: take the softmax first"
        if is_near(0.225, 0.895, 0.920, 0.440):
            return "you drop the first column: no object is the last one"
        if not is_near(0.610, 0.895, 0.046, 0.440):
            return f"the scores should be 0.610, 0.895, 0.046 and 0.440; yours are {[round(float(score), 3) for score in scores]}"
        return "" if labels == [0, 2, 1, 1] else f"the labels should be 0, 2, 1 and 1; yours are {labels}"

    problem = diagnose()
    assert not problem, problem
    first = [torch.tensor([[[5.0, 0.0, 0.0], [6.0, 0.0, 0.0]]]), torch.full((1, 2, 4), 0.5), [(10, 20)]]
    second = [torch.tensor([[[0.0, 5.0, 0.0], [6.0, 0.0, 0.0]]]), torch.full((1, 2, 4), 0.25), [(10, 20)]]
    problem = unmoved("detections", detections, first, second)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
""" # END TEST CONFIG
def test_q6_boxes(detections):
    import torch

    def diagnose():
        logits, boxes = torch.zeros(2, 1, 3), torch.tensor([[[0.5, 0.25, 0.2, 0.4]], [[0.75, 0.5, 0.5, 0.1]]])
        both = detections(logits, boxes, [(100, 200), (50, 80)])
        found = [[round(float(number), 1) for number in one["boxes"].flatten()] for one in both]
        if found[0] == [40, 10, 60, 90]:
            return "you multiply x by the height: sizes are (height, width)"
        if found[0] == [100, 25, 40, 40]:
            return "your boxes are still centre and size: turn them into corners"
        if max(found[0]) <= 1:
            return "your boxes are still shares: multiply by width and height"
        if found[0] == [80, 5, 120, 45] and found[1] == [100, 45, 200, 55]:
            return "you use the size of the first picture for all: each has its own"
        right = found == [[80, 5, 120, 45], [40, 22.5, 80, 27.5]]
        return "" if right else f"the corners should be (80, 5, 120, 45) and (40, 22.5, 80, 27.5); yours are {found}"

    problem = diagnose()
    assert not problem, problem
    first = [torch.tensor([[[5.0, 0.0, 0.0], [6.0, 0.0, 0.0]]]), torch.full((1, 2, 4), 0.5), [(10, 20)]]
    second = [torch.tensor([[[0.0, 5.0, 0.0], [6.0, 0.0, 0.0]]]), torch.full((1, 2, 4), 0.25), [(10, 20)]]
    problem = unmoved("detections", detections, first, second)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
""" # END TEST CONFIG
def test_q6_numbers(detections):
    import torch

    steps = torch.arange(24.0).reshape(2, 3, 4)
    found = detections((steps * 1.3).sin() * 3, (steps * 0.7).cos() * 0.1 + 0.4, [(480, 640), (333, 500)])
    labels = [one["labels"].tolist() for one in found]
    problem = "" if labels == [[1, 2, 2], [0, 0, 1]] else "wrong labels for two pictures with three queries"
    assert not problem, problem
    scores, expected = torch.cat([one["scores"] for one in found]), torch.tensor([0.7557, 0.8136, 0.1532, 0.1781, 0.9388, 0.5378])
    problem = "" if near(scores, expected, atol=2e-3) else "wrong scores for two pictures with three queries"
    assert not problem, problem
    boxes = torch.stack([one["boxes"][1] for one in found])
    expected = torch.tensor([[83.386, 46.574, 308.009, 247.526], [85.164, 80.409, 335.136, 238.343]])
    problem = "" if near(boxes, expected, atol=0.1) else "wrong corners for two pictures with three queries"
    assert not problem, problem

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q7
# points: 5
# minutes: 15
# objective: predict what permuting queries and memory does to boxes and loss, and correct the prediction by a run

# %% [markdown] id="q7-question"
# ## Question 7 · Predict, then run (5 points, 15 minutes)
#
# A decoder of two layers, not trained, reads a memory of twelve cells with five queries; two heads make boxes `[5, 4]` and
# logits of it. The picture has two objects. The loss pairs queries and objects anew each time, unless pairs are given: then
# `pair[i]` is the number of the query that answers for object `i`. What happens when
#
# * **a.** the five queries change places: to the boxes?
# * **b.** the five queries change places: to the loss, with new pairs?
# * **c.** the five queries change places: to the loss, with the pairs kept that were found before?
# * **d.** the twelve cells of the memory change places, each together with its position code: to the boxes?
#
# Answer `"same"`, `"permuted alike"` (the same rows, in the queries' new order) or `"different"`. **Write down your predictions
# before you run anything.** They are worth a point whether or not they turn out right. So do not correct them afterwards.

# %% [raw]
# # BEGIN SOLUTION

# %% id="q7-predicted"
""" # BEGIN PROMPT
predicted = {"a": "?", "b": "?", "c": "?", "d": "?"}
""" # END PROMPT
# BEGIN SOLUTION NO PROMPT
predicted = {"a": "same", "b": "same", "c": "same", "d": "permuted alike"}
# END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [markdown] id="q7-run"
# Now find out. The first experiment is there; the other three are yours.

# %% id="q7-given"
torch.manual_seed(3)
decoder = torch.nn.TransformerDecoder(torch.nn.TransformerDecoderLayer(16, 2, 32, dropout=0.0, batch_first=True), 2).double()
class_head, box_head = torch.nn.Linear(16, 4).double(), torch.nn.Linear(16, 4).double()
queries, cells, codes = (torch.randn(count, 16, dtype=torch.float64) for count in (5, 12, 12))
labels, places = torch.tensor([2, 0]), torch.tensor([[0.3, 0.6, 0.2, 0.2], [0.7, 0.4, 0.3, 0.5]], dtype=torch.float64)


@torch.no_grad()
def answer(queries, memory):
    """Logits [5, 4] and boxes [5, 4] of five queries that look at a memory [12, 16]."""
    states = decoder(queries[None], memory[None])[0]
    return class_head(states), box_head(states).sigmoid()


def loss(logits, boxes, pair=None):
    """(loss, pair): what two objects and the queries without object cost; the cheapest pair of queries is looked for unless given."""
    log_probability = logits.log_softmax(dim=1)
    cost = torch.cdist(boxes, places, p=1) - log_probability[:, labels] + 0.1 * log_probability[:, 3:]
    if pair is None:
        together = cost[:, :1] + cost[:, 1]
        pair = divmod(int(together.fill_diagonal_(math.inf).argmin()), len(boxes))
    return float(cost[pair[0], 0] + cost[pair[1], 1] - 0.1 * log_probability[:, 3].sum()), pair


logits, boxes = answer(queries, cells + codes)
before, pair = loss(logits, boxes)
order = torch.tensor([3, 0, 4, 2, 1])
logits_after, boxes_after = answer(queries[order], cells + codes)
print("a same:", torch.allclose(boxes_after, boxes, atol=1e-8), " permuted alike:", torch.allclose(boxes_after, boxes[order], atol=1e-8))

# %% [raw]
# # BEGIN SOLUTION

# %% id="q7-experiments"
# Your experiments for b, c and d.
# BEGIN SOLUTION NO PROMPT
print(f"pair {pair}, loss {before:.4f}")
print("b: pair {1}, loss {0:.4f}".format(*loss(logits_after, boxes_after)))
print("c: pair {1}, loss {0:.4f}".format(*loss(logits_after, boxes_after, pair)))
turned = torch.randperm(12, generator=torch.Generator().manual_seed(1))
print("d same:", torch.allclose(answer(queries, (cells + codes)[turned])[1], boxes, atol=1e-8))
# END SOLUTION

# %% id="q7-answer"
""" # BEGIN PROMPT
observed = {"a": "?", "b": "?", "c": "?", "d": "?"}
""" # END PROMPT
# BEGIN SOLUTION NO PROMPT
observed = {"a": "permuted alike", "b": "same", "c": "different", "d": "same"}
# END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
""" # END TEST CONFIG
def test_q7_predicted(predicted):
    words = ("same", "permuted alike", "different")
    problem = "" if isinstance(predicted, dict) else "there are no predictions: predicted should be a dictionary with the keys a, b, c, d"
    assert not problem, problem
    empty = [letter for letter in "abcd" if predicted.get(letter) not in words]
    problem = f"your prediction for {empty[0]} should be one of {', '.join(words)}" if empty else ""
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 0
""" # END TEST CONFIG
def test_q7_observed(observed):
    words = ("same", "permuted alike", "different")
    problem = "" if isinstance(observed, dict) else "observed should be a dictionary with the keys a, b, c, d"
    assert not problem, problem
    empty = [letter for letter in "abcd" if observed.get(letter) not in words]
    problem = f"what you observed for {empty[0]} should be one of {', '.join(words)}" if empty else ""
    assert not problem, problem
    problem = "the four answers are not all the same one" if all_alike(observed) else ""
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q7_a(observed):
    right = observed.get("a") == "permuted alike" and not all_alike(observed)
    problem = "" if right else "a: each query takes its box along: nothing in the decoder knows the number of a query"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q7_b(observed):
    right = observed.get("b") == "same" and not all_alike(observed)
    problem = "" if right else "b: the matching finds the same pairs under their new numbers, so the loss is that of a set"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q7_c(observed):
    right = observed.get("c") == "different" and not all_alike(observed)
    problem = "" if right else "c: kept pairs point to queries by number, and other queries stand there now"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q7_d(observed):
    right = observed.get("d") == "same" and not all_alike(observed)
    problem = "" if right else "d: a sum over the memory does not know its order, and each cell brought its code along"
    assert not problem, problem

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q8
# points: 5
# manual: true
# minutes: 10
# objective: explain from measured numbers where DETR suppresses duplicates, in training and in the decoder
# rubric:
#     - says that nothing is removed afterwards, so that a second answer must be gone already in what the queries answer
#     - says that one-to-one matching gives an object to one query and makes the other want no object, so that training punishes a duplicate
#     - says that self-attention between queries is the way by which one query can know of another, and so leave an object to it
#     - supports it with numbers from both tables
#     - is three or four sentences, in own words, and everything in them is true

# %% [markdown] id="q8-question"
# ## Question 8 · Explain (5 points, 10 minutes)
#
# The next cell makes two tables.
#
# * **Two queries, one object.** Both have the right box, and both are fairly sure that a cat is there. Their logits follow the
#   gradient of the class term for 200 steps. *One to one*: the surer query is paired with the cat, the other wants no object
#   (weight 0.1). *Each for itself*: every query whose box fits the cat wants the cat.
# * **Who knows of whom.** In a decoder layer, not trained, query 1 is replaced by another vector. By how much does what comes out
#   for each query change, with self-attention between the queries and without it?

# %% id="q8-given"
def follow(one_to_one, steps=200):
    """Probability of "cat" of two queries after some steps down the gradient of the weighted cross-entropy."""
    cat = [2.0, 1.9]  # how far the logit of cat is above that of no object
    for _ in range(steps):
        wanted = [1.0, 1.0]
        if one_to_one:
            wanted[cat.index(min(cat))] = 0.0
        weights = [1.0 if want else 0.1 for want in wanted]
        slopes = [weight * (sigmoid(logit) - want) for weight, logit, want in zip(weights, cat, wanted, strict=True)]
        cat = [logit - 2 * slope / sum(weights) for logit, slope in zip(cat, slopes, strict=True)]  # 2: the other logit goes as far back
    return [sigmoid(logit) for logit in cat]


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


print(f"{'p(cat)':28} {'query 0':>8} {'query 1':>8}")
for name, chances in (("at the start", follow(True, 0)), ("one to one", follow(True)), ("each for itself", follow(False))):
    print(f"{name:28} {chances[0]:8.1%} {chances[1]:8.1%}")

torch.manual_seed(0)
layer = torch.nn.TransformerDecoderLayer(16, 2, 32, dropout=0.0, batch_first=True).double()
asking, memory = torch.randn(1, 2, 16, dtype=torch.float64), torch.randn(1, 9, 16, dtype=torch.float64)
replaced = torch.stack([asking[0, 0], torch.randn(16, dtype=torch.float64)])[None]
print(f"\n{'change of the output of':28} {'query 0':>8} {'query 1':>8}")
for name, hide in (("with self-attention", None), ("without", ~torch.eye(2, dtype=torch.bool))):  # each asks itself only
    with torch.no_grad():
        change = (layer(replaced, memory, tgt_mask=hide) - layer(asking, memory, tgt_mask=hide)).abs().amax(dim=-1)[0]
    print(f"{name:28} {change[0]:8.3f} {change[1]:8.3f}")

# %% [markdown] id="q8-task"
# **In three or four sentences of your own: DETR does without non-maximum suppression. Where are duplicates suppressed instead,
# in training and in the decoder?** Name numbers from both tables.
#
# You get one point for each of these: what happens to answers afterwards · what the matching does to a second answer · by what
# way a query knows of another · numbers from both tables · true sentences in your own words.

# %% [raw]
# # BEGIN PROMPT

# %% [markdown] id="q8-answer"
# _Write your sentences here, in place of this line._

# %% [raw]
# # END PROMPT

# %% [raw]
# # BEGIN SOLUTION

# %% [markdown]
# **Model answer.** Nothing is removed afterwards: every query's answer is returned, so a second answer for the same object must
# already be given as *no object*. The matching sees to it in training: it pairs the cat with one query only, and the other,
# however good its box, is told to want no object; in 200 steps its probability of "cat" falls from 87.0 % to 3.1 %, while with
# each for itself both rise to 99.5 %, a lasting duplicate. For a query to step back it has to know that another has the cat,
# and self-attention is the way by which it can: replacing query 1 changes query 0's output by 1.007 with self-attention, and by
# 0.000 without it.

# %% [raw]
# # END SOLUTION

# %% [raw]
# # END QUESTION

# %% [markdown] id="end"
# ## Before you hand in
#
# 1. *Kernel → Restart Kernel and Run All Cells*: does everything still run from top to bottom?
# 2. Save the notebook.
# 3. Hand in this one file. Its name does not matter.
