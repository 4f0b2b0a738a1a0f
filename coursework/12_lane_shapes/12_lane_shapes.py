# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [raw]
# # ASSIGNMENT CONFIG
# name: 12_lane_shapes
# init_cell: false
# export_cell: false
# generate: true
# python_version: "3.11"
# requirements: [numpy==2.4.6, torch==2.13.0]
# tests:
#     files: false
#     ok_format: false

# %% [markdown] id="title"
# # Assignment 12 · Lane shapes
#
# *In code, by prediction, and in words.* Five questions, 30 points, about 75 minutes.
#
# | question | what you do | points | minutes |
# |---|---|---|---|
# | 1 | find where a lane line crosses the rows of a picture | 6 | 15 |
# | 2 | say how well a prediction agrees with a line, as TuSimple does | 7 | 20 |
# | 3 | compute what each pair of a prediction and a line costs | 7 | 20 |
# | 4 | predict what a camera does to the numbers of a curve, then run | 5 | 10 |
# | 5 | explain what an accuracy hides | 5 | 10 |
#
# **How it works.** Replace every `...` by your answer. After each question a cell says `grader.check(...)`: run it as
# often as you like. It tells you what is wrong, and it needs no network. The checks you see are not all of them: more
# numbers are compared after you hand in. Questions do not build on each other, so if one resists, go on to the next.
#
# You need Python and `torch`. You do not need any other file, and no trained model.
#
# In a picture, x is a share of the width and y a share of the height, both from the upper left corner: y = 0 is the top, y = 1 the
# bottom. Only question 2 counts in pixels.

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
# points: 6
# minutes: 15
# objective: evaluate the curve of a lane line in the rows below the horizon

# %% [markdown] id="q1-question"
# ## Question 1 · Where is the line? (6 points, 15 minutes)
#
# Write `curve_x`. A curve is six numbers, $k''$, $f''$, $m''$, $n'$, $b''$ and $b'''$ in this order, and crosses the row $y$ at
#
# $$x(y) = \frac{k''}{(y - f'')^2} + \frac{m''}{y - f''} + n' + b'' y - b'''.$$
#
# `curve` is a tensor `[6]`, `y` a tensor `[n]` of rows. $f''$ is the row of the horizon: in this row and above it there is no road, so
# x is `-2` there. Return a tensor `[n]` without infinite numbers and without NaN.

# %% [raw]
# # BEGIN SOLUTION

# %% id="q1-answer"
def curve_x(curve, y):
    """curve [6] and rows y [n], shares of the height -> x [n], shares of the width, -2 from the horizon upwards."""
    # BEGIN SOLUTION
    k, f, m, n, b, shift = curve
    below = y > f
    s = torch.where(below, y - f, 1.0)
    return torch.where(below, k / s**2 + m / s + n + b * y - shift, -2.0)
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q1_contract(curve_x):
    import torch

    def diagnose():
        if not callable(curve_x):
            return "there is no function curve_x: run the cell that defines it"
        curve, y = torch.tensor([0.0, 0.25, 0.0, 0.5, 0.0, 0.0]), torch.tensor([0.5, 0.75, 1.0])
        found = curve_x(curve.clone(), y.clone())
        if found is None or found is ...:
            return "curve_x should return a tensor [n]: is `return` missing?"
        if not isinstance(found, torch.Tensor) or list(found.shape) != [3]:
            return "for three rows curve_x should return a tensor of three numbers"
        return "curve_x changes what it was given" if changes_inputs(curve_x, curve, y) else ""

    problem = diagnose()
    assert not problem, problem
    one, other = ([torch.tensor([0.0, 0.25, 0.0, n, 0.0, 0.0]), torch.tensor([0.5, 1.0])] for n in (0.25, 0.75))
    problem = unmoved("curve_x", curve_x, one, other)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2
