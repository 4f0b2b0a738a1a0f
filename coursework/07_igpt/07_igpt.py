# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [raw]
# # ASSIGNMENT CONFIG
# name: 07_igpt
# init_cell: false
# export_cell: false
# generate: true
# python_version: "3.11"
# requirements: [numpy==2.4.6, torch==2.13.0]
# tests:
#     files: false
#     ok_format: false

# %% [markdown] id="title"
# # Assignment 07 · Image GPT
#
# *In code, by prediction, and in words.* Seven questions, 41 points, about 100 minutes.
#
# | question | what you do | points | minutes |
# |---|---|---|---|
# | 1 | predict a pixel from the one above it, by hand | 4 | 10 |
# | 2 | find the nearest colours of a palette, and improve the palette by a step of k-means | 6 | 15 |
# | 3 | make the input sequence of a picture, and say which pixels a prediction may use | 7 | 20 |
# | 4 | compute the autoregressive and the masked loss | 7 | 15 |
# | 5 | draw a level with a temperature, and finish a picture | 7 | 20 |
# | 6 | predict which predictions notice a changed pixel, then run | 5 | 10 |
# | 7 | explain what a linear probe has shown, and what it has not | 5 | 10 |
#
# **How it works.** Replace every `...` by your answer. After each question a cell says `grader.check(...)`: run it as
# often as you like. It tells you what is wrong, and it needs no network. The checks you see are not all of them: more
# numbers are compared after you hand in. Questions do not build on each other, so if one resists, go on to the next.
#
# You need Python and `torch`. You do not need any other file, and no trained model.
#
# A picture is a tensor of whole numbers `[height, width]`: each pixel is the number of its **level** (or of its colour in a palette),
# counted from 0. In **raster order** pixels are read row by row from the top, each row from the left. (r, c) is the pixel in row r and
# column c, both counted from 0.

# %% [markdown] id="start"
# Run the next cell first, and again whenever you restart the kernel. If it says that there is no module named `otter`,
# the checks are not installed on this computer: `%pip install otter-grader==7.0.0` in a cell of its own installs them,
# once.

# %% id="start-imports"
import glob
import os

import otter
import torch

notebooks = [os.environ.get("JPY_SESSION_NAME", ""), *sorted(glob.glob("*.ipynb"))]  # this one, whatever its name
grader = otter.Notebook(next(filter(os.path.isfile, notebooks), None))

# %% [raw]
# # BEGIN QUESTION
# name: q1
# points: 4
# minutes: 10
# objective: estimate the probability of a pixel from counts and compute its surprise in nats

# %% [markdown] id="q1-question"
# ## Question 1 · The pixel above (4 points, 10 minutes)
#
# Here is a picture of three levels, from which a table is made: how often does each level stand right below each level?
#
# | | | | |
# |---:|---:|---:|---:|
# | 0 | 1 | 1 | 0 |
# | 0 | 2 | 1 | 0 |
# | 0 | 2 | 1 | 1 |
# | 0 | 1 | 2 | 0 |
#
# There are twelve pairs of a pixel and the one right below it. **Add one to each of the nine counts**, so that no pair is impossible. Then
# $p(y \mid x)$ is the count of "y below x", divided by the counts of all levels below x.
#
# **Compute by hand**
#
# * **a.** $p(2 \mid 0)$, the probability of a 2 below a 0;
# * **b.** $p(1 \mid 2)$, the probability of a 1 below a 2;
# * **c.** the mean surprise, in nats per pixel, of the second and the third pixel of a new column 0, 0, 1 (from top to bottom);
# * **d.** among how many levels of equal probability one would have to choose to be as uncertain as in c.
#
# Three digits are enough. You may type a formula: `-math.log(1 / 2)` after `import math`.

# %% [raw]
# # BEGIN SOLUTION

