# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [raw]
# # ASSIGNMENT CONFIG
# name: 10_label_assignment
# init_cell: false
# export_cell: false
# generate: true
# python_version: "3.11"
# requirements: [numpy==2.4.6, torch==2.13.0]
# tests:
#     files: false
#     ok_format: false

# %% [markdown] id="title"
# # Assignment 10 · Label assignment
#
# *In code, by prediction, and in words.* Seven questions, 42 points, about 105 minutes.
#
# | question | what you do | points | minutes |
# |---|---|---|---|
# | 1 | label anchors by two IoU thresholds, and rescue objects that no anchor fits | 7 | 20 |
# | 2 | give each grid cell its object, and find the objects that are lost | 6 | 15 |
# | 3 | give each point its object by place and size, with its centre-ness | 7 | 20 |
# | 4 | let one object set its own threshold | 6 | 15 |
# | 5 | let objects choose predictions, and see what one-to-one pairs would change | 6 | 15 |
# | 6 | predict how many positives a small object gets, then run | 5 | 10 |
# | 7 | explain what a fixed threshold does to small objects | 5 | 10 |
#
# **How it works.** Replace every `...` by your answer. After each question a cell says `grader.check(...)`: run it as
# often as you like. It tells you what is wrong, and it needs no network. The checks you see are not all of them: more
# numbers are compared after you hand in. Questions do not build on each other, so if one resists, go on to the next.
#
# You need Python and `torch`. You do not need any other file, and no trained model.
#
# Boxes are *corners* in pixels: (left, top, right, bottom). Objects have the numbers 0, 1, 2 and so on, in the order in which
# they are listed. A prior (an anchor, a point, a prediction) that serves an object is labelled with the number of that
# object; `-1` means *negative* ("nothing is here") and `-2` means *ignored* (no loss). A picture may hold no object at all.

# %% [markdown] id="start"
# Run the next cell first, and again whenever you restart the kernel. If it says that there is no module named `otter`,
# the checks are not installed on this computer: `%pip install otter-grader==7.0.0` in a cell of its own installs them,
# once.

# %% id="start-imports"
import glob
import math
import os

import otter
import torch

notebooks = [os.environ.get("JPY_SESSION_NAME", ""), *sorted(glob.glob("*.ipynb"))]  # this one, whatever its name
grader = otter.Notebook(next(filter(os.path.isfile, notebooks), None))

# %% [raw]
# # BEGIN QUESTION
# name: q1
# points: 7
# minutes: 20
# objective: label anchors as positive, ignored or negative by two IoU thresholds, with the rule for objects that no anchor fits

# %% [markdown] id="q1-question"
# ## Question 1 · Two thresholds (7 points, 20 minutes)
#
# Write `labels_by_iou`. `iou` `[n, p]` holds the IoU of each of n objects with each of p anchors. Look at the object that an
# anchor overlaps most:
#
# * from `positive_from` on (that value included), the anchor is positive for this object;
# * below `negative_below`, it is negative, `-1`;
# * between the two, it is ignored, `-2`.
#
# With `rescue=True` there is one more rule, for objects that no anchor fits well (*low-quality matches*). The best anchors of an
# object are all anchors that reach its largest IoU, provided that this is above 0. Every best anchor of every object becomes
# positive, for the object that **the anchor itself** overlaps most.
#
# The result is a list or tensor of p whole numbers. No anchor overlaps two objects equally, unless by 0. Without objects all
# anchors are negative.

# %% [raw]
# # BEGIN SOLUTION

# %% id="q1-answer"
def labels_by_iou(iou, positive_from, negative_below, rescue=False):
    """iou [n, p] -> for each of the p anchors the number of its object, -1 (negative) or -2 (ignored)."""
    # BEGIN SOLUTION
    if not len(iou):
        return torch.full((iou.shape[1],), -1)
    overlap, owner = iou.max(dim=0)
    labels = torch.where(overlap >= positive_from, owner, -2)
    labels[overlap < negative_below] = -1
    if rescue:
        largest = iou.max(dim=1, keepdim=True).values
        labels = torch.where(((iou == largest) & (largest > 0)).any(dim=0), owner, labels)
    return labels
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q1_contract(labels_by_iou):
    import torch

    def diagnose():
        if not callable(labels_by_iou):
            return "there is no function labels_by_iou: run the cell that defines it"
        iou = torch.tensor([[0.75, 0.125, 0.0], [0.0, 0.25, 0.0]])
        labels = labels_by_iou(iou.clone(), 0.5, 0.25)
        if labels is None or labels is ...:
            return "labels_by_iou should return p whole numbers: is `return` missing?"
        if numbers(labels, 2) is not None:
            return "you return one number for each object: each anchor needs a label, p numbers"
        if numbers(labels, 3) is None:
            return "for three anchors labels_by_iou should return a list or tensor of three whole numbers"
        changed = changes_inputs(labels_by_iou, iou, 0.5, 0.25) or changes_inputs(labels_by_iou, iou, 0.5, 0.25, True)
        return "labels_by_iou changes the IoU it was given" if changed else ""

    problem = diagnose()
    assert not problem, problem
    first, second = [torch.tensor([[0.75, 0.125]]), 0.5, 0.25], [torch.tensor([[0.125, 0.75]]), 0.5, 0.25]
    problem = unmoved("labels_by_iou", labels_by_iou, first, second)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2