""" # END TEST CONFIG
def test_q1_terms(curve_x):
    import torch

    def diagnose():
        y = torch.tensor([0.5, 0.75, 1.0])
        alone = {
            "k''": ([0.125, 0.0, 0.0, 0.0, 0.0, 0.0], [0.5, 0.2222222, 0.125]),
            "f''": ([0.125, 0.25, 0.0, 0.0, 0.0, 0.0], [2.0, 0.5, 0.2222222]),
            "m''": ([0.0, 0.25, 0.125, 0.0, 0.0, 0.0], [0.5, 0.25, 0.1666667]),
            "n'": ([0.0, 0.25, 0.0, 0.375, 0.0, 0.0], [0.375, 0.375, 0.375]),
            "b''": ([0.0, 0.25, 0.0, 0.0, 0.5, 0.0], [0.25, 0.375, 0.5]),
            "b'''": ([0.0, 0.25, 0.0, 0.0, 0.0, 0.125], [-0.125, -0.125, -0.125]),
        }
        for name, (curve, wanted) in alone.items():
            found = curve_x(torch.tensor(curve), y)
            if not near(found, torch.tensor(wanted)):
                if name == "k''" and near(found, torch.tensor([0.25, 0.1666667, 0.125])):
                    return "k'' is divided by the square of y - f''"
                if name == "f''" and near(found, torch.tensor([0.2222222, 0.125, 0.08])):
                    return "you add f'' to y: it is subtracted"
                if name == "b'''" and near(found, torch.tensor([0.125] * 3)):
                    return "b''' is subtracted"
                if name == "b''" and near(found, torch.tensor([0.125, 0.25, 0.375])):
                    return "b'' is multiplied by y itself, not by y - f''"
                return f"the term of {name} is wrong: with all other numbers 0 x should be {wanted} in the rows 0.5, 0.75 and 1"
        return ""

    problem = diagnose()
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1.5
""" # END TEST CONFIG
def test_q1_horizon(curve_x):
    import torch

    def diagnose():
        curve, y = torch.tensor([0.0, 0.5, 0.125, 0.5, 0.0, 0.0]), torch.tensor([0.25, 0.5, 0.75])
        found = curve_x(curve, y)
        if not bool(found.isfinite().all()):
            return "in the row of the horizon your x is infinite or NaN: it should be -2"
        if float(found[0]) != -2:
            return "above the horizon there is no road: x is -2 there"
        if float(found[1]) != -2:
            return "in the row of the horizon itself x should be -2, too"
        return "" if near(found[2:], torch.tensor([1.0])) else "a row below the horizon is lost"

    problem = diagnose()
    assert not problem, problem
    one, other = ([torch.tensor([0.0, 0.5, 0.125, n, 0.0, 0.0]), torch.tensor([0.25, 0.5, 0.75])] for n in (0.5, 0.25))
    problem = unmoved("curve_x", curve_x, one, other)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