# %% id="q1-answer"
""" # BEGIN PROMPT
answers = {"a": ..., "b": ..., "c": ..., "d": ...}
""" # END PROMPT
# BEGIN SOLUTION NO PROMPT
answers = {"a": 1 / 8, "b": 2 / 5, "c": 0.928, "d": 2.53}
# END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0
""" # END TEST CONFIG
def test_q1_form(answers):
    def diagnose():
        if not isinstance(answers, dict):
            return "answers should be a dictionary with the keys a, b, c, d"
        empty = [letter for letter in "abcd" if number(answers.get(letter)) is None]
        if empty:
            return f"your value for {empty[0]} should be a number"
        found = [number(answers[letter]) for letter in "abcd"]
        known = [
            ((0, 0.5, 0.9163, 2.5), "one is added to each count first: no pair has the probability 0"),
            ((0.125, 0.5, 0.9282, 2.5298), "divide by the row of x, the level above: with you the lower pixel is given"),
            ((0.4286, 0.5, 1.3966, 4.0415), "the pair is a pixel and the one below it: you count left neighbours"),
            ((0.1667, 0.6667, 0.6405, 1.8974), "one is added to three counts of a row, so its sum grows by three"),
            ((0.0667, 0.1333, 0.9282, 2.5298), "divide by the counts of x's row, not by those of the whole table"),
        ]
        for wrong, why in known:
            if all(abs(a - b) < 0.003 for a, b in zip(found, wrong, strict=True)):
                return why
        if abs(found[2] - 1.8563) < 0.003:
            return "c asks for the mean of both pixels, not for their sum"
        if abs(found[2] - 1.3390) < 0.003:
            return "c is in nats: take the natural logarithm, not that to base 2"
        if abs(found[2] - 0.4031) < 0.003:
            return "c is in nats: take the natural logarithm, not that to base 10"
        if found[2] < 0:
            return "a surprise is the negative logarithm, so c is above 0"
        if abs(found[3] - 1.9028) < 0.005:
            return "nats and levels: d is e to the power of c, not 2 to that power"
        return "d is a number of levels, which is at least 1" if found[3] < 1 else ""

    problem = diagnose()
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q1_a(answers):
    right = number(answers.get("a")) is not None and abs(number(answers["a"]) - 0.125) < 0.003
    problem = "" if right else "a: of five pixels below a 0 none is a 2: with one added to each of three counts, 1 of 8"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q1_b(answers):
    right = number(answers.get("b")) is not None and abs(number(answers["b"]) - 0.4) < 0.003
    problem = "" if right else "b: below a 2 stand one 2 and one 1: with one added to each of three counts, 2 of 5"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q1_c(answers):
    right = number(answers.get("c")) is not None and abs(number(answers["c"]) - 0.9282) < 0.003
    problem = "" if right else "c: the probabilities are 5/8 and 2/8, and -ln of them 0.470 and 1.386"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q1_d(answers):
    right = number(answers.get("d")) is not None and abs(number(answers["d"]) - 2.5298) < 0.01
    problem = "" if right else "d: a choice among N equal levels costs ln N nats, so N is e to the power of 0.928"
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
# objective: replace colours by the numbers of the nearest ones of a palette and move the palette by one step of k-means

# %% [markdown] id="q2-question"
# ## Question 2 · Few colours (6 points, 15 minutes)
#
# **a.** Write `nearest`. `colours` are floats `[..., 3]`, with any number of axes before the last, and `palette` is `[k, 3]`. Return whole
# numbers `[...]`: for each colour the number of the palette's colour that is nearest, by the usual (Euclidean) distance. Where two are
# equally near, either is right.
#
# **b.** Write `moved`, one step of k-means. Each of the `colours` `[n, 3]` belongs to the nearest one of the palette. Each colour of the
# palette moves to the mean of those that belong to it; one to which none belongs stays where it is. Return the new palette `[k, 3]`.

# %% [raw]
# # BEGIN SOLUTION

# %% id="q2-answer"
def nearest(colours, palette):
    """colours [..., 3], palette [k, 3] -> the number of the nearest colour of the palette, [...]."""
    # BEGIN SOLUTION
    return ((colours[..., None, :] - palette) ** 2).sum(dim=-1).argmin(dim=-1)
    # END SOLUTION


def moved(colours, palette):
    """colours [n, 3], palette [k, 3] -> the palette after one step of k-means, [k, 3]."""
    # BEGIN SOLUTION
    owner = ((colours[:, None] - palette) ** 2).sum(dim=-1).argmin(dim=-1)
    new = palette.clone()
    for number_of_colour in owner.unique():
        new[number_of_colour] = colours[owner == number_of_colour].mean(dim=0)
    return new
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q2_contract(nearest, moved):
    import torch

    def diagnose():
        for name, function in (("nearest", nearest), ("moved", moved)):
            if not callable(function):
                return f"there is no function {name}: run the cell that defines it"
        colours = torch.tensor([[[0.0, 0.0, 0.0], [4.0, 4.0, 4.0]]])
        palette = torch.tensor([[1.0, 0.0, 0.0], [4.0, 4.0, 3.0], [9.0, 9.0, 9.0]])
        found = nearest(colours.clone(), palette.clone())
        if found is None or found is ...:
            return "nearest should return whole numbers [...]: is `return` missing?"
        if not isinstance(found, torch.Tensor):
            return f"nearest should return a tensor, not a {type(found).__name__}"
        if list(found.shape) == [1, 2, 3]:
            return "nearest should return the numbers of the colours, not the colours"
        if list(found.shape) != [1, 2]:
            return f"for colours [1, 2, 3] nearest should return [1, 2], not {list(found.shape)}"
        if found.is_floating_point():
            return "nearest should return whole numbers: which colour of the palette, not how far away it is"
        new = moved(colours[0].clone(), palette.clone())
        if not isinstance(new, torch.Tensor) or list(new.shape) != [3, 3]:
            return "moved should return a palette [k, 3], with as many colours as before"
        if changes_inputs(nearest, colours, palette) or changes_inputs(moved, colours[0], palette):
            return "the colours or the palette have changed: clone what you write into"
        return ""

    problem = diagnose()
    assert not problem, problem
    palette = torch.tensor([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]])
    problem = unmoved("nearest", nearest, [palette, palette], [palette.flip(0), palette])
    assert not problem, problem
    problem = unmoved("moved", moved, [palette, palette], [palette + 0.25, palette + 0.125])
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1.5
""" # END TEST CONFIG
def test_q2_nearest(nearest):
    import torch

    def diagnose():
        palette = torch.tensor([[3.0, 0.0, 0.0], [2.0, 2.0, 0.0], [12.0, 12.0, 12.0], [10.0, 10.0, 13.2]])
        found = nearest(torch.tensor([[0.0, 0.0, 0.0], [10.0, 10.0, 10.0]]), palette).tolist()
        known = {
            (0, 3): "add up squares over the channels, not sizes: (2, 2, 0) is nearer to black than (3, 0, 0)",
            (1, 2): "all three channels count: the largest difference of a colour alone does not say how near it is",
            (2, 0): "you take the farthest colour: the nearest has the least distance",
        }
        if found != [1, 3]:
            return known.get(tuple(found), f"the nearest of the four colours to (0, 0, 0) and (10, 10, 10) are 1 and 3; yours are {found}")
        found = nearest(torch.tensor([[[0.0, 9.0, 0.0]]]), torch.tensor([[0.0, 0.0, 0.0], [1.0, 9.0, 0.0]])).tolist()
        return "" if found == [[1]] else "compare all three channels, not the first one alone"

    problem = diagnose()
    assert not problem, problem
    one, other = [torch.tensor([[0.0, 0.0, 9.0]]), torch.eye(3) * 9], [torch.tensor([[0.0, 9.0, 0.0]]), torch.eye(3) * 9]
    problem = unmoved("nearest", nearest, one, other)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2