""" # END TEST CONFIG
def test_q1_thresholds(labels_by_iou):
    import torch

    def diagnose():
        iou = torch.tensor([[0.75, 0.375, 0.125, 0.0, 0.5, 0.25], [0.25, 0.125, 0.0625, 0.875, 0.375, 0.125]])
        labels = numbers(labels_by_iou(iou.clone(), 0.5, 0.25), 6)
        known = {
            (0, -1, -1, 1, 0, -1): "you have no ignored anchors: between the two thresholds the label is -2",
            (0, 0, -1, 1, 0, 0): "your anchors between the thresholds are positive: they are ignored, -2",
            (0, -2, -1, 1, -2, -2): "an IoU of exactly positive_from is positive",
            (0, -2, -1, 1, 0, -1): "an IoU of exactly negative_below is not below it: the anchor is ignored",
            (0, -1, -2, 1, 0, -1): "you have exchanged -1 and -2: -1 is negative, -2 is ignored",
            (0, -2, -1, 0, 0, -2): "all positives go to object 0: an anchor serves the object that it overlaps most",
            (1, -2, -1, 2, 1, -2): "your objects are numbered from 1: the first one is 0",
        }
        wanted = f"with the thresholds 0.5 and 0.25 the labels should be 0, -2, -1, 1, 0, -2; yours are {labels}"
        if labels != [0, -2, -1, 1, 0, -2]:
            return known.get(tuple(labels or ()), wanted)
        other = numbers(labels_by_iou(iou.clone(), 0.75, 0.375), 6)
        if other == labels:
            return "other thresholds change nothing: use positive_from and negative_below, no fixed numbers"
        right = other == [0, -2, -1, 1, -2, -1]
        return "" if right else f"with the thresholds 0.75 and 0.375 the labels should be 0, -2, -1, 1, -2, -1; yours are {other}"

    problem = diagnose()
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2
""" # END TEST CONFIG
def test_q1_rescue(labels_by_iou):
    import torch

    def diagnose():
        iou = torch.tensor(
            [
                [0.875, 0.5, 0.125, 0.0, 0.0, 0.0],
                [0.625, 0.375, 0.0625, 0.0, 0.0, 0.0],
                [0.0, 0.0, 0.0, 0.5, 0.5, 0.1875],
                [0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
                [0.0, 0.0, 0.1875, 0.0, 0.0, 0.0],
            ]
        )
        without = numbers(labels_by_iou(iou.clone(), 0.75, 0.25), 6)
        labels = numbers(labels_by_iou(iou.clone(), 0.75, 0.25, rescue=True), 6)
        known = {
            (0, -2, -1, -2, -2, -1): "rescue=True changes nothing: the best anchors of every object should be positive",
            (1, -2, 4, 2, 2, -1): "object 1 takes anchor 0: a best anchor serves the object that it overlaps most itself, here object 0",
            (0, -2, 4, 2, -2, -1): "two anchors are equally good for object 2, and you rescue only one of them",
            (0, -2, -1, 2, 2, -1): "a best anchor is positive whatever its IoU, also below negative_below",
            (0, 0, 4, 2, 2, 2): "object 3 overlaps no anchor, so it has no best ones: its largest IoU, 0, should rescue nothing",
            (0, 0, 4, 2, 2, -1): "you make all ignored anchors positive: only the best anchors of each object are rescued",
        }
        if without == [0, -2, 4, 2, 2, -1]:
            return "you rescue although rescue is False"
        wanted = f"with rescue the labels of the six anchors should be 0, -2, 4, 2, 2, -1; yours are {labels}"
        return "" if labels == [0, -2, 4, 2, 2, -1] else known.get(tuple(labels or ()), wanted)

    problem = diagnose()
    assert not problem, problem
    one, other = torch.tensor([[0.5, 0.25]]), torch.tensor([[0.25, 0.5]])
    problem = unmoved("labels_by_iou", labels_by_iou, [one, 0.75, 0.25, True], [other, 0.75, 0.25, True])
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2.5
hidden: true
""" # END TEST CONFIG
def test_q1_numbers(labels_by_iou):
    import torch

    iou = torch.tensor(
        [
            [0.31, 0.93, 0.0, 0.64, 0.12, 0.0, 0.41, 0.0, 0.27],
            [0.55, 0.66, 0.0, 0.42, 0.08, 0.0, 0.58, 0.0, 0.33],
            [0.0, 0.0, 0.81, 0.0, 0.0, 0.81, 0.0, 0.02, 0.0],
            [0.0, 0.0, 0.0, 0.0, 0.17, 0.0, 0.0, 0.14, 0.0],
        ]
    )
    wanted = {
        (0.7, 0.3, False): [-2, 0, 2, -2, -1, 2, -2, -1, -2],
        (0.5, 0.5, False): [1, 0, 2, 0, -1, 2, 1, -1, -1],
        (0.7, 0.3, True): [-2, 0, 2, -2, 3, 2, -2, -1, -2],
        (0.5, 0.4, True): [1, 0, 2, 0, 3, 2, 1, -1, -1],
    }
    for (high, low, rescue), labels in wanted.items():
        found = numbers(labels_by_iou(iou.clone(), high, low, rescue), 9)
        problem = "" if found == labels else f"wrong labels for nine anchors with the thresholds {high} and {low}, rescue {rescue}"
        assert not problem, problem
    for rescue in (False, True):
        found = numbers(labels_by_iou(torch.zeros(0, 3), 0.5, 0.4, rescue), 3)
        problem = "" if found == [-1, -1, -1] else "without objects all anchors should be negative"
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
# objective: give each grid cell its object as YOLOv1 does, list the objects that are lost, and construct two that collide without touching

# %% [markdown] id="q2-question"
# ## Question 2 · One cell, one object (6 points, 15 minutes)
#
# YOLOv1 divides the picture into square cells. An object belongs to the cell that holds the **centre** of its box, and a cell
# serves one object only: the first in the list that wants it. The others are lost. (The authors' program shuffles the list first.
# Yours does not.)
#
# **a.** Write `cell_owners`.
#
# * `boxes` is `[n, 4]`; `size` is (height, width) of the picture, `cell` the side of a cell, both in pixels. A whole number of
#   cells fills the picture exactly.
# * A centre on the line between two cells belongs to the cell on the right, or below. No centre lies on the right or lower edge
#   of the picture.
# * Return two things: `owners`, a tensor `[rows, columns]` with the number of the object that each cell serves, or `-1`; and
#   `lost`, a list of the numbers of the lost objects, in ascending order.
#
# **b.** Two objects need not touch to be in each other's way. Write down `lost_pair`, two boxes in a picture of 80 × 80 pixels
# with cells of 16, of which the second is lost. No side is shorter than 4 pixels, and between the boxes there is a **gap of at
# least 6 pixels**, horizontally or vertically.

# %% [raw]
# # BEGIN SOLUTION

# %% id="q2-answer"
def cell_owners(boxes, size, cell):
    """Corners [n, 4], (height, width) and side of a cell, px -> (owners [rows, columns], lost)."""
    # BEGIN SOLUTION
    owners, lost = torch.full((size[0] // cell, size[1] // cell), -1), []
    for i, (left, top, right, bottom) in enumerate(boxes.tolist()):
        row, column = int((top + bottom) / 2 // cell), int((left + right) / 2 // cell)
        if owners[row, column] >= 0:
            lost.append(i)
        else:
            owners[row, column] = i
    return owners, lost
    # END SOLUTION


lost_pair = [[32, 34, 36, 46], [42, 34, 48, 46]]  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q2_contract(cell_owners):
    import torch

    def diagnose():
        if not callable(cell_owners):
            return "there is no function cell_owners: run the cell that defines it"
        boxes = torch.tensor([[2.0, 2.0, 8.0, 10.0]])
        found = cell_owners(boxes.clone(), (32, 48), 16)
        if not isinstance(found, tuple | list) or len(found) != 2:
            return "cell_owners should return two things, owners and lost: is `return` missing?"
        if changes_inputs(cell_owners, boxes, (32, 48), 16):
            return "cell_owners changes the boxes it was given"
        owners, lost = found
        if not isinstance(owners, torch.Tensor):
            return f"owners should be a tensor; yours is of type {type(owners).__name__}"
        shape = list(owners.shape)
        if shape == [3, 2]:
            return "your owners are [columns, rows]: rows come first, and size is (height, width)"
        if shape != [2, 3]:
            return f"a picture of 32 × 48 px has [2, 3] cells of 16 px; yours are {shape}"
        return "" if isinstance(lost, list | tuple) or hasattr(lost, "tolist") else "lost should be a list of numbers of objects"

    problem = diagnose()
    assert not problem, problem
    first, second = ([torch.tensor([box]), (32, 48), 16] for box in ([2.0, 2.0, 8.0, 10.0], [18.0, 2.0, 28.0, 10.0]))
    problem = unmoved("cell_owners", cell_owners, first, second)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1.5
""" # END TEST CONFIG
def test_q2_owners(cell_owners):
    import torch

    def diagnose():
        if int(cell_owners(torch.tensor([[18.0, 2.0, 28.0, 10.0]]), (32, 48), 16)[0][1, 0]) == 0:
            return "you have exchanged x and y: rows come from y, columns from x"
        boxes = torch.tensor([[30.0, 20, 50, 40], [34, 17, 45, 35], [2, 2, 10, 30], [60, 30, 78, 46], [36, 12, 60, 40]])
        owners, lost = cell_owners(boxes, (48, 80), 16)
        cells = {place: int(number) for place, number in enumerate(owners.flatten().tolist()) if number != -1}
        known = {
            ((5, 2), (7, 1), (8, 4), (14, 3)): "the last object takes the cell: it belongs to the first in the list",
            ((0, 2), (2, 4), (6, 0), (7, 1), (8, 3)): "you look for the corner of the box: the cell holds its centre",
            ((5, 2), (12, 0), (13, 4), (14, 3)): "you round: a centre at (40, 30) lies in column 2, row 1, which begins at 32, 16",
            ((0, 2), (7, 0), (14, 3)): "a centre on the line between two cells belongs to the cell on the right, or below",
        }
        message = known.get(tuple(sorted(cells.items())))
        if message:
            return message
        if cells != {5: 2, 7: 0, 8: 4, 14: 3}:
            return f"row by row, the cells 5, 7, 8 and 14 should serve the objects 2, 0, 4 and 3; yours are {cells}"
        lost = numbers(lost, 1)
        if lost is None:
            return "object 1 is lost, and nobody else: lost should be [1]"
        return "" if lost == [1] else f"object 1 is lost: its centre lies in the cell of object 0; you say {lost[0]:g}"

    problem = diagnose()
    assert not problem, problem
    first, second = ([torch.tensor([box]), (32, 48), 16] for box in ([2.0, 2.0, 8.0, 10.0], [18.0, 2.0, 28.0, 10.0]))
    problem = unmoved("cell_owners", cell_owners, first, second)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1.5
""" # END TEST CONFIG
def test_q2_lost_pair(lost_pair):
    def diagnose():
        pair = lost_pair.tolist() if hasattr(lost_pair, "tolist") else lost_pair
        filled = isinstance(pair, list | tuple) and len(pair) == 2 and all(numbers(box, 4) for box in pair)
        if not filled:
            return "lost_pair is not filled in yet: write two boxes of four numbers"
        a, b = (numbers(box, 4) for box in pair)
        for left, top, right, bottom in (a, b):
            if min(left, top) < 0 or max(right, bottom) > 80:
                return "a box of lost_pair lies outside the picture of 80 × 80 px"
            if right - left < 4 or bottom - top < 4:
                return "a side of lost_pair is shorter than 4 px: corners are (left, top, right, bottom)"
        gap = max(b[0] - a[2], a[0] - b[2], b[1] - a[3], a[1] - b[3])
        if gap < 6:
            return "the boxes of lost_pair touch or overlap" if gap <= 0 else f"between the boxes there are only {gap:g} px: make it 6"
        apart = [axis for axis in (0, 1) if (a[axis] + a[axis + 2]) // 32 != (b[axis] + b[axis + 2]) // 32]
        return "the centres of lost_pair lie in different cells, so both are served" if apart else ""

    problem = diagnose()
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2.5
hidden: true
""" # END TEST CONFIG
def test_q2_numbers(cell_owners):
    import torch

    boxes = torch.tensor(
        [
            [[70.0, 10, 90, 30], [5, 5, 55, 55], [72, 12, 84, 24], [0, 40, 20, 64]],
            [[26.0, 20, 36, 38], [76, 8, 80, 28], [20, 36, 96, 60], [60, 36, 68, 62]],
        ]
    ).flatten(0, 1)
    owners, lost = cell_owners(boxes, (64, 96), 32)
    right = same(owners, torch.tensor([[1, -1, 0], [3, 6, 7]])) and numbers(lost, 3) == [2, 4, 5]
    problem = "" if right else "wrong cells or lost objects for eight objects and cells of 32 px"
    assert not problem, problem
    owners, lost = cell_owners(boxes, (64, 96), 16)
    wanted = torch.tensor([[-1, -1, -1, -1, -1, -1], [-1, 1, -1, -1, 2, 0], [-1, -1, -1, -1, -1, -1], [3, -1, -1, 6, 7, -1]])
    right = same(owners, wanted) and numbers(lost, 2) == [4, 5]
    problem = "" if right else "wrong cells or lost objects for eight objects and cells of 16 px"
    assert not problem, problem
    owners, lost = cell_owners(torch.zeros(0, 4), (32, 48), 16)
    right = same(owners, torch.full((2, 3), -1)) and len(lost) == 0
    problem = "" if right else "a picture without objects should give cells of -1 and an empty list"
    assert not problem, problem

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q3
# points: 7
# minutes: 20
# objective: give each point its object by place and size as FCOS does, and compute its centre-ness

# %% [markdown] id="q3-question"
# ## Question 3 · Points (7 points, 20 minutes)
#
# Write `serve_points`, FCOS's rule without centre sampling. An object suits a point if
#
# * the point lies inside its box: all four distances $l, t, r, b$ to the left, top, right and bottom side are above 0;
# * and the **largest** of these four distances lies in the range of the point's map, from `low` to `high`, both included.
#
# Of several objects that suit, the one of smallest area gets the point. (No two boxes have the same area.) If none suits, the
# point is negative, `-1`.
#
# * `points` is `[p, 2]`, (x, y) in pixels; `low` and `high` are `[p]`, one range for each point; `boxes` is `[n, 4]`.
# * Return two things: `objects`, p whole numbers (list or tensor), and `centreness`, a tensor `[p]`. The centre-ness is that of
#   the point in the box of its own object, and 0 where the point is negative:
#
# $$ \sqrt{\frac{\min(l, r)}{\max(l, r)} \cdot \frac{\min(t, b)}{\max(t, b)}} . $$

# %% [raw]
# # BEGIN SOLUTION

# %% id="q3-answer"
def serve_points(points, low, high, boxes):
    """points [p, 2], low [p], high [p], corners [n, 4] -> (objects: p numbers, centreness [p])."""
    # BEGIN SOLUTION
    if not len(boxes):
        return [-1] * len(points), torch.zeros(len(points))
    sides = torch.cat([points[:, None] - boxes[:, :2], boxes[:, 2:] - points[:, None]], dim=-1)
    largest = sides.amax(dim=-1)
    suits = (sides.amin(dim=-1) > 0) & (low[:, None] <= largest) & (largest <= high[:, None])
    area = (boxes[:, 2:] - boxes[:, :2]).prod(dim=-1)
    smallest, objects = torch.where(suits, area, math.inf).min(dim=1)
    near_side, far_side = sides[range(len(points)), objects].view(-1, 2, 2).aminmax(dim=1)
    centreness = (near_side / far_side).prod(dim=-1).sqrt()
    return torch.where(smallest < math.inf, objects, -1), torch.where(smallest < math.inf, centreness, 0.0)
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q3_contract(serve_points):
    import torch

    def diagnose():
        if not callable(serve_points):
            return "there is no function serve_points: run the cell that defines it"
        points, boxes = torch.tensor([[4.0, 4.0], [20.0, 4.0], [8.0, 6.0]]), torch.tensor([[0.0, 0.0, 10.0, 10.0], [2.0, 2.0, 30.0, 30.0]])
        found = serve_points(points.clone(), torch.zeros(3), torch.full((3,), 64.0), boxes.clone())
        if not isinstance(found, tuple | list) or len(found) != 2:
            return "serve_points should return two things, objects and centreness: is `return` missing?"
        if changes_inputs(serve_points, points, torch.zeros(3), torch.full((3,), 64.0), boxes):
            return "serve_points changes the tensors it was given"
        if numbers(found[0], 3) is None:
            return "objects should be three whole numbers for three points"
        shape = list(found[1].shape) if isinstance(found[1], torch.Tensor) else None
        return "" if shape == [3] else "centreness should be a tensor with one number for each point"

    problem = diagnose()
    assert not problem, problem
    box = torch.tensor([[0.0, 0.0, 9.0, 9.0]])
    first, second = ([torch.tensor([place]), torch.zeros(1), torch.full((1,), 9.0), box] for place in ([4.0, 4.0], [3.0, 20.0]))
    problem = unmoved("serve_points", serve_points, first, second)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2
""" # END TEST CONFIG
def test_q3_objects(serve_points):
    import torch

    def diagnose():
        boxes = torch.tensor([[0.0, 0, 40, 40], [10, 10, 30, 22]])
        points = torch.tensor([[20.0, 16], [20, 16], [36, 36], [36, 20], [50, 50], [10, 16], [20, 20], [4, 20], [20, 12]])
        low, high = torch.tensor([0.0, 16, 16, 0, 0, 0, 0, 0, 28]), torch.tensor([16.0, 64, 64, 16, 64, 24, 20, 36, 64])
        objects = numbers(serve_points(points, low, high, boxes)[0], 9)
        known = {
            (1, 1, 0, 0, -1, 0, 1, 0, 1): "you do not look at low and high: the largest distance to a side must lie in this range",
            (1, 0, 0, -1, -1, -1, 0, 0, 0): "where several objects suit, yours is not the one of smallest area",
            (-1, 1, 0, -1, -1, -1, 1, -1, 0): "you compare the longer side of the box with the range: take the largest distance to a side",
            (1, 0, 0, -1, -1, -1, 1, -1, 0): "a largest distance of exactly high still lies in the range",
            (1, 0, 0, -1, -1, -1, 1, 0, -1): "a largest distance of exactly low already lies in the range",
            (1, 0, 0, -1, -1, 1, 1, 0, 0): "a point on the side of a box does not lie inside: all four distances are above 0",
            (1, -1, 0, -1, -1, -1, 1, 0, -1): "you choose the smallest object first, then look at the range: only those that suit compete",
        }
        if objects != [1, 0, 0, -1, -1, -1, 1, 0, 0]:
            wanted = f"the nine points should serve 1, 0, 0, -1, -1, -1, 1, 0, 0; yours serve {objects}"
            return known.get(tuple(objects or ()), wanted)
        turned = numbers(serve_points(points, low, high, boxes.flip(0))[0], 9)
        right = turned == [0, 1, 1, -1, -1, -1, 0, 1, 1]
        return "" if right else "with the objects in another order the points serve others: the area decides, not the place in the list"

    problem = diagnose()
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1.5
""" # END TEST CONFIG
def test_q3_centreness(serve_points):
    import torch

    def diagnose():
        boxes = torch.tensor([[0.0, 0, 40, 40], [10, 10, 30, 22]])
        points = torch.tensor([[20.0, 16], [20, 20], [4, 10], [60, 20]])
        found = serve_points(points, torch.zeros(4), torch.full((4,), 64.0), boxes)[1]
        if not bool(found.isfinite().all()):
            return "a centre-ness is NaN or infinite: a negative point has 0"
        if abs(float(found[3])) > 1e-6:
            return f"a negative point should have the centre-ness 0; yours is {float(found[3]):.3f}"
        known = {
            (1.0, 0.2, 0.037): "the square root is missing",
            (0.7746, 0.4472, 0.3333): "you divide the least by the largest of all four distances: pair left with right, top with bottom",
            (0.8165, 1.0, 0.1925): "you measure the centre-ness of (20, 16) in the first box: take the box of the point's own object",
            (1.0, 2.2361, 5.1962): "your centre-ness grows towards the sides: divide the smaller distance by the larger one",
        }
        for wanted, message in known.items():
            if near(found[:3], torch.tensor(wanted), atol=2e-3):
                return message
        right = near(found, torch.tensor([1.0, 0.4472, 0.1925, 0.0]), atol=1e-3)
        return "" if right else f"the centre-ness should be 1, 0.447, 0.192 and 0; yours is {[round(float(each), 3) for each in found]}"

    problem = diagnose()
    assert not problem, problem
    box = torch.tensor([[0.0, 0.0, 9.0, 9.0]])
    first, second = ([torch.tensor([place]), torch.zeros(1), torch.full((1,), 9.0), box] for place in ([4.0, 4.0], [3.0, 20.0]))
    problem = unmoved("serve_points", serve_points, first, second)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 3
hidden: true
""" # END TEST CONFIG
def test_q3_numbers(serve_points):
    import torch

    boxes = torch.tensor([[3.0, 6, 59, 50], [13, 10, 41, 30], [22, 4, 33, 47], [40, 36, 63, 61], [5, 44, 12, 52]])
    along = torch.arange(8.0, 64, 16)
    fine, coarse = torch.cartesian_prod(along, along).flip(1), torch.tensor([[16.0, 16], [48, 16], [16, 48], [48, 48]])
    points = torch.cat([fine, coarse])
    low, high = torch.tensor([-1.0] * 16 + [32.0] * 4), torch.tensor([32.0] * 16 + [1e8] * 4)
    wanted = [-1, -1, -1, -1, -1, 2, 1, -1, -1, -1, -1, 3, -1, -1, -1, 3, 0, 0, 0, 0]
    objects, centreness = serve_points(points, low, high, boxes)
    problem = "" if numbers(objects, 20) == wanted else "wrong objects for twenty points on two maps and five objects"
    assert not problem, problem
    expected = torch.tensor(
        [
            0.0, 0.0, 0.0, 0.0, 0.0, 0.4396, 0.126, 0.0, 0.0, 0.0,
            0.0, 0.2887, 0.0, 0.0, 0.0, 0.3307, 0.2982, 0.2681, 0.12, 0.1079,
        ]
    )
    problem = "" if near(centreness, expected, atol=2e-3) else "wrong centre-ness for twenty points on two maps and five objects"
    assert not problem, problem
    objects, centreness = serve_points(points[:3], low[:3], high[:3], torch.zeros(0, 4))
    right = numbers(objects, 3) == [-1, -1, -1] and near(centreness, torch.zeros(3))
    problem = "" if right else "without objects all points should be negative, with centre-ness 0"
    assert not problem, problem

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q4
# points: 6
# minutes: 15
# objective: compute the threshold that an object sets for itself in ATSS, and the anchors that it makes positive

# %% [markdown] id="q4-question"
# ## Question 4 · A threshold of its own (6 points, 15 minutes)
#
# ATSS lets each object set its threshold. Write `own_threshold` for **one** object.
#
# 1. Its *candidates* are, on **each** map, the `nearest` anchors whose centres are nearest to its own. A map that has fewer anchors
#    gives all of them.
# 2. The threshold is the mean plus the standard deviation (divided by n − 1) of the IoU of all candidates together.
# 3. Positive are the candidates whose IoU is at least the threshold **and** whose centre lies inside the object.
#
# All four inputs are tensors `[p]`, one entry for each anchor: `iou` with the object; `distance` of the centres; `levels`, the
# number of the anchor's map; `inside` (bool), whether the anchor's centre lies inside the object. No two anchors of a map are
# equally far away, and there are always at least two candidates.
#
# Return two things: the threshold (a number), and a list of the positive anchors' numbers in ascending order.

# %% [raw]
# # BEGIN SOLUTION

# %% id="q4-answer"
def own_threshold(iou, distance, levels, inside, nearest=9):
    """iou, distance, levels and inside [p] of one object -> (threshold, list of the positive anchors)."""
    # BEGIN SOLUTION
    candidate = torch.zeros(len(iou), dtype=torch.bool)
    for level in levels.unique():
        (own,) = (levels == level).nonzero(as_tuple=True)
        candidate[own[distance[own].argsort()[:nearest]]] = True
    threshold = iou[candidate].mean() + iou[candidate].std()
    return threshold.item(), (candidate & inside & (iou >= threshold)).nonzero()[:, 0].tolist()
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q4_contract(own_threshold):
    import torch

    def given(iou):
        return [torch.tensor(iou), torch.tensor([1.0, 2.0, 3.0, 4.0]), torch.tensor([0, 0, 1, 1]), torch.tensor([True] * 4)]

    def diagnose():
        if not callable(own_threshold):
            return "there is no function own_threshold: run the cell that defines it"
        found = own_threshold(*given([0.5, 0.25, 0.125, 0.0]))
        if not isinstance(found, tuple | list) or len(found) != 2:
            return "own_threshold should return two things, the threshold and the positive anchors: is `return` missing?"
        if changes_inputs(own_threshold, *given([0.5, 0.25, 0.125, 0.0])):
            return "own_threshold changes the tensors it was given"
        if number(found[0]) is None:
            return "the threshold should be one number"
        positives = found[1].tolist() if hasattr(found[1], "tolist") else found[1]
        if isinstance(positives, list) and len(positives) == 4 and all(isinstance(each, bool) for each in positives):
            return "you return a mask: list the numbers of the positive anchors"
        return "" if isinstance(positives, list | tuple) else "the positive anchors should be a list of whole numbers"

    problem = diagnose()
    assert not problem, problem
    problem = unmoved("own_threshold", own_threshold, given([0.5, 0.25, 0.125, 0.0]), given([0.0, 0.25, 0.125, 0.75]))
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2
""" # END TEST CONFIG
def test_q4_threshold(own_threshold):
    import torch

    def diagnose():
        iou = torch.tensor([0.5, 0.6, 0.3, 0.9, 0.1, 0.7, 0.2, 0.3])
        distance = torch.tensor([9.0, 2, 5, 30, 1, 40, 14, 13])
        levels = torch.tensor([0, 0, 0, 0, 0, 1, 1, 1])
        found = number(own_threshold(iou, distance, levels, torch.ones(8, dtype=torch.bool), 2)[0])
        known = {
            0.7036: "you take the nearest anchors of all maps together: take `nearest` of each map",
            0.5967: "you take the nearest anchors of all maps together, twice as many: take `nearest` of each map",
            0.4871: "your standard deviation is divided by n: divide by n − 1",
            0.3000: "that is the mean alone: add the standard deviation",
            0.2160: "that is the standard deviation alone: add the mean",
            0.0840: "you subtract the standard deviation: add it",
            0.3467: "you add the variance: the standard deviation is its square root",
            0.8750: "your candidates are those of largest IoU: take the anchors whose centres are nearest",
            0.7226: "you take mean and deviation over all anchors: take them over the candidates",
        }
        for wrong, message in known.items():
            if abs(found - wrong) < 1e-3:
                return message
        right = abs(found - 0.5160) < 1e-3
        return "" if right else f"candidates 1, 4, 6 and 7 have the IoU 0.6, 0.1, 0.2 and 0.3: a threshold of 0.516; yours is {found:.3f}"

    problem = diagnose()
    assert not problem, problem
    rest = [torch.tensor([1.0, 2.0]), torch.tensor([0, 0]), torch.tensor([True, True])]
    first, second = [torch.tensor([0.5, 0.5]), *rest], [torch.tensor([0.75, 0.5]), *rest]
    problem = unmoved("own_threshold", own_threshold, first, second)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1.5
""" # END TEST CONFIG
def test_q4_positives(own_threshold):
    import torch

    def diagnose():
        iou = torch.tensor([0.5, 0.6, 0.3, 0.9, 0.1, 0.7, 0.2, 0.3])
        distance = torch.tensor([9.0, 2, 5, 30, 1, 40, 14, 13])
        levels = torch.tensor([0, 0, 0, 0, 0, 1, 1, 1])
        inside = torch.tensor([True, True, True, True, True, True, True, True])

        def positives(inside):
            found = own_threshold(iou, distance, levels, inside, 2)[1]
            return [int(each) for each in (found.tolist() if hasattr(found, "tolist") else found)]

        found = positives(inside)
        if found == [1, 3, 5]:
            return "anchors 3 and 5 overlap much, but they are no candidates: only candidates can be positive"
        if found != [1]:
            return f"of the candidates 1, 4, 6 and 7 only anchor 1 reaches the threshold: [1]; yours are {found}"
        inside[1] = False
        if positives(inside) != []:
            return "the centre of anchor 1 now lies outside the object, so it is not positive: look at inside"
        alike = own_threshold(torch.full((2,), 0.5), torch.tensor([1.0, 2.0]), torch.tensor([0, 0]), torch.tensor([True, True]))[1]
        alike = alike.tolist() if hasattr(alike, "tolist") else list(alike)
        return "" if alike == [0, 1] else "an IoU equal to the threshold reaches it: where all candidates are alike, all are positive"

    problem = diagnose()
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
""" # END TEST CONFIG
def test_q4_numbers(own_threshold):
    import torch

    along = [torch.arange(stride / 2, 96, stride) for stride in (8, 16, 32)]
    centres = torch.cat([torch.cartesian_prod(each, each).flip(1) for each in along])
    levels = torch.cat([torch.full((len(each) ** 2,), level) for level, each in enumerate(along)])
    half = torch.tensor([12.0, 24, 48])[levels][:, None]
    anchors = torch.cat([centres - half, centres + half], dim=1)
    wanted = {
        (20.5, 31.0, 47.0, 69.5): (0.4048, [63, 64, 75, 76, 88, 163, 164]),
        (3.0, 5.5, 90.5, 84.0): (0.419, [181, 183, 184]),
        (61.0, 17.5, 74.5, 32.0): (0.2136, [32, 44]),
    }
    for box, (threshold, positives) in wanted.items():
        box = torch.tensor(box)
        shared = (torch.minimum(anchors[:, 2:], box[2:]) - torch.maximum(anchors[:, :2], box[:2])).clamp(min=0).prod(dim=1)
        iou = shared / (4 * half[:, 0] ** 2 + (box[2:] - box[:2]).prod() - shared)
        distance = (centres - (box[:2] + box[2:]) / 2).norm(dim=1)
        inside = ((centres > box[:2]) & (centres < box[2:])).all(dim=1)
        found = own_threshold(iou, distance, levels, inside)
        problem = "" if abs(number(found[0]) - threshold) < 1e-3 else "wrong threshold for an object among 189 anchors on three maps"
        assert not problem, problem
        problem = "" if numbers(found[1], len(positives)) == positives else "wrong positives for an object among 189 anchors on three maps"
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
# objective: let every object choose its cheapest predictions, and construct a case where one is lost that one-to-one pairs would serve

# %% [markdown] id="q5-question"
# ## Question 5 · Argmin or Hungarian (6 points, 15 minutes)
#
# `cost[j, i]` says what it would cost if prediction j served object i. DETR's Hungarian matching looks for one-to-one pairs that cost
# least together. Without it one could let every object choose for itself.
#
# **a.** Write `objects_choose`.
#
# * `cost` is a tensor `[p, n]` of any numbers. Every object takes its `k` cheapest predictions, or all, if there are fewer.
# * A prediction that several objects have taken stays with the one **of them** for which it is cheapest. The others do not choose
#   again.
# * The result is a list or tensor of p whole numbers: the object of each prediction, `-1` where it has none. No two costs are equal.
#
# **b.** With k = 1 that is an argmin for each object, and an object may end up with nothing. Find a table `argmin_fails`, 3
# predictions by 2 objects, six different whole numbers from 0 to 9, for which `objects_choose` with k = 1 **loses an object**,
# although one-to-one pairs would cost **only 1 more** than the two columns' smallest numbers together.

# %% [raw]
# # BEGIN SOLUTION

# %% id="q5-answer"
def objects_choose(cost, k):
    """cost [p, n] -> for each of the p predictions its object, or -1."""
    # BEGIN SOLUTION
    owners = [-1] * len(cost)
    for i, column in enumerate(cost.T):
        for j in column.argsort()[:k].tolist():
            if owners[j] == -1 or column[j] < cost[j, owners[j]]:
                owners[j] = i
    return owners
    # END SOLUTION


argmin_fails = [[1, 2], [8, 3], [9, 7]]  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q5_contract(objects_choose):
    import torch

    def diagnose():
        if not callable(objects_choose):
            return "there is no function objects_choose: run the cell that defines it"
        cost = torch.tensor([[1.0, 5.0], [4.0, 2.0], [6.0, 3.0]])
        owners = objects_choose(cost.clone(), 1)
        if owners is None or owners is ...:
            return "objects_choose should return p whole numbers: is `return` missing?"
        if changes_inputs(objects_choose, cost, 1):
            return "objects_choose changes the costs it was given"
        if numbers(owners, 2) is not None:
            return "you return the prediction of each object: return the object of each prediction, p numbers"
        return "" if numbers(owners, 3) is not None else "for three predictions the result should be three whole numbers"

    problem = diagnose()
    assert not problem, problem
    first, second = [torch.tensor([[1.0, 5.0], [5.5, 2.0]]), 1], [torch.tensor([[5.0, 1.0], [2.0, 5.5]]), 1]
    problem = unmoved("objects_choose", objects_choose, first, second)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1.5
""" # END TEST CONFIG
def test_q5_choices(objects_choose):
    import torch

    def diagnose():
        cost = torch.tensor([[1.0, 5.0, 2.0], [4.0, 3.0, 6.0], [8.0, 7.0, 9.0], [5.5, 6.5, 2.5]])
        owners = numbers(objects_choose(cost.clone(), 1), 4)
        known = {
            (0, 1, -1, 2): "that is a one-to-one matching: an object that loses its prediction does not choose again",
            (0, 1, 1, 2): "every prediction chooses an object in your function: the objects choose, down the columns",
            (2, 1, -1, -1): "the last object takes prediction 0: it stays with the one for which it is cheapest",
            (-1, -1, 1, -1): "your objects take the dearest predictions: look for the least cost",
        }
        if owners != [0, 1, -1, -1]:
            wanted = f"with k = 1 objects 0 and 2 both want prediction 0: the result should be 0, 1, -1, -1; yours is {owners}"
            return known.get(tuple(owners or ()), wanted)
        if numbers(objects_choose(torch.tensor([[3.0, 2.0], [9.0, 1.0], [8.0, 7.0]]), 1), 3) == [1, 1, -1]:
            return "prediction 0 was taken by object 0 alone: only objects that have taken a prediction compete for it"
        more = numbers(objects_choose(cost.clone(), 2), 4)
        if more == owners:
            return "k = 2 gives what k = 1 gives: each object takes its k cheapest predictions"
        if more == [0, 0, -1, 2]:
            return "the first object keeps prediction 1: it goes to the object for which it is cheapest"
        if more != [0, 1, -1, 2]:
            return f"with k = 2 the result should be 0, 1, -1, 2; yours is {more}"
        turned = numbers(objects_choose(cost.flip(1), 1), 4)
        return "" if turned == [2, 1, -1, -1] else f"with the objects in another order the result should be 2, 1, -1, -1; yours is {turned}"

    problem = diagnose()
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1.5
""" # END TEST CONFIG
def test_q5_argmin_fails(argmin_fails):
    def diagnose():
        table = argmin_fails.tolist() if hasattr(argmin_fails, "tolist") else argmin_fails
        filled = isinstance(table, list | tuple) and len(table) == 3 and all(numbers(row, 2) for row in table)
        if not filled:
            return "argmin_fails is not filled in yet: write three rows of two whole numbers from 0 to 9"
        rows = [numbers(row, 2) for row in table]
        flat = [each for row in rows for each in row]
        if len(set(flat)) < 6 or not all(each.is_integer() and 0 <= each <= 9 for each in flat):
            return "argmin_fails should hold six different whole numbers from 0 to 9"
        first, second = ([row[i] for row in rows] for i in (0, 1))
        if first.index(min(first)) != second.index(min(second)):
            return "in your table the objects want different predictions, so none is lost"
        paired = min(first[j] + second[m] for j in range(3) for m in range(3) if j != m)
        more = paired - min(first) - min(second)
        return "" if more == 1 else f"in your table one-to-one pairs cost {more:g} more than the smallest numbers: make it 1"

    problem = diagnose()
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2.5
hidden: true
""" # END TEST CONFIG
def test_q5_numbers(objects_choose):
    import torch

    steps = torch.arange(28.0).reshape(7, 4)
    cost = (steps * 1.7).sin() + (steps * 0.9).cos() * 0.5
    for k, wanted in {1: [3, -1, 2, -1, -1, -1, 1], 2: [3, 0, 2, -1, 2, -1, 1], 4: [3, 2, 2, 2, 2, 1, 1]}.items():
        found = numbers(objects_choose(cost.clone(), k), 7)
        problem = "" if found == wanted else f"wrong objects for seven predictions, four objects and k = {k}"
        assert not problem, problem
    found = numbers(objects_choose(torch.tensor([[0.31, 0.35], [0.33, 0.30]]), 5), 2)
    problem = "" if found == [0, 1] else "with fewer than k predictions every object should take all of them"
    assert not problem, problem
    found = numbers(objects_choose(torch.zeros(3, 0), 2), 3)
    problem = "" if found == [-1, -1, -1] else "without objects no prediction should have one"
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
# objective: predict how many positives four rules give a small object, and correct the prediction by a run

# %% [markdown] id="q6-question"
# ## Question 6 · Predict, then run (5 points, 10 minutes)
#
# A square object in a picture of 128 × 128 pixels has a side of 64 pixels, or of 16. It lies at a random place. How many positives
# does the small one get, on average, compared with the large one, if positive is
#
# * **a.** every point of one map of stride 8 that lies in the box;
# * **b.** every point of three maps (strides 8, 16, 32) that lies in the box and whose **largest distance to a side** lies in the
#   range of its map: up to 16 px for stride 8, 16 to 32 px for stride 16, above 32 px for stride 32 (as in FCOS);
# * **c.** every anchor with an IoU of at least 0.5, with one anchor of 48 × 48 pixels about each point of the stride-8 map;
# * **d.** the anchors of c, and in any case the one best anchor (the first of equally good ones)?
#
# Answer `"more"`, `"the same"`, `"fewer"` (but not none) or `"none"`. **Write down your predictions before you run anything.** They are
# worth a point whether or not they turn out right. So do not correct them afterwards.

# %% [raw]
# # BEGIN SOLUTION

# %% id="q6-predicted"
""" # BEGIN PROMPT
predicted = {"a": "?", "b": "?", "c": "?", "d": "?"}
""" # END PROMPT
# BEGIN SOLUTION NO PROMPT
predicted = {"a": "fewer", "b": "fewer", "c": "none", "d": "the same"}
# END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [markdown] id="q6-run"
# Now find out. The first experiment is there; the other three are yours.

# %% id="q6-given"
places = torch.rand(300, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(2))


def points_of(stride):
    """The middles of all cells of a map of this stride: [p, 2]."""
    along = torch.arange(stride / 2, 128, stride, dtype=torch.float64)
    return torch.cartesian_prod(along, along)


def distances(stride, side):
    """From each point to the left, top, right and bottom of each of 300 objects of this side: [300, p, 4]."""
    corner = (places * (128 - side))[:, None]
    return torch.cat((points_of(stride) - corner, corner + side - points_of(stride)), dim=-1)


for side in (64, 16):
    inside = (distances(8, side) > 0).all(dim=-1)
    print(f"a: {side} px: {inside.sum(dim=1).double().mean():.1f} positives")

# %% [raw]
# # BEGIN SOLUTION

# %% id="q6-experiments"
# Your experiments for b, c and d.
# BEGIN SOLUTION NO PROMPT
for side in (64, 16):
    count = 0
    for stride, low, high in ((8, 0, 16), (16, 16, 32), (32, 32, math.inf)):
        away = distances(stride, side)
        count = count + ((away.amin(-1) > 0) & (away.amax(-1) > low) & (away.amax(-1) <= high)).sum(dim=1)
    print(f"b: {side} px: {count.double().mean():.1f} positives")
for side in (64, 16):
    lefts = places[:, None] * (128 - side)
    shared = (torch.minimum(lefts + side, points_of(8) + 24) - torch.maximum(lefts, points_of(8) - 24)).clamp(min=0).prod(dim=-1)
    overlap = shared / (side**2 + 48**2 - shared)
    positive = overlap >= 0.5
    print(f"c: {side} px: {positive.sum(dim=1).double().mean():.1f} positives")
    positive[range(300), overlap.argmax(dim=1)] = True
    print(f"d: {side} px: {positive.sum(dim=1).double().mean():.1f} positives")
# END SOLUTION

# %% id="q6-answer"
""" # BEGIN PROMPT
observed = {"a": "?", "b": "?", "c": "?", "d": "?"}
""" # END PROMPT
# BEGIN SOLUTION NO PROMPT
observed = {"a": "fewer", "b": "the same", "c": "none", "d": "fewer"}
# END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
""" # END TEST CONFIG
def test_q6_predicted(predicted):
    words = ("more", "the same", "fewer", "none")
    problem = "" if isinstance(predicted, dict) else "there are no predictions: predicted should be a dictionary with the keys a, b, c, d"
    assert not problem, problem
    empty = [letter for letter in "abcd" if predicted.get(letter) not in words]
    problem = f"your prediction for {empty[0]} should be one of {', '.join(words)}" if empty else ""
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 0
""" # END TEST CONFIG
def test_q6_observed(observed):
    words = ("more", "the same", "fewer", "none")
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
def test_q6_a(observed):
    right = observed.get("a") == "fewer" and not all_alike(observed)
    problem = "" if right else "a: the count of points grows with the area: 64 for a side of 64 px, 4 for 16 px"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q6_b(observed):
    right = observed.get("b") == "the same" and not all_alike(observed)
    problem = "" if right else "b: the ranges send the large object to the coarse map: 4 points there, as the small one has on the fine map"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q6_c(observed):
    right = observed.get("c") == "none" and not all_alike(observed)
    problem = "" if right else "c: an anchor of 48 px that holds the whole object of 16 px has an IoU of 0.11 with it, and none has more"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q6_d(observed):
    right = observed.get("d") == "fewer" and not all_alike(observed)
    problem = "" if right else "d: the best anchor is the only one of the small object, and the large one has those above the threshold"
    assert not problem, problem

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q7
# points: 5
# manual: true
# minutes: 10
# objective: explain from measured numbers what a fixed IoU threshold does to small objects, and what a threshold of its own changes
# rubric:
#     - says that no anchor has the size of the small object, so that its best IoU stays below 0.5 and it is lost
#     - says that no error is raised, and that the detector then learns to answer "nothing here" at this object
#     - says that a lower threshold for all gives other objects many positives that fit badly
#     - says that ATSS measures each object against its own candidates, and supports it with numbers from the table
#     - is three or four sentences, in own words, and everything in them is true

# %% [markdown] id="q7-question"
# ## Question 7 · Explain (5 points, 10 minutes)
#
# 200 square objects of each size were laid at random places of a picture of 256 × 256 pixels. There are three maps, of stride 8, 16
# and 32, with one square anchor for each cell: 32, 64 and 128 pixels wide. The table shows, for three rules, how many positives
# an object has on average, and the average IoU of a positive anchor with its object. Anchors that are not positive are
# negative. No rule here rescues an object that gets none. The best IoU of any anchor with the object is 0.39, 0.64 and 0.61 on average.
#
# | rule | 20 px | 40 px | 100 px |
# |---|---|---|---|
# | IoU at least 0.5 | 0.0 positives | 4.0 positives, IoU 0.58 | 2.5 positives, IoU 0.57 |
# | IoU at least 0.2 | 10.7 positives, IoU 0.30 | 34.2 positives, IoU 0.34 | 41.6 positives, IoU 0.33 |
# | ATSS, nine candidates for each map | 5.9 positives, IoU 0.36 | 4.6 positives, IoU 0.57 | 3.1 positives, IoU 0.55 |
#
# **In three or four sentences of your own: what does a detector learn about the objects of 20 pixels under the first rule, and why?
# Why not lower the threshold for all, as the second rule does, and what does ATSS do instead?** Name numbers from the table.
#
# You get one point for each of these: why the small objects have no positive · what the detector learns there, and who tells you · what a
# lower threshold does to the others · what ATSS does, with numbers · true sentences in your own words.

# %% [raw]
# # BEGIN PROMPT

# %% [markdown] id="q7-answer"
# _Write your sentences here, in place of this line._

# %% [raw]
# # END PROMPT

# %% [raw]
# # BEGIN SOLUTION

# %% [markdown]
# **Model answer.** The smallest anchor is 32 pixels wide, so even the best one reaches an IoU of only 0.39 with an object of 20 pixels;
# under the first rule it has 0.0 positives, all anchors on it are negatives, and the detector learns to say "nothing here" without any
# error message. A threshold of 0.2 for all saves these objects (10.7 positives), but an object of 100 pixels then has 41.6 positives
# in place of 2.5, and their IoU falls from 0.57 to 0.33, so most of them are poor examples. ATSS compares an object's anchors with one
# another: positive are those that overlap it unusually much among its own candidates, so the small object gets 5.9 positives at an IoU
# of 0.36, and the large one 3.1 at 0.55.

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