""" # END TEST CONFIG
def test_q1_numbers(curve_x):
    import torch

    y = torch.tensor([0.4, 0.6, 0.8, 0.05])
    found = curve_x(torch.tensor([0.01, 0.1, 0.05, 0.2, 0.5, 0.1]), y)
    problem = "" if near(found, torch.tensor([0.577778, 0.54, 0.591837, -2.0])) else "wrong numbers for a curve with all six terms"
    assert not problem, problem

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q2
# points: 7
# minutes: 20
# objective: compute the share of rows in which a prediction agrees with a lane line, with rows in which there is none

# %% [markdown] id="q2-question"
# ## Question 2 · Row by row (7 points, 20 minutes)
#
# TuSimple gives a lane line as a list of x in pixels, one for each of a fixed list of rows; an x below 0 means that the line is not
# in this row.
#
# **a.** Write `share_right`. `predicted` and `line` are tensors `[n]` of x in pixels. A row is right
#
# * where both have a point and these are **less than** `near` pixels apart;
# * where neither has one.
#
# Return the share of rows that are right, a number from 0 to 1.
#
# **b.** Write `best_shares`. `predictions` `[p, n]` and `lines` `[m, n]`: return, as a list or tensor, for each of the m lines the
# largest share that any prediction reaches, and 0 where there is no prediction. One prediction may be the best one of two lines.

# %% [raw]
# # BEGIN SOLUTION

# %% id="q2-answer"
def share_right(predicted, line, near=20.0):
    """x of a prediction and of a line, px [n], below 0 where there is none -> the share of rows that agree."""
    # BEGIN SOLUTION
    both, neither = (predicted >= 0) & (line >= 0), (predicted < 0) & (line < 0)
    right = (both & ((predicted - line).abs() < near)) | neither
    return right.double().mean().item()
    # END SOLUTION


def best_shares(predictions, lines, near=20.0):
    """Predictions [p, n] and lines [m, n] -> for each line the largest share, m numbers."""
    # BEGIN SOLUTION
    return [max((share_right(predicted, line, near) for predicted in predictions), default=0.0) for line in lines]
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q2_contract(share_right, best_shares):
    import torch

    def diagnose():
        for name, function in (("share_right", share_right), ("best_shares", best_shares)):
            if not callable(function):
                return f"there is no function {name}: run the cell that defines it"
        one, other = torch.tensor([100.0, 200.0]), torch.tensor([100.0, 300.0])
        found = share_right(one.clone(), other.clone())
        if found is None or found is ...:
            return "share_right should return a number: is `return` missing?"
        if number(found) is None:
            return "share_right should return one number for all rows"
        if numbers(best_shares(torch.stack((one, other)), torch.stack((one, other, one))), 3) is None:
            return "best_shares should return one number for each line"
        return "share_right changes what it was given" if changes_inputs(share_right, one, other) else ""

    problem = diagnose()
    assert not problem, problem
    line = torch.tensor([100.0, 200.0])
    problem = unmoved("share_right", share_right, [line, line], [line + 50, line])
    assert not problem, problem
    problem = unmoved("best_shares", best_shares, [line[None], line[None]], [line[None] + 50, line[None]])
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2.5
""" # END TEST CONFIG
def test_q2_share(share_right):
    import torch

    def diagnose():
        line = torch.tensor([-2.0, -2.0, -2.0, 300.0, 400.0, 500.0, 10.0, 7.0, 15.0, 600.0])
        predicted = torch.tensor([-2.0, -2.0, 290.0, -2.0, 419.0, 520.0, -2.0, -2.0, -2.0, 600.0])
        found = number(share_right(predicted, line))
        known = {
            2: "a row without the line is right where the prediction has no point there, too",
            5: "a difference of exactly `near` pixels is not less than `near`",
            7: "x below 0 is no place: -2 is not near 10 px, since there is no point",
        }
        if found is not None and abs(found - 4 / 10) < 1e-6:
            wide = number(share_right(predicted, line, 25.0))
            return "" if wide is not None and abs(wide - 5 / 10) < 1e-6 else "near is given: do not write 20 into the code"
        if found is not None and found > 1:
            return "you return how many rows are right: return their share"
        if found is not None and abs(found - 4 / 7) < 1e-6:
            return "divide by the number of all rows, also of those without the line"
        right = None if found is None else round(found * 10)
        return known.get(right, f"of ten rows four are right, a share of 0.4; yours is {found}")

    problem = diagnose()
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2
""" # END TEST CONFIG
def test_q2_best(best_shares):
    import torch

    def diagnose():
        lines = torch.tensor([[100.0, 100.0, 100.0, 100.0], [110.0, 110.0, 110.0, 500.0], [900.0, 900.0, 900.0, 900.0]])
        predictions = torch.tensor([[105.0, 105.0, 105.0, 105.0], [700.0, 900.0, 700.0, 700.0]])
        found = numbers(best_shares(predictions, lines), 3)
        if found is None:
            return "best_shares should return one number for each line"
        if found == [1.0, 0.0, 0.25] or found == [1.0, 0.0, 0.0]:
            return "one prediction may be the best one of two lines: here the first is"
        if found == [1.0, 0.75, 0.0]:
            return "you look at the first prediction alone"
        if found == [0.5, 0.375, 0.125]:
            return "you take the mean over the predictions: the largest share counts"
        if found != [1.0, 0.75, 0.25]:
            return f"the shares of the three lines should be 1, 0.75 and 0.25; yours are {found}"
        if numbers(best_shares(predictions[:0], lines), 3) != [0.0, 0.0, 0.0]:
            return "without predictions every line should get 0"
        return ""

    problem = diagnose()
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
""" # END TEST CONFIG
def test_q2_numbers(share_right, best_shares):
    import torch

    steps = torch.arange(24.0).reshape(3, 8)
    lines = (steps * 61.0) % 700 - 200
    predictions = lines[[2, 0]] + (steps[:2] * 7.0) % 45 - 15
    found = [number(share_right(predicted, line)) for predicted in predictions for line in lines]
    wanted = [0.0, 0.0, 0.75, 0.75, 0.0, 0.0]
    problem = "" if found == wanted else "wrong shares for two predictions and three lines of eight rows"
    assert not problem, problem
    problem = "" if numbers(best_shares(predictions, lines), 3) == [0.75, 0.0, 0.75] else "wrong largest shares for three lines"
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
# objective: compute the cost of every pair of a predicted curve and a lane line, over the rows in which the line is marked