""" # END TEST CONFIG
def test_q2_moved(moved):
    import torch

    def diagnose():
        colours = torch.tensor([[0.0, 0.0, 0.0], [2.0, 0.0, 0.0], [4.0, 3.0, 0.0], [20.0, 20.0, 20.0], [22.0, 24.0, 20.0]])
        palette = torch.tensor([[1.0, 1.0, 0.0], [21.0, 20.0, 20.0], [90.0, 90.0, 90.0]])
        found = moved(colours, palette)
        if bool(found.isnan().any()):
            return "the mean of no colours is not a number: a colour to which none belongs stays where it is"
        known = [
            ([[2.0, 1.0, 0.0], [21.0, 22.0, 20.0], [0.0, 0.0, 0.0]], "a colour to which none belongs should stay: yours has become black"),
            ([[6.0, 3.0, 0.0], [42.0, 44.0, 40.0], [90.0, 90.0, 90.0]], "you add the colours up: take their mean"),
            ([[6.0, 3.0, 0.0], [42.0, 44.0, 40.0], [0.0, 0.0, 0.0]], "you add the colours up: take their mean"),
            ([[2.0, 0.0, 0.0], [20.0, 20.0, 20.0], [90.0, 90.0, 90.0]], "take the mean of the colours, not their median"),
            ([[1.75, 1.0, 0.0], [21.0, 21.3333, 20.0], [90.0, 90.0, 90.0]],
             "the old colour of the palette is not one of those that belong to it"),
            ([[1.0, 1.0, 1.0], [21.0, 21.0, 21.0], [90.0, 90.0, 90.0]], "each channel has a mean of its own"),
            ([[1.2, 0.6, 0.0], [8.4, 8.8, 8.0], [0.0, 0.0, 0.0]], "divide by the number of colours that belong to it, not by all"),
        ]
        for wrong, why in known:
            if near(found, torch.tensor(wrong), 1e-3):
                return why
        if near(found, palette):
            return "the palette should move: yours has stayed"
        if not near(found, torch.tensor([[2.0, 1.0, 0.0], [21.0, 22.0, 20.0], [90.0, 90.0, 90.0]]), 1e-3):
            return f"the palette should move to (2, 1, 0), (21, 22, 20), and the third stays; yours is {found.tolist()}"
        line = torch.tensor([[0.0], [5.0], [6.0], [20.0]]).expand(4, 3)
        found = moved(line, torch.tensor([[0.0], [8.0]]).expand(2, 3).clone())
        if near(found, torch.tensor([[3.6667], [20.0]]).expand(2, 3), 1e-3):
            return "one step only: you go on until the palette stays"
        right = near(found, torch.tensor([[0.0], [10.3333]]).expand(2, 3), 1e-3)
        return "" if right else "each colour belongs to the nearest one of the old palette"

    problem = diagnose()
    assert not problem, problem
    palette = torch.tensor([[0.0, 0.0, 0.0], [9.0, 9.0, 9.0]])
    problem = unmoved("moved", moved, [palette + 1, palette], [palette + 2, palette - 1])
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
""" # END TEST CONFIG
def test_q2_numbers(nearest, moved):
    import torch

    colours = torch.tensor([[0.1, -0.4, 0.9], [-0.8, 0.2, 0.3], [0.6, 0.5, -0.7], [0.0, 0.1, 0.2], [0.9, 0.9, 0.8], [-0.5, -0.6, 0.1]])
    palette = torch.tensor([[0.0, 0.0, 0.0], [0.8, 0.7, 0.2], [-0.7, -0.2, 0.4], [0.2, -0.5, 0.8]])
    found = nearest(colours.view(2, 3, 3), palette).tolist()
    problem = "" if found == [[3, 2, 1], [0, 1, 2]] else "wrong numbers for a picture of 2 x 3 colours"
    assert not problem, problem
    found = nearest(colours.view(1, 2, 1, 3, 3), palette).tolist()
    problem = "" if found == [[[[3, 2, 1]], [[0, 1, 2]]]] else "wrong numbers for colours with five axes"
    assert not problem, problem
    wanted = torch.tensor([[0.0, 0.1, 0.2], [0.75, 0.7, 0.05], [-0.65, -0.2, 0.2], [0.1, -0.4, 0.9]])
    problem = "" if near(moved(colours, palette), wanted) else "wrong palette after a step with six colours"
    assert not problem, problem
    far = torch.cat((palette[:2], torch.full((2, 3), 50.0)))
    wanted = torch.tensor([[-0.3, -0.175, 0.375], [0.75, 0.7, 0.05], [50.0, 50.0, 50.0], [50.0, 50.0, 50.0]])
    problem = "" if near(moved(colours, far), wanted) else "wrong palette where two colours are far from all"
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
# objective: make the shifted input sequence of a picture and say which pixels a prediction may use

# %% [markdown] id="q3-question"
# ## Question 3 · A picture as a sentence (7 points, 20 minutes)
#
# **a.** Write `inputs`. It makes what enters the first block of Image GPT from `pictures` `[b, h, w]`, whole numbers. `table` `[k, d]` has
# a vector for each of k levels, `start` `[d]` is the vector of the start token, and `positions` `[h·w, d]` has a vector for each place of
# the sequence. Read the pixels in raster order. The start token takes the first place, each pixel moves one place on, and the last pixel
# is left out, since nothing follows it. Then each *place* gets its position added, the first place, too. Return a tensor `[b, h·w, d]`.
#
# **b.** Write `may_use`. In a picture of `height` × `width` pixels, from which ones does the network predict pixel (`row`, `column`)?
# Return a boolean tensor `[height, width]`, `True` for those.

# %% [raw]
# # BEGIN SOLUTION

# %% id="q3-answer"
def inputs(pictures, table, start, positions):
    """pictures [b, h, w], table [k, d], start [d], positions [h·w, d] -> the input tokens [b, h·w, d]."""
    # BEGIN SOLUTION
    before = table[pictures.flatten(1)[:, :-1]]
    return torch.cat((start.expand(len(pictures), 1, -1), before), dim=1) + positions
    # END SOLUTION