# %% [markdown] id="q3-question"
# ## Question 3 · What a pair costs (7 points, 20 minutes)
#
# Write `pair_costs`, the matrix from which a matching is made. There are q predictions and n lines, and p rows.
#
# * `x_hat` `[q, p]`: where each predicted curve crosses each row, and `probability` `[q]`: how sure it is that it is a lane;
# * `x` `[n, p]`: where each line crosses each row, and `valid` `[n, p]`, bool: whether the line is marked in this row. Where it is
#   not, x means nothing.
#
# The cost of prediction i and line j is
#
# $$-3\,\text{probability}_i + 5\, w_j \sum_{\text{valid rows of } j} |\hat x_i - x_j|, \qquad
# w_j = \sqrt{\frac{\text{valid rows of all lines}}{\text{valid rows of line } j}}\,.$$
#
# Divide the weights $w$ by the largest of them before you use them. Return a tensor `[q, n]`.

# %% [raw]
# # BEGIN SOLUTION

# %% id="q3-answer"
def pair_costs(x_hat, probability, x, valid):
    """x_hat [q, p], probability [q], x [n, p] and valid [n, p] (bool) -> costs [q, n]."""
    # BEGIN SOLUTION
    counts = valid.sum(dim=1)
    weights = (counts.sum() / counts).sqrt()
    weights = weights / weights.max()
    apart = ((x_hat[:, None] - x).abs() * valid).sum(dim=-1)
    return -3 * probability[:, None] + 5 * weights * apart
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q3_contract(pair_costs):
    import torch

    def diagnose():
        if not callable(pair_costs):
            return "there is no function pair_costs: run the cell that defines it"
        given = [torch.zeros(3, 4), torch.full((3,), 0.5), torch.zeros(2, 4), torch.ones(2, 4, dtype=torch.bool)]
        found = pair_costs(*[each.clone() for each in given])
        if found is None or found is ...:
            return "pair_costs should return a tensor [q, n]: is `return` missing?"
        if not isinstance(found, torch.Tensor):
            return f"pair_costs should return a tensor, not a {type(found).__name__}"
        if list(found.shape) == [2, 3]:
            return "your costs are [n, q]: predictions are the rows"
        if list(found.shape) != [3, 2]:
            return f"for three predictions and two lines the costs should be [3, 2]; yours are {list(found.shape)}"
        return "pair_costs changes what it was given" if changes_inputs(pair_costs, *given) else ""

    problem = diagnose()
    assert not problem, problem
    valid = torch.ones(1, 2, dtype=torch.bool)
    one, other = ([torch.full((1, 2), x), torch.tensor([0.5]), torch.zeros(1, 2), valid] for x in (0.25, 0.5))
    problem = unmoved("pair_costs", pair_costs, one, other)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2
""" # END TEST CONFIG
def test_q3_alike(pair_costs):
    import torch

    def diagnose():
        x = torch.tensor([[0.5, 0.5, 0.5, 0.5], [0.25, 0.25, 0.25, 0.25]])
        x_hat = torch.tensor([[0.5, 0.5, 0.75, 0.5], [0.25, 0.25, 0.25, 0.25], [0.5, 0.5, 0.5, 0.5]])
        probability = torch.tensor([1.0, 0.5, 0.25])
        found = pair_costs(x_hat, probability, x, torch.ones(2, 4, dtype=torch.bool))
        distance, sure = torch.tensor([[0.25, 1.25], [1.0, 0.0], [0.0, 1.0]]), probability[:, None]
        wrong = [
            (3 * sure + 5 * distance, "the probability lowers the cost: mind the sign"),
            (-3 * sure + 5 * distance / 4, "sum over the rows, do not take their mean"),
            (5 * distance - sure, "the probability counts three times"),
            (distance - 3 * sure, "the distances count five times"),
            (5 * distance, "the probability has no influence on your costs"),
            (-3 * sure + 5 * distance * 2**0.5, "divide the weights by the largest of them"),
            (-3 * sure + 5 * torch.tensor([[0.0625, 0.4375], [0.25, 0.0], [0.0, 0.25]]), "take |x̂ - x|, not its square"),
            (-3 * sure + 5 * torch.tensor([[0.25, 1.25], [-1.0, 0.0], [0.0, 1.0]]), "distances are never below 0: take absolute values"),
        ]
        for costs, why in wrong:
            if near(found, costs):
                return why
        wanted = -3 * sure + 5 * distance
        return "" if near(found, wanted) else "with four valid rows in both lines all weights are 1, and your costs are other numbers"

    problem = diagnose()
    assert not problem, problem
    valid = torch.ones(2, 2, dtype=torch.bool)
    one, other = ([torch.full((3, 2), x), torch.full((3,), 0.5), torch.zeros(2, 2), valid] for x in (0.25, 0.5))
    problem = unmoved("pair_costs", pair_costs, one, other)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2.5
""" # END TEST CONFIG
def test_q3_valid(pair_costs):
    import torch

    def diagnose():
        x = torch.tensor([[0.5, 0.5, 0.5, 0.5], [0.25, 9.0, 9.0, 9.0]])
        valid = torch.tensor([[True, True, True, True], [True, False, False, False]])
        x_hat, probability = torch.tensor([[0.75, 0.75, 0.75, 0.75]]), torch.tensor([0.0])
        found = pair_costs(x_hat, probability, x, valid)
        far = 8.25 * 3
        wrong = [
            ([[2.5, 5 * (0.5 + far)]], "rows in which a line is not marked count with you: use valid"),
            ([[5.0, 2.5]], "the weights are missing: a line with fewer valid rows counts more"),
            ([[5.0, 1.25]], "the line with *more* valid rows has the larger weight with you: turn the fraction over"),
            ([[1.25, 2.5]], "the weights are square roots"),
            ([[5 * 5**0.5 / 2, 2.5 * 5**0.5]], "divide the weights by the largest of them"),
        ]
        for costs, why in wrong:
            if near(found, torch.tensor(costs)):
                return why
        right = near(found, torch.tensor([[2.5, 2.5]]))
        return "" if right else f"with one valid row in the second line both costs should be 2.5; yours are {found.tolist()}"

    problem = diagnose()
    assert not problem, problem
    valid = torch.tensor([[True, True], [True, False]])
    one, other = ([torch.full((1, 2), x), torch.zeros(1), torch.zeros(2, 2), valid] for x in (0.25, 0.5))
    problem = unmoved("pair_costs", pair_costs, one, other)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