def may_use(height, width, row, column):
    """Which pixels come before the pixel (row, column) in raster order, bool [height, width]."""
    # BEGIN SOLUTION
    return (torch.arange(height * width) < row * width + column).view(height, width)
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q3_contract(inputs, may_use):
    import torch

    def diagnose():
        for name, function in (("inputs", inputs), ("may_use", may_use)):
            if not callable(function):
                return f"there is no function {name}: run the cell that defines it"
        given = [torch.tensor([[[0, 1, 1], [2, 1, 0]]]), torch.ones(3, 2), torch.zeros(2), torch.zeros(6, 2)]
        found = inputs(*(each.clone() for each in given))
        if found is None or found is ...:
            return "inputs should return tokens [b, h·w, d]: is `return` missing?"
        if not isinstance(found, torch.Tensor):
            return f"inputs should return a tensor, not a {type(found).__name__}"
        if list(found.shape) == [1, 7, 2]:
            return "the start token makes the sequence one longer: the last pixel is left out"
        if list(found.shape) != [1, 6, 2]:
            return f"for a picture of 2 x 3 pixels and vectors of 2 numbers inputs should return [1, 6, 2], not {list(found.shape)}"
        seen = may_use(2, 3, 1, 1)
        if not isinstance(seen, torch.Tensor) or list(seen.shape) != [2, 3]:
            return "may_use should return a tensor [height, width]"
        if seen.dtype != torch.bool:
            return f"may_use should return booleans; yours have the dtype {seen.dtype}"
        return "inputs changes what it was given" if changes_inputs(inputs, *given) else ""

    problem = diagnose()
    assert not problem, problem
    rest = [torch.eye(3), torch.zeros(3), torch.zeros(4, 3)]
    problem = unmoved("inputs", inputs, [torch.tensor([[[0, 1], [2, 1]]]), *rest], [torch.tensor([[[1, 0], [1, 2]]]), *rest])
    assert not problem, problem
    problem = unmoved("may_use", may_use, [2, 3, 0, 1], [2, 3, 1, 2])
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2.5
""" # END TEST CONFIG
def test_q3_inputs(inputs):
    import torch

    def diagnose():
        pictures = torch.tensor([[[0, 1], [2, 2]]])
        table = torch.tensor([[1.0, 0.0], [2.0, 0.0], [3.0, 0.0]])
        start, positions = torch.tensor([10.0, 0.0]), torch.tensor([[0.0, 1.0], [0.0, 2.0], [0.0, 3.0], [0.0, 4.0]])
        found = inputs(pictures, table, start, positions)[0]
        words, places = tuple(found[:, 0].tolist()), tuple(found[:, 1].tolist())
        known = {
            (1.0, 2.0, 3.0, 3.0): "the start token is missing: the network would see the pixel that it has to predict",
            (10.0, 2.0, 3.0, 3.0): "you write the start token over the first pixel: the pixels should move one place on",
            (2.0, 3.0, 3.0, 10.0): "you shift the pixels the wrong way: the start token comes first, and the last pixel drops out",
            (10.0, 1.0, 3.0, 2.0): "you read the picture down its columns: in raster order the rows come first",
            (3.0, 1.0, 2.0, 3.0): "the last pixel has come round to the front: the start token belongs there",
            (0.0, 1.0, 2.0, 3.0): "at the first place there is a learned vector, start, not zeros",
            (11.0, 2.0, 3.0, 3.0): "the start token has a place of its own: do not add it to the first pixel",
            (10.0, 3.0, 3.0, 2.0): "you read the picture backwards",
        }
        if words in known:
            return known[words]
        if words != (10.0, 1.0, 2.0, 3.0):
            return f"for the pixels 0, 1 | 2, 2 the vectors should be those of start, 0, 1, 2; yours are {found.tolist()}"
        known = {
            (0.0, 0.0, 0.0, 0.0): "the positions are missing: without them the order of the pixels is lost",
            (0.0, 1.0, 2.0, 3.0): "positions belong to places, so they do not move with the pixels: the first place gets positions[0]",
            (0.0, 2.0, 3.0, 4.0): "the first place gets a position, too",
            (1.0, 1.0, 1.0, 1.0): "each place gets a position of its own: you add the first one everywhere",
            (2.0, 3.0, 4.0, 1.0): "each place gets its own position: you have moved them by one",
        }
        if places in known:
            return known[places]
        return "" if places == (1.0, 2.0, 3.0, 4.0) else f"the positions should be added once, in order; your tokens are {found.tolist()}"

    problem = diagnose()
    assert not problem, problem
    rest = [torch.eye(2), torch.ones(2), torch.zeros(4, 2)]
    one, other = ([torch.tensor([[[level, 1 - level], [1 - level, 0]]]), *rest] for level in (0, 1))
    problem = unmoved("inputs", inputs, one, other)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2
""" # END TEST CONFIG
def test_q3_may_use(may_use):
    def diagnose():
        found = may_use(3, 4, 1, 2).int().tolist()
        known = [
            ([[1, 1, 1, 1], [1, 1, 1, 0], [0, 0, 0, 0]], "a pixel may not be used to predict itself"),
            ([[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0]], "pixels above and to the right come before, too: the whole rows above do"),
            ([[1, 1, 1, 0], [1, 1, 0, 0], [0, 0, 0, 0]], "pixels above and to the right come before, too: the whole rows above do"),
            ([[1, 1, 1, 1], [0, 0, 0, 0], [0, 0, 0, 0]], "the pixels to the left in its own row come before, too"),
            ([[0, 0, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0]], "the rows above come before, too, not only the pixels to the left"),
            ([[1, 1, 1, 0], [1, 1, 0, 0], [1, 1, 0, 0]], "that is the order down the columns: in raster order the rows come first"),
            ([[0, 0, 0, 0], [0, 0, 0, 1], [1, 1, 1, 1]], "these are the pixels after it: say which come before"),
            ([[1, 1, 1, 1], [1, 1, 0, 1], [1, 1, 1, 1]], "these are all other pixels: only those before may be used"),
            ([[1, 1, 1, 1], [1, 0, 0, 0], [0, 0, 0, 0]], "row and column are counted from 0, so one more pixel comes before"),
        ]
        for wrong, why in known:
            if found == wrong:
                return why
        right = found == [[1, 1, 1, 1], [1, 1, 0, 0], [0, 0, 0, 0]]
        return "" if right else f"in a picture of 3 x 4 pixels (1, 2) has the four above and two to its left before it; yours is {found}"

    problem = diagnose()
    assert not problem, problem
    problem = unmoved("may_use", may_use, [3, 4, 1, 2], [3, 4, 2, 1])
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
""" # END TEST CONFIG
def test_q3_numbers(inputs, may_use):
    import torch

    pictures = torch.tensor([[[0, 3, 1], [2, 2, 0]], [[1, 1, 3], [0, 2, 3]]])
    table = torch.tensor([[0.5, -1.0, 2.0], [1.5, 0.25, -0.5], [-2.0, 1.0, 0.0], [3.0, -0.75, 1.25]])
    start = torch.tensor([0.1, 0.2, 0.3])
    positions = [[0.01, 0.02, 0.03], [0.04, 0.05, 0.06], [0.07, 0.08, 0.09], [-0.01, 0.0, 0.02], [0.5, 0.6, 0.7], [-0.1, -0.2, 0.0]]
    first = [[0.11, 0.22, 0.33], [0.54, -0.95, 2.06], [3.07, -0.67, 1.34], [1.49, 0.25, -0.48], [-1.5, 1.6, 0.7], [-2.1, 0.8, 0.0]]
    second = [[0.11, 0.22, 0.33], [1.54, 0.3, -0.44], [1.57, 0.33, -0.41], [2.99, -0.75, 1.27], [1.0, -0.4, 2.7], [-2.1, 0.8, 0.0]]
    found = inputs(pictures, table, start, torch.tensor(positions))
    problem = "" if near(found, torch.tensor([first, second])) else "wrong tokens for two pictures of 2 x 3 pixels"
    assert not problem, problem
    for asked, wanted in (((2, 5, 0, 3), [[1, 1, 1, 0, 0], [0, 0, 0, 0, 0]]), ((3, 2, 2, 1), [[1, 1], [1, 1], [1, 0]]),
                          ((2, 2, 0, 0), [[0, 0], [0, 0]])):
        problem = "" if may_use(*asked).int().tolist() == wanted else f"wrong pixels for may_use{asked}"
        assert not problem, problem

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q4
# points: 7
# minutes: 15
# objective: compute the autoregressive and the masked loss in nats, each a mean over the right pixels

# %% [markdown] id="q4-question"
# ## Question 4 · Two losses (7 points, 15 minutes)
#
# A network gives `logits` `[b, n, k]`: those at place t are for pixel t itself (the shift was made in its input), one for each of k levels.
# `pixels` `[b, n]` are the levels that were right. A softmax over the levels makes probabilities of them, and the surprise of a pixel is
# $-\ln p$ of its right level.
#
# **a.** Write `next_pixel_loss`, the autoregressive loss: the mean surprise of all pixels.
#
# **b.** Write `masked_loss`. `hidden` is boolean `[b, n]`: which pixels were hidden. Only these count. Take the mean over the hidden pixels
# of each picture, then the mean over the b pictures. A picture without a hidden pixel counts as 0.
#
# Both return one number in a tensor, in nats, through which gradients reach the logits. Logits may be as large as 200. You may use
# `torch.nn.functional`.

# %% [raw]
# # BEGIN SOLUTION

# %% id="q4-answer"
def next_pixel_loss(logits, pixels):
    """logits [b, n, k], pixels [b, n] -> the mean surprise of all pixels in nats, one number in a tensor."""
    # BEGIN SOLUTION
    return torch.nn.functional.cross_entropy(logits.flatten(0, 1), pixels.flatten())
    # END SOLUTION


def masked_loss(logits, pixels, hidden):
    """logits [b, n, k], pixels and hidden [b, n] -> the mean over pictures of the mean surprise of hidden pixels, in a tensor."""
    # BEGIN SOLUTION
    surprise = -logits.log_softmax(dim=-1).gather(-1, pixels[..., None])[..., 0]
    of_picture = (surprise * hidden).sum(dim=1) / hidden.sum(dim=1).clamp(min=1)
    return of_picture.mean()
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q4_contract(next_pixel_loss, masked_loss):
    import torch

    def diagnose():
        logits = torch.tensor([[[1.0, 0.0], [0.5, 0.0], [0.0, 2.0]], [[0.0, 1.0], [3.0, 0.0], [0.0, 0.5]]])
        pixels, hidden = torch.tensor([[0, 1, 1], [0, 0, 1]]), torch.tensor([[True, False, True], [False, True, False]])
        asked = (("next_pixel_loss", next_pixel_loss, [logits, pixels]), ("masked_loss", masked_loss, [logits, pixels, hidden]))
        for name, function, given in asked:
            if not callable(function):
                return f"there is no function {name}: run the cell that defines it"
            found = function(*(each.clone() for each in given))
            if found is None or found is ...:
                return f"{name} should return one number in a tensor: is `return` missing?"
            if isinstance(found, torch.Tensor) and found.numel() > 1:
                return f"{name} should return one number: take the mean"
            if number(found) is None:
                return f"{name} should return one number in a tensor"
            if not isinstance(found, torch.Tensor) or not gradient_flows(function, given):
                return f"no gradient reaches the logits in {name}: stay with tensors, without .item() and .detach()"
            if changes_inputs(function, *given):
                return f"{name} changes what it was given"
        return ""

    problem = diagnose()
    assert not problem, problem
    pixels, hidden = torch.tensor([[0, 1, 1], [0, 0, 1]]), torch.tensor([[True, False, True], [False, True, False]])
    one = torch.tensor([[[1.0, 0.0], [0.5, 0.0], [0.0, 2.0]], [[0.0, 1.0], [3.0, 0.0], [0.0, 0.5]]])
    other = 0.5 * one.flip(1)
    problem = unmoved("next_pixel_loss", next_pixel_loss, [one, pixels], [other, pixels])
    assert not problem, problem
    problem = unmoved("masked_loss", masked_loss, [one, pixels, hidden], [other, pixels, hidden])
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2
""" # END TEST CONFIG
def test_q4_next(next_pixel_loss):
    import torch

    def diagnose():
        first = [[2.0, 0.0, 0.0], [0.0, 1.0, -1.0], [1.0, 1.0, 0.0], [0.0, 0.0, 3.0]]
        second = [[0.0, 2.0, 1.0], [1.5, 0.0, 0.0], [0.0, -1.0, 1.0], [0.5, 0.0, 1.0]]
        found = number(next_pixel_loss(torch.tensor([first, second]), torch.tensor([[0, 1, 1, 2], [1, 2, 2, 0]])))
        known = [
            (1.53222, "the shift was made in the input already: the logits at place t are for pixel t, not for the next one"),
            (1.38690, "the logits at place t are for pixel t: you compare them with the pixel before"),
            (0.80356, "the first pixel counts, too: it is predicted from the start token"),
            (0.69889, "the last pixel counts, too"),
            (5.46853, "you add the pixels up: take their mean"),
            (2.73427, "you add up the pixels of a picture: take the mean over all pixels"),
            (0.98618, "this is in bits: in nats the logarithm is the natural one"),
            (-1.31250, "the logits are no logarithms of probabilities yet: a log-softmax over the levels makes them"),
            (-0.57199, "take the logarithm of each probability before the mean"),
            (0.55863, "take the logarithm of each probability first, and then the mean: not the other way round"),
            (0.99003, "the softmax runs over the levels, the last axis, not over the places"),
            (0.24020, "the softmax runs over the levels, the last axis, not over the pictures"),
            (-0.68357, "your surprise is negative: mind the sign of the logarithm"),
        ]
        for wrong, why in known:
            if found is not None and abs(found - wrong) < 1e-4:
                return why
        if found is None or abs(found - 0.68357) > 1e-4:
            return f"for two pictures of four pixels the loss should be 0.6836; yours is {found}"
        large = number(next_pixel_loss(torch.tensor([[[200.0, 0.0]]]), torch.tensor([[1]])))
        if large is None or not abs(large) < float("inf"):
            return f"logits of 200 give {large}: the logarithm of a probability that has become 0; use log_softmax"
        return "" if abs(large - 200) < 0.01 else f"logits of 200 and 0 where the second is right cost 200 nats; yours is {large}"

    problem = diagnose()
    assert not problem, problem
    logits = torch.tensor([[[1.0, 0.0], [0.0, 2.0], [4.0, 0.0]], [[0.0, 1.0], [3.0, 0.0], [0.0, 0.5]]])
    one, other = [logits, torch.tensor([[0, 1, 1], [0, 0, 1]])], [logits, torch.tensor([[1, 1, 0], [1, 1, 0]])]
    problem = unmoved("next_pixel_loss", next_pixel_loss, one, other)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2.5