""" # END TEST CONFIG
def test_q3_numbers(pair_costs):
    import torch

    x_hat = torch.tensor([[0.577778, 0.54, 0.591837], [0.627778, 0.64, 0.791837], [0.677778, 0.54, 0.491837]])
    probability = torch.tensor([0.731059, 0.268941, 0.5])
    x = torch.tensor([[0.597778, 0.56, 0.611837], [0.5, 0.6, -1.0]])
    valid = torch.tensor([[True, True, True], [True, True, False]])
    wanted = torch.tensor([[-1.948228, -1.504287], [0.377097, 0.032067], [-0.601854, -0.31111]])
    problem = "" if near(pair_costs(x_hat, probability, x, valid), wanted, 1e-3) else "wrong costs for three predictions and two lines"
    assert not problem, problem

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q4
# points: 5
# minutes: 10
# objective: predict how a camera and a lane change two numbers of a curve, and correct the prediction by a run

# %% [markdown] id="q4-question"
# ## Question 4 · Predict, then run (5 points, 10 minutes)
#
# A camera hangs 1.5 m above a flat road and looks down by 0.03 radians. A lane line bends to the right, 1.8 m beside the camera.
# What happens to
#
# * **a.** $f''$, the row of the horizon, if the camera looks down by 0.06 radians;
# * **b.** $f''$, if the camera hangs 2 m above the road;
# * **c.** $m''$, if the camera hangs 2 m above the road;
# * **d.** $m''$, if the line lies 5.4 m beside the camera?
#
# Answer `"larger"`, `"the same"` or `"smaller"`. **Write down your predictions before you run anything.** They are
# worth a point whether or not they turn out right. So do not correct them afterwards.

# %% [raw]
# # BEGIN SOLUTION

# %% id="q4-predicted"
""" # BEGIN PROMPT
predicted = {"a": "?", "b": "?", "c": "?", "d": "?"}
""" # END PROMPT
# BEGIN SOLUTION NO PROMPT
predicted = {"a": "larger", "b": "the same", "c": "smaller", "d": "the same"}
# END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [markdown] id="q4-run"
# Now find out. The first experiment is there; the other three are yours.

# %% id="q4-given"
def horizon_and_bend(height=1.5, pitch=0.03, beside=1.8, bend=0.002):
    """f'' and m'' of the line X = bend · Z² + beside, for a focal length of 0.9 widths and a picture of 16 : 9."""
    aspect, places = 9 / 16, []
    for ahead in (10.0, 20.0, 40.0):  # three points of the line, seen by the camera
        depth = ahead * math.cos(pitch) + height * math.sin(pitch)
        down = height * math.cos(pitch) - ahead * math.sin(pitch)
        places.append((0.5 + 0.9 * (bend * ahead**2 + beside) / depth, 0.5 + 0.9 * down / depth / aspect))
    far = 0.5 - 0.9 * math.tan(pitch) / aspect
    rows = torch.tensor([[1 / (y - far), 1.0, y - far] for _, y in places], dtype=torch.float64)
    across = torch.tensor([[x] for x, _ in places], dtype=torch.float64)
    return far, torch.linalg.solve(rows, across)[0].item()


print("a:", horizon_and_bend()[0], "->", horizon_and_bend(pitch=0.06)[0])

# %% [raw]
# # BEGIN SOLUTION

# %% id="q4-experiments"
# Your experiments for b, c and d.
# BEGIN SOLUTION NO PROMPT
print("b:", horizon_and_bend()[0], "->", horizon_and_bend(height=2.0)[0])
print("c:", horizon_and_bend()[1], "->", horizon_and_bend(height=2.0)[1])
print("d:", horizon_and_bend()[1], "->", horizon_and_bend(beside=5.4)[1])
# END SOLUTION

# %% id="q4-answer"
""" # BEGIN PROMPT
observed = {"a": "?", "b": "?", "c": "?", "d": "?"}
""" # END PROMPT
# BEGIN SOLUTION NO PROMPT
observed = {"a": "smaller", "b": "the same", "c": "larger", "d": "the same"}
# END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
""" # END TEST CONFIG
def test_q4_predicted(predicted):
    words = ("larger", "the same", "smaller")
    problem = "" if isinstance(predicted, dict) else "there are no predictions: predicted should be a dictionary with the keys a, b, c, d"
    assert not problem, problem
    empty = [letter for letter in "abcd" if predicted.get(letter) not in words]
    problem = f"your prediction for {empty[0]} should be one of {', '.join(words)}" if empty else ""
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 0
""" # END TEST CONFIG
def test_q4_observed(observed):
    words = ("larger", "the same", "smaller")
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
def test_q4_a(observed):
    right = observed.get("a") == "smaller" and not all_alike(observed)
    problem = "" if right else "a: a camera that looks down sees the horizon higher up in its picture, and rows are counted from the top"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q4_b(observed):
    right = observed.get("b") == "the same" and not all_alike(observed)
    problem = "" if right else "b: the horizon is where the road would be infinitely far away, and there half a metre of height is nothing"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q4_c(observed):
    right = observed.get("c") == "larger" and not all_alike(observed)
    problem = "" if right else "c: from a higher camera each row shows the road further ahead, where the bend has moved the line further"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q4_d(observed):
    right = observed.get("d") == "the same" and not all_alike(observed)
    problem = "" if right else "d: parallel lines share m''; only b'' tells where a line lies"
    assert not problem, problem

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q5
# points: 5
# manual: true
# minutes: 10
# objective: explain from the definition of the metric why an accuracy says little without the lines missed
# rubric:
#     - says that a row without the line counts as right where the prediction has no point there either
#     - says that a third of the rows or so is therefore right in nearly any prediction, and computes it from the numbers given
#     - says that a line counts as found only from a share of 0.85 on, so FN falls or rises by whole lines
#     - says that many lines which are nearly right give a high accuracy and a high FN together
#     - is three or four sentences, in own words, and everything in them is true

# %% [markdown] id="q5-question"
# ## Question 5 · Explain (5 points, 10 minutes)
#
# Two methods find lane lines on the same pictures. There are 56 rows, and a line is seen in 36 of them on average. TuSimple's accuracy
# is the mean share of right rows as in question 2. A line counts as *found* if its share is at least 0.85; *FN* is the share of
# lines that are not found.
#
# | method | accuracy | FN |
# |---|---|---|
# | A | 0.80 | 0.60 |
# | B | 0.80 | 0.20 |
#
# **In three or four sentences of your own: how can a method be right in 80 % of the rows and miss 60 % of the lines? What do you know
# about the mistakes of A and of B? What accuracy would a single prediction get that says "nothing" in every row?**
#
# You get one point for each of these: what counts as right in a row · the accuracy of "nothing" · what "found" asks for · how A and B
# differ · true sentences in your own words.

# %% [raw]
# # BEGIN PROMPT

# %% [markdown] id="q5-answer"
# _Write your sentences here, in place of this line._

# %% [raw]
# # END PROMPT

# %% [raw]
# # BEGIN SOLUTION

# %% [markdown]
# **Model answer.** A row in which the line is not seen counts as right if the prediction has no point there either, so a prediction that
# says "nothing" everywhere is right in 20 of 56 rows and gets an accuracy of 0.36. A line counts as found only from a share of 0.85 on,
# which leaves room for 8 wrong rows. Method A is a little wrong on most lines: many of its shares lie below 0.85, but not far. Method B
# finds four lines of five, so where it is wrong it must be very wrong, perhaps because it has no prediction at all for the line.

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