""" # END TEST CONFIG
def test_q4_masked(masked_loss):
    import torch

    def diagnose():
        first = [[2.0, 0.0, 0.0], [0.0, 1.0, -1.0], [1.0, 1.0, 0.0], [0.0, 0.0, 3.0]]
        second = [[0.0, 2.0, 1.0], [1.5, 0.0, 0.0], [0.0, -1.0, 1.0], [0.5, 0.0, 1.0]]
        logits, pixels = torch.tensor([first, second]), torch.tensor([[0, 1, 1, 2], [1, 2, 2, 0]])
        found = number(masked_loss(logits, pixels, torch.tensor([[True, False, False, True], [False, True, False, False]])))
        known = [
            (0.64998, "you count the pixels that were seen: the hidden ones count"),
            (0.73448, "take the mean of each picture first: with you a picture with many hidden pixels counts more"),
            (0.68357, "only the hidden pixels count: you take all"),
            (0.27543, "divide by the number of hidden pixels, not by all pixels"),
            (2.20345, "you add the hidden pixels up: take their mean"),
            (1.10172, "you add up the hidden pixels of a picture: take their mean"),
            (1.46882, "this is in bits: in nats the logarithm is the natural one"),
            (2.03623, "take the mean over the pictures, not their sum"),
            (-1.01811, "your surprise is negative: mind the sign of the logarithm"),
            (1.63480, "the logits at place t are for pixel t, also in the masked loss: there is no shift"),
        ]
        for wrong, why in known:
            if found is not None and abs(found - wrong) < 1e-4:
                return why
        if found is None or abs(found - 1.01811) > 1e-4:
            return f"for two pictures with two hidden pixels and one the loss should be 1.0181; yours is {found}"
        found = number(masked_loss(logits, pixels, torch.tensor([[True, False, False, True], [False] * 4])))
        if found is None or found != found:
            return "a picture without hidden pixels gives 0 / 0 with you: it counts as 0"
        if abs(found - 0.16723) < 1e-4:
            return "a picture without hidden pixels counts as 0, and it counts: divide by all pictures"
        return "" if abs(found - 0.08362) < 1e-4 else f"with nothing hidden in the second picture the loss is 0.0836; yours is {found}"

    problem = diagnose()
    assert not problem, problem
    given = [torch.tensor([[[1.0, 0.0], [0.0, 2.0], [4.0, 0.0]]]), torch.tensor([[0, 0, 1]])]
    one, other = [*given, torch.tensor([[True, False, True]])], [*given, torch.tensor([[False, True, False]])]
    problem = unmoved("masked_loss", masked_loss, one, other)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
""" # END TEST CONFIG
def test_q4_numbers(next_pixel_loss, masked_loss):
    import torch

    first = [[0.3, -1.2, 2.0, 0.5], [1.1, 0.0, -0.4, 0.9], [-2.0, 0.7, 0.2, 1.5]]
    second = [[0.0, 0.0, 0.0, 0.0], [3.0, -1.0, 0.5, 0.5], [1.2, 2.4, -0.6, 0.1]]
    logits = torch.tensor([first, second, first[::-1]])
    pixels = torch.tensor([[2, 3, 0], [1, 0, 1], [3, 1, 2]])
    found = number(next_pixel_loss(logits, pixels))
    problem = "" if found is not None and abs(found - 1.14623) < 1e-4 else "wrong autoregressive loss for three pictures"
    assert not problem, problem
    for hidden, wanted in (([[1, 1, 0], [0, 0, 1], [1, 1, 1]], 0.68481), ([[0, 0, 0], [1, 0, 0], [0, 0, 0]], 0.46210)):
        found = number(masked_loss(logits, pixels, torch.tensor(hidden) == 1))
        problem = "" if found is not None and abs(found - wanted) < 1e-4 else f"wrong masked loss where {hidden} are hidden"
        assert not problem, problem

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q5
# points: 7
# minutes: 20
# objective: draw a level from logits with a temperature and finish pictures pixel by pixel

# %% [markdown] id="q5-question"
# ## Question 5 · Draw (7 points, 20 minutes)
#
# **a.** Write `draw`. `logits` `[b, k]` are divided by `temperature`, a number, and a softmax over the k levels gives probabilities. To
# draw, lay the levels 0, 1, 2, … side by side on a line from 0 to 1, each as long as it is probable. `u` `[b]` has a number from 0 to below
# 1 for each row, and the level on which it falls is drawn: with the probabilities 0.5, 0.2 and 0.3 the level is 0 below 0.5, 1 from 0.5 to
# below 0.7, and 2 from there on. With a temperature of 0 return the likeliest level, whatever u is. Logits may be as large as 1000. Return
# whole numbers `[b]`.
#
# **b.** Write `finish`. The next cell has a rule in place of a network: `next_logits` takes the pixels that are known, `[b, t]`, where t
# may be 0, and returns the logits of the next pixel, `[b, 4]`. Extend `pixels` `[b, t]`, in raster order, pixel by pixel, always by the
# **likeliest** level, until there are n. Each new pixel is known to all that follow. Return `[b, n]`. If t is n already, nothing is left
# to do.

# %% id="q5-given"
def next_logits(pixels):
    """pixels [b, t], t at least 0 -> logits of the next pixel, [b, 4]; a rule in place of a network."""
    likeliest = (2 * pixels.sum(dim=1) + pixels[:, -1:].sum(dim=1) + pixels.shape[1] + 1) % 4
    return 3.0 * (likeliest[:, None] == torch.arange(4))

# %% [raw]
# # BEGIN SOLUTION

# %% id="q5-answer"
def draw(logits, temperature, u):
    """logits [b, k], a number, u [b] from 0 to below 1 -> the drawn levels [b]."""
    # BEGIN SOLUTION
    if temperature == 0:
        return logits.argmax(dim=-1)
    ends = (logits.double() / temperature).softmax(dim=-1).cumsum(dim=-1)
    return (ends[:, :-1] <= u[:, None]).sum(dim=-1)
    # END SOLUTION


def finish(pixels, n):
    """pixels [b, t] -> the same, extended by the likeliest levels to [b, n]."""
    # BEGIN SOLUTION
    while pixels.shape[1] < n:
        pixels = torch.cat((pixels, next_logits(pixels).argmax(dim=-1, keepdim=True)), dim=1)
    return pixels
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q5_contract(draw, finish):
    import torch

    def diagnose():
        for name, function in (("draw", draw), ("finish", finish)):
            if not callable(function):
                return f"there is no function {name}: run the cell that defines it"
        logits, u = torch.tensor([[1.0, 0.0, 0.0], [0.0, 2.0, 0.0]]), torch.tensor([0.5, 0.5])
        found = draw(logits.clone(), 1.0, u.clone())
        if found is None or found is ...:
            return "draw should return the drawn levels [b]: is `return` missing?"
        if not isinstance(found, torch.Tensor):
            return f"draw should return a tensor, not a {type(found).__name__}"
        if list(found.shape) == [2, 3]:
            return "draw should return one level a row, not something for each level"
        if list(found.shape) != [2]:
            return f"for logits [2, 3] draw should return [2], not {list(found.shape)}"
        if found.is_floating_point():
            return "draw should return whole numbers: the levels"
        known = torch.tensor([[1, 3]])
        found = finish(known.clone(), 5)
        if not isinstance(found, torch.Tensor):
            return "finish should return a tensor [b, n]: is `return` missing?"
        if list(found.shape) == [1, 3]:
            return "finish should return the known pixels, too: here two known and three new ones; or you add one pixel and stop"
        if list(found.shape) != [1, 5]:
            return f"for pixels [1, 2] and n = 5 finish should return [1, 5], not {list(found.shape)}"
        if found.is_floating_point():
            return "finish should return whole numbers, as pixels are"
        if changes_inputs(draw, logits, 1.0, u) or changes_inputs(finish, known, 5):
            return "draw or finish changes what it was given"
        return ""

    problem = diagnose()
    assert not problem, problem
    logits = torch.tensor([[0.0, 0.0], [3.0, 0.0]])
    problem = unmoved("draw", draw, [logits, 1.0, torch.tensor([0.25, 0.5])], [logits, 1.0, torch.tensor([0.75, 0.99])])
    assert not problem, problem
    problem = unmoved("finish", finish, [torch.tensor([[1, 2]]), 4], [torch.tensor([[3, 3]]), 4])
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2.5
""" # END TEST CONFIG
def test_q5_draw(draw):
    import torch

    def diagnose():
        logits = torch.tensor([[0.5, 0.2, 0.3]]).log().expand(4, 3)
        found = draw(logits, 1.0, torch.tensor([0.1, 0.6, 0.75, 0.45])).tolist()
        known = {
            (0, 0, 0, 0): "you take the likeliest level, or one u for all rows: at a temperature of 1 each row is drawn with its own u",
            (0, 2, 2, 0): "lay the levels side by side in the order of their numbers: do not sort them by probability",
            (1, 2, 3, 1): "you are one level too high: u = 0.1 lies below 0.5, and that is level 0",
            (1, 0, 0, 2): "lay the levels side by side in the order of their numbers: do not sort them by probability",
            (2, 0, 0, 1): "you lay the levels from the other end: level 0 begins at 0",
            (0, 2, 2, 1): "the softmax runs over the levels, the last axis, not over the rows",
        }
        if found != [0, 1, 2, 0]:
            return known.get(tuple(found), f"with 0.5, 0.2, 0.3 and u = 0.1, 0.6, 0.75, 0.45 the levels are 0, 1, 2, 0; yours are {found}")
        u = torch.tensor([0.6, 0.43])
        found = [draw(logits[:2], temperature, u).tolist() for temperature in (0.5, 2.0)]
        if found == [[1, 1], [0, 0]]:
            return "divide the logits by the temperature, do not multiply them: a low temperature makes the likeliest level likelier"
        if found == [[1, 0], [1, 0]]:
            return "the temperature changes nothing with you"
        if found != [[0, 0], [1, 1]]:
            return f"temperatures of 0.5 and 2 should give 0, 0 and 1, 1: the logits are divided before the softmax; yours are {found}"
        try:
            cold = draw(torch.tensor([[0.0, 2.0, 1.0], [0.5, 0.0, 0.4]]), 0, torch.tensor([0.99, 0.9])).tolist()
        except Exception:
            cold = None
        if cold != [1, 0]:
            return "at a temperature of 0 nothing can be divided: return the likeliest level, whatever u is"
        found = draw(torch.tensor([[1000.0, 0.0, 1000.0]]), 1.0, torch.tensor([0.75])).tolist()
        return "" if found == [2] else "logits of 1000 overflow in exp: use torch's softmax, or subtract the largest first"

    problem = diagnose()
    assert not problem, problem
    rows = torch.tensor([[0.5, 0.2, 0.3], [0.1, 0.8, 0.1]]).log()
    problem = unmoved("draw", draw, [rows, 1.0, torch.tensor([0.25, 0.25])], [rows, 1.0, torch.tensor([0.75, 0.95])])
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2
""" # END TEST CONFIG
def test_q5_finish(finish):
    import torch

    def diagnose():
        found, right = finish(torch.tensor([[1, 3]]), 7).tolist()[0], [1, 3, 2, 2, 3, 3, 2]
        known = {
            (1, 3, 2, 2, 2, 2, 2): "each new pixel is known to all that follow: give the rule the new ones, too",
            (1, 3, 3, 3, 3, 3, 3): "the rule needs all pixels that are known, not the last one alone",
            (1, 3, 0, 1, 1, 0, 0): "take the likeliest level: the one with the largest logit",
            (1, 3, 0, 0, 0, 0, 0): "give the rule the known pixels alone: zeros in places that are still empty count as pixels",
            (1, 3, 0, 1, 0, 1, 0): "give the rule the known pixels alone: a zero in the place of the next one counts as a pixel",
        }
        if found[:2] != [1, 3]:
            return "the pixels that are known stay as they are, at the beginning"
        if found != right:
            return known.get(tuple(found), f"from 1, 3 the seven pixels should become {right}; yours are {found}")
        try:
            empty = finish(torch.zeros(2, 0, dtype=torch.long), 3).tolist()
        except Exception:
            empty = None
        if empty != [[1, 1, 0], [1, 1, 0]]:
            return "from nothing, pixels [2, 0], three pixels should become 1, 1, 0 in both pictures"
        full = finish(torch.tensor([[1, 2, 3]]), 3)
        return "" if full.tolist() == [[1, 2, 3]] else "where all n pixels are known, nothing is left to do"

    problem = diagnose()
    assert not problem, problem
    problem = unmoved("finish", finish, [torch.tensor([[0, 1]]), 5], [torch.tensor([[2, 2]]), 5])
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
""" # END TEST CONFIG
def test_q5_numbers(draw, finish):
    import torch

    logits = torch.tensor([[0.3, -1.2, 2.0, 0.5], [1.1, 0.0, -0.4, 0.9], [-2.0, 0.7, 0.2, 1.5], [0.0, 0.0, 0.0, 0.0]])
    drawn = [(1.0, [0.08, 0.6, 0.35, 0.9], [0, 2, 2, 3]), (0.4, [0.5, 0.3, 0.13, 0.6], [2, 0, 2, 2])]
    drawn += [(3.0, [0.3, 0.4, 0.7, 0.2], [1, 1, 3, 0])]
    for temperature, u, wanted in drawn:
        problem = "" if draw(logits, temperature, torch.tensor(u)).tolist() == wanted else f"wrong levels at a temperature of {temperature}"
        assert not problem, problem
    found = finish(torch.tensor([[0, 2, 1], [3, 3, 0]]), 9).tolist()
    problem = "" if found == [[0, 2, 1, 3, 0, 2, 1, 3, 0], [3, 3, 0, 0, 1, 1, 0, 0, 1]] else "wrong pixels for two pictures of nine pixels"
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
# objective: predict which predictions notice a changed pixel under both objectives, and correct the prediction by a run

# %% [markdown] id="q6-question"
# ## Question 6 · Predict, then run (5 points, 10 minutes)
#
# An untrained network reads a picture of 8 × 8 pixels. One pixel gets another level. Is a prediction the same or different?
#
# *Autoregressively*, with start token and causal mask:
#
# * **a.** Pixel (7, 7), the last one, changes: are all 64 predictions the same as before?
# * **b.** Pixel (3, 4) changes: is the prediction for pixel (4, 0) the same?
#
# *By the masked objective*, without both; the vectors of hidden pixels are set to 0:
#
# * **c.** Pixel (0, 0) is hidden. Pixel (7, 7), which is seen, changes: is the prediction for pixel (0, 0) the same?
# * **d.** Pixels (3, 3) and (3, 4) are hidden. Pixel (3, 4) changes: is the prediction for pixel (3, 3) the same?
#
# Answer `"same"` or `"different"`. **Write down your predictions before you run anything.** They are worth a point whether or not they turn
# out right. So do not correct them afterwards.

# %% [raw]
# # BEGIN SOLUTION

# %% id="q6-predicted"
""" # BEGIN PROMPT
predicted = {"a": "?", "b": "?", "c": "?", "d": "?"}
""" # END PROMPT
# BEGIN SOLUTION NO PROMPT
predicted = {"a": "different", "b": "same", "c": "different", "d": "different"}
# END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [markdown] id="q6-run"
# Now find out. The first experiment is there; the other three are yours.

# %% id="q6-given"
generator = torch.Generator().manual_seed(7)


def random_matrix(rows, columns):
    return torch.randn(rows, columns, generator=generator, dtype=torch.float64) / columns**0.5


level_vectors, position_vectors, start_vector = random_matrix(17, 32), random_matrix(64, 32), random_matrix(1, 32)
to_query, to_key, to_value = (random_matrix(32, 32) for _ in range(3))
to_logits = random_matrix(32, 17)


def answers_of(tokens, mask):
    """One layer of attention with a residual connection, and logits: tokens [64, 32], mask bool [64, 64] -> [64, 17]."""
    scores = (tokens @ to_query) @ (tokens @ to_key).T / 32**0.5
    weights = scores.masked_fill(~mask, float("-inf")).softmax(dim=-1)
    return (tokens + weights @ (tokens @ to_value)) @ to_logits


def autoregressive(picture):
    """What is predicted for each pixel from those before it: picture [8, 8] -> logits [8, 8, 17]."""
    shifted = torch.cat((start_vector, level_vectors[picture.flatten()[:-1]]))
    return answers_of(shifted + position_vectors, torch.ones(64, 64).tril().bool()).view(8, 8, 17)


def masked(picture, hidden):
    """What is predicted for each pixel from those that are seen: picture [8, 8], hidden bool [8, 8] -> logits [8, 8, 17]."""
    seen = level_vectors[picture.flatten()] * ~hidden.flatten()[:, None]
    return answers_of(seen + position_vectors, torch.ones(64, 64).bool()).view(8, 8, 17)


def changed(picture, row, column):
    """The same picture with another level at one pixel."""
    other = picture.clone()
    other[row, column] = (other[row, column] + 5) % 17
    return other


def compare(before, after):
    return "same" if torch.allclose(before, after, atol=1e-9) else "different"


picture = torch.randint(17, (8, 8), generator=torch.Generator().manual_seed(1))
print("a:", compare(autoregressive(picture), autoregressive(changed(picture, 7, 7))))

# %% [raw]
# # BEGIN SOLUTION

# %% id="q6-experiments"
# Your experiments for b, c and d.
# BEGIN SOLUTION NO PROMPT
print("b:", compare(autoregressive(picture)[4, 0], autoregressive(changed(picture, 3, 4))[4, 0]))
hidden = torch.zeros(8, 8, dtype=torch.bool)
hidden[0, 0] = True
print("c:", compare(masked(picture, hidden)[0, 0], masked(changed(picture, 7, 7), hidden)[0, 0]))
hidden = torch.zeros(8, 8, dtype=torch.bool)
hidden[3, 3:5] = True
print("d:", compare(masked(picture, hidden)[3, 3], masked(changed(picture, 3, 4), hidden)[3, 3]))
# END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN SOLUTION

# %% id="q6-answer"
""" # BEGIN PROMPT
observed = {"a": "?", "b": "?", "c": "?", "d": "?"}
""" # END PROMPT
# BEGIN SOLUTION NO PROMPT
observed = {"a": "same", "b": "different", "c": "different", "d": "same"}
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
    words = ("same", "different")
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
    words = ("same", "different")
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
    right = observed.get("a") == "same" and not all_alike(observed)
    problem = "" if right else "a: the last pixel is shifted out of the input: nothing is predicted from it"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q6_b(observed):
    right = observed.get("b") == "different" and not all_alike(observed)
    problem = "" if right else "b: (4, 0) lies to the left, but a row below, so (3, 4) comes before it"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q6_c(observed):
    right = observed.get("c") == "different" and not all_alike(observed)
    problem = "" if right else "c: without a causal mask every prediction reads all pixels that are seen, also those after it"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q6_d(observed):
    right = observed.get("d") == "same" and not all_alike(observed)
    problem = "" if right else "d: a hidden pixel is 0 whatever its level: hidden neighbours do not help each other"
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
# objective: explain from accuracies of linear probes what a training has shown, and what it has not
# rubric:
#     - says that training made the features better, and takes the untrained network as the comparison, 47 % against 86 %
#     - says that 94 % on the raw pixels is more, so that the run does not show that the features are better than pixels
#     - says that most of it, 81 %, is there before the first block, and that the six blocks add five or six points
#     - names a reason or a test, such as the mean over all places that blurs where strokes are, few labels, or harder pictures
#     - is four or five sentences, in own words, and everything in them is true

# %% [markdown] id="q7-question"
# ## Question 7 · Explain (5 points, 10 minutes)
#
# Two small networks of six blocks learned to predict the pixels of digits, of 8 × 8 pixels and 17 levels, without labels. Then a **linear
# probe** was fitted: a linear classifier on the vectors of a network that stays as it is, averaged over all 64 places. Its accuracy on 300
# held-out digits, as a mean of three trainings (untrained: of three networks):
#
# | features from | before the first block | after 3 blocks | after 6 blocks |
# |---|---|---|---|
# | autoregressive | 81 % | 84 % | 86 % |
# | masked | 75 % | 82 % | 83 % |
# | untrained, random weights | 43 % | 49 % | 47 % |
#
# The same classifier on the 64 pixels themselves: 94 %. A student writes: *86 % without a single label in pre-training. So predicting
# pixels has taught the network to understand digits.*
#
# **In four or five sentences of your own: what has training changed, and which row shows it? What do the raw pixels do to the student's
# conclusion? How much of the 86 % is the work of the six blocks? And why may the probe see less than the pixels show, or what would you
# measure next?**
#
# You get one point for each of these: the comparison with the untrained network · the raw pixels · what is there before the first block · a
# reason or a test · true sentences in your own words.

# %% [raw]
# # BEGIN PROMPT

# %% [markdown] id="q7-answer"
# _Write your sentences here, in place of this line._

# %% [raw]
# # END PROMPT

# %% [raw]
# # BEGIN SOLUTION

# %% [markdown]
# **Model answer.** Training did change the features: after six blocks a probe is right for 86 % of the digits, where a network of the
# same shape with random weights gives 47 %. But the same classifier reads 94 % from the raw pixels, so it needs no network at all, and
# the run does not show that the features are better than what they were made from. Most of the 86 % is there before the first block, 81
# %: the learned vectors of levels and places, normed and averaged, already keep some of where the ink is, and the six blocks add five or
# six points. One reason may be the mean over all places, which blurs where a stroke was; averaging each row by itself would test that. To
# see whether the network has learned more than its pixels show, I would take harder pictures, or give the probe few labels, always with
# pixels and random weights beside it.

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
