# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [raw]
# # ASSIGNMENT CONFIG
# name: 04_positional_encoding
# init_cell: false
# export_cell: false
# generate: true
# python_version: "3.11"
# requirements: [numpy==2.4.6, torch==2.13.0]
# tests:
#     files: false
#     ok_format: false

# %% [markdown] id="title"
# # Assignment 04 · Positions
#
# *By hand, in code, and by prediction.* Six questions, 33 points, about 80 minutes.
#
# | question | what you do | points | minutes |
# |---|---|---|---|
# | 1 | write a position code by hand | 5 | 15 |
# | 2 | write the sinusoidal code | 6 | 15 |
# | 3 | write the rotation that is a shift | 5 | 15 |
# | 4 | give every pixel of a padded picture its code | 8 | 15 |
# | 5 | predict, then run | 4 | 10 |
# | 6 | explain in three sentences | 5 | 10 |
#
# **How it works.** Replace every `...` by your answer. After each question a cell says `grader.check(...)`: run it as
# often as you like. It tells you what is wrong, and it needs no network. The checks you see are not all of them: more
# numbers are compared after you hand in. Questions do not build on each other, so if one resists, go on to the next.
#
# You need Python, `torch`, and paper for question 1. You do not need any other file.

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
# points: 5
# minutes: 15
# objective: compute the sinusoidal code of one position, the rotation of one clock and the similarity of two positions by hand

# %% [markdown] id="q1-question"
# ## Question 1 · By hand (5 points, 15 minutes)
#
# The sinusoidal code with $d_\text{model} = 4$ has two clocks. Clock $f$ turns by $\omega_f = \text{base}^{-2f/d_\text{model}}$ radians
# a step, and the code of position $p$ is $(\sin \omega_0 p,\ \cos \omega_0 p,\ \sin \omega_1 p,\ \cos \omega_1 p)$. Take the **base
# 16**. With a pocket calculator, set to radians:
#
# 1. the **speeds** $\omega_0$ and $\omega_1$;
# 2. the **code** of position 2;
# 3. the 2 × 2 **matrix** $R$ that moves clock 1 by one step, in the row form
#    $(\sin \omega_1 p,\ \cos \omega_1 p)\,R = (\sin \omega_1(p+1),\ \cos \omega_1(p+1))$, written row by row;
# 4. the **similarity** of the positions 2 and 5: the dot product of their codes.
#
# Write numbers rounded to two decimals (a sharper answer is welcome).

# %% [raw]
# # BEGIN SOLUTION

# %% id="q1-answer"
speeds_by_hand = [1, 0.25]  # SOLUTION
code_by_hand = [0.91, -0.42, 0.48, 0.88]  # SOLUTION
matrix_by_hand = [[0.97, -0.25], [0.25, 0.97]]  # SOLUTION
similarity_by_hand = -0.26  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0
""" # END TEST CONFIG
def test_q1_filled_in(speeds_by_hand, code_by_hand, matrix_by_hand, similarity_by_hand):
    def diagnose():
        for name, answer, length in (("speeds_by_hand", speeds_by_hand, 2), ("code_by_hand", code_by_hand, 4)):
            if numbers(answer, length) is None:
                return f"{name} is not filled in yet: write a list of {length} numbers"
        rows = matrix_by_hand.tolist() if hasattr(matrix_by_hand, "tolist") else matrix_by_hand
        if not isinstance(rows, list | tuple) or len(rows) != 2 or not all(numbers(row, 2) for row in rows):
            return "matrix_by_hand is not filled in yet: write two rows of two numbers, such as [[1, 2], [3, 4]]"
        return "" if number(similarity_by_hand) is not None else "similarity_by_hand is not filled in yet: write one number"

    problem = diagnose()
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
""" # END TEST CONFIG
def test_q1_speeds(speeds_by_hand):
    def diagnose():
        first, second = numbers(speeds_by_hand, 2)
        if abs(first - 1) > 0.005:
            return "clock 0 has f = 0, and any base to the power 0 is 1"
        if abs(second - 1 / 16) < 0.005:
            return "1/16 would be the power -1: for f = 1 and d_model = 4 the exponent is -2/4"
        if abs(second - 4) < 0.02:
            return "clock 1 should be slower than clock 0, yours is faster: the exponent is negative"
        if abs(second - 0.5) < 0.005:
            return "1/2 is 16 to the power -1/4: the exponent has 2f over d_model, not f"
        return "" if abs(second - 0.25) < 0.005 else "the second speed is 16 to the power -1/2"

    problem = diagnose()
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
""" # END TEST CONFIG
def test_q1_code_is_four_coordinates_of_two_hands(code_by_hand):
    def diagnose():
        code = numbers(code_by_hand, 4)
        if code is None:
            return "code_by_hand is not filled in yet: write a list of 4 numbers"
        lengths = [code[2 * i] ** 2 + code[2 * i + 1] ** 2 for i in (0, 1)]
        if abs(code[0] - 0.0349) < 0.006 and code[1] > 0.99:
            return "your calculator is set to degrees: 2 means two radians, about 115 degrees"
        if len(set(code)) < 3:
            return "the four numbers are not all the same: two hands, at two different angles"
        if code[0] < 0 < code[1]:
            return "you wrote the cosine before the sine: each pair begins with its sine"
        if max(abs(length - 1) for length in lengths) > 0.04:
            return f"sine and cosine of one angle: their squares add up to 1, yours add up to {lengths[0]:.2f} and {lengths[1]:.2f}"
        return ""

    problem = diagnose()
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
""" # END TEST CONFIG
def test_q1_matrix_turns_one_step_on(matrix_by_hand):
    def diagnose():
        (a, b), (c, d) = (numbers(row, 2) for row in matrix_by_hand)
        if abs(a - 1) < 0.005 or abs(a) < 0.005:
            return "one step of clock 1 turns it by less than a right angle, and by more than nothing"
        if abs(a * d - b * c - 1) > 0.05 or abs(a - d) > 0.02 or abs(b + c) > 0.02:
            return "a rotation has the form [[cos, -sin], [sin, cos]]: equal numbers on the diagonal, opposite ones beside it"
        if abs(b - 0.2474) < 0.02:
            return "your matrix goes one step back: in the row form the minus sign belongs to the first row"
        return ""

    problem = diagnose()
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q1_numbers(code_by_hand, matrix_by_hand):
    code = numbers(code_by_hand, 4)
    far = max(abs(code[index] - expected) for index, expected in enumerate((0.9093, -0.4161, 0.4794, 0.8776)))
    problem = "" if far < 0.011 else f"the code of position 2 is off by up to {far:.2f}"
    assert not problem, problem
    first, second = (numbers(row, 2) for row in matrix_by_hand)
    far = max(abs(first[0] - 0.9689), abs(second[0] - 0.2474))
    problem = "" if far < 0.011 else f"the matrix is off by up to {far:.2f}: the angle of one step of clock 1 is its speed, 0.25"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q1_similarity(similarity_by_hand):
    similarity_by_hand = number(similarity_by_hand)

    def diagnose():
        if abs(similarity_by_hand + 0.99) < 0.015:
            return "that is the part of clock 0 alone: add the part of clock 1"
        if abs(similarity_by_hand + 0.129) < 0.01:
            return "that is half of it: a dot product is a sum, not a mean"
        right = abs(similarity_by_hand + 0.2583) < 0.02
        return "" if right else "the similarity is wrong: multiply the codes of 2 and 5 number by number and add, or use cos 3 + cos 0.75"

    problem = diagnose()
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
# objective: write the sinusoidal position code for positions of any shape

# %% [markdown] id="q2-question"
# ## Question 2 · The sinusoidal code (6 points, 15 minutes)
#
# Write `sinusoidal_code`. For a tensor of positions it returns, for each of them, the $d_\text{model}$ numbers
#
# $$
# \text{PE}(p, 2f) = \sin(\omega_f p), \qquad \text{PE}(p, 2f+1) = \cos(\omega_f p), \qquad
# \omega_f = \text{base}^{-2f/d_\text{model}} .
# $$
#
# * `positions` is a tensor `[...]` of floating-point numbers, of any shape; they need not be whole.
# * The result is `[..., d_model]`, sine and cosine **interleaved**, as the formula says.
# * `d_model` is even. An odd one raises a `ValueError`.

# %% [raw]
# # BEGIN SOLUTION

# %% id="q2-answer"
def sinusoidal_code(positions, d_model, base=10000.0):
    """positions [...] -> codes [..., d_model]: sine and cosine of each clock, side by side."""
    # BEGIN SOLUTION
    if d_model % 2:
        raise ValueError(f"d_model is {d_model}, expected an even number")
    speeds = base ** (-torch.arange(0, d_model, 2) / d_model)
    angles = positions[..., None] * speeds
    return torch.stack((angles.sin(), angles.cos()), dim=-1).flatten(-2)
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q2_contract(sinusoidal_code):
    import torch

    problem = "" if callable(sinusoidal_code) else "there is no function sinusoidal_code: run the cell that defines it"
    assert not problem, problem
    problem = "sinusoidal_code changes the positions it was given" if changes_inputs(sinusoidal_code, torch.arange(5.0), 8) else ""
    assert not problem, problem
    codes = sinusoidal_code(torch.arange(5.0), 8)
    problem = "" if isinstance(codes, torch.Tensor) else "sinusoidal_code should return a tensor: is `return` missing?"
    assert not problem, problem
    shape = list(codes.shape)
    problem = "" if shape == [5, 8] else f"for 5 positions and d_model = 8 the codes should be [5, 8]; yours are {shape}"
    assert not problem, problem
    first, second = [torch.arange(3.0), 4], [torch.arange(3.0) + 1, 4]
    problem = unmoved("sinusoidal_code", sinusoidal_code, first, second)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
""" # END TEST CONFIG
def test_q2_sine_and_cosine_are_neighbours(sinusoidal_code):
    import torch

    def diagnose():
        code = sinusoidal_code(torch.zeros(1), 8)[0].double()
        zeros_and_ones = [round(float(number), 3) for number in code]
        if zeros_and_ones == [0, 1] * 4:
            later = sinusoidal_code(torch.ones(1), 8)[0]
            return "" if not near(later, code) else "position 1 should have another code than position 0"
        if zeros_and_ones == [0] * 4 + [1] * 4:
            return "you put all the sines first: interleave them, sine and cosine of one clock side by side"
        if zeros_and_ones == [1, 0] * 4:
            return "you put each cosine before its sine"
        return f"at position 0 every sine is 0 and every cosine is 1, so the code is 0, 1, 0, 1 …; yours is {zeros_and_ones}"

    problem = diagnose()
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1.5
""" # END TEST CONFIG
def test_q2_speeds(sinusoidal_code):
    import torch

    def diagnose():
        code = sinusoidal_code(torch.tensor([1.0]), 8)[0].detach().double()
        angles = torch.atan2(code[0::2], code[1::2])
        if (code[0::2] ** 2 + code[1::2] ** 2 - 1).abs().max() > 1e-3:
            return "the cosine of a clock has another speed than its sine: both columns of a pair have 2i in the exponent"
        known = {
            "your clocks get faster instead of slower: the exponent is negative": [1.0, 10.0 - 4 * torch.pi, 100 - 32 * torch.pi, None],
            "your exponent is f over d_model: it should be 2f over d_model": [1.0, 0.3162, 0.1, 0.0316],
            "all your clocks run at the same speed: each has its own exponent": [1.0, 1.0, 1.0, 1.0],
        }
        for message, speeds in known.items():
            if all(speed is None or abs(float(angle) - speed) < 2e-3 for angle, speed in zip(angles, speeds, strict=True)):
                return message
        right = all(abs(float(angle) - speed) < 1e-4 for angle, speed in zip(angles, (1.0, 0.1, 0.01, 0.001), strict=True))
        if not right:
            return "with d_model = 8 and base 10000 the speeds are 1, 0.1, 0.01 and 0.001"
        code = sinusoidal_code(torch.tensor([0.5]), 8)[0].detach().double()
        between = abs(float(code[0]) - 0.4794) < 1e-3
        return "" if between else "at position 0.5 the first sine is sin 0.5 = 0.479: positions need not be whole"

    problem = diagnose()
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
""" # END TEST CONFIG
def test_q2_base_and_odd_width(sinusoidal_code):
    import torch

    code = sinusoidal_code(torch.tensor([2.0]), 4, base=100.0)[0]
    other = sinusoidal_code(torch.tensor([2.0]), 4, base=400.0)[0]
    used = abs(float(other[2]) - 0.0998) < 1e-3 or abs(float(code[2]) - 0.1987) > 1e-3
    problem = "" if used else "with base=400 clock 1 has the speed 0.05"
    assert not problem, problem
    problem = "" if abs(float(code[2]) - 0.1987) < 1e-3 else "with base=100 and d_model = 4 clock 1 has the speed 0.1: is `base` used?"
    assert not problem, problem
    try:
        sinusoidal_code(torch.arange(3.0), 5)
        problem = "an odd d_model should raise a ValueError: the last sine would have no cosine"
    except ValueError:
        problem = ""
    except Exception as error:
        problem = f"an odd d_model should raise a ValueError, not a {type(error).__name__}"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q2_positions_of_any_shape(sinusoidal_code):
    import torch

    try:
        codes = sinusoidal_code(torch.tensor([[0.5, 2.0, -1.0], [7.0, 3.25, 100.0]]), 6)
        shape = list(codes.shape)
    except Exception as error:
        codes, shape = None, f"a {type(error).__name__}"
    problem = "" if shape == [2, 3, 6] else f"for positions [2, 3] and d_model = 6 the codes should be [2, 3, 6]; yours are {shape}"
    assert not problem, problem
    ours = codes[1, 1].float()
    reference = torch.tensor([3.25, 3.25 * 10000 ** (-2 / 6), 3.25 * 10000 ** (-4 / 6)])
    expected = torch.stack((reference.sin(), reference.cos()), dim=-1).flatten()
    problem = "" if near(ours, expected, atol=1e-4) else "positions between whole numbers have codes too: use them as they are"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q2_numbers(sinusoidal_code):
    import torch

    code = sinusoidal_code(torch.tensor([0.0, 5.0, 40.0], dtype=torch.float64), 6)[1:].double()
    expected = torch.tensor(
        [[-0.95892, 0.28366, 0.23, 0.97319, 0.01077, 0.99994], [0.74511, -0.66694, 0.95943, -0.28196, 0.08607, 0.99629]],
        dtype=torch.float64,
    )
    problem = "" if near(code, expected, atol=2e-4) else "the codes of positions 5 and 40 with d_model = 6 are wrong"
    assert not problem, problem

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q3
# points: 5
# minutes: 15
# objective: write the rotation that moves the codes of all positions by the same offset

# %% [markdown] id="q3-question"
# ## Question 3 · A shift is a rotation (5 points, 15 minutes)
#
# Write `shift_matrix(offset, d_model, base)`: the one matrix $R$ with
#
# $$ \text{PE}(p)\, R = \text{PE}(p + \text{offset}) \quad\text{for every position } p . $$
#
# Codes are rows, interleaved as in question 2, so $R$ is `[d_model, d_model]` and has one 2 × 2 block for each clock on its
# diagonal. The speeds are given.

# %% id="q3-given"
def clock_speeds(d_model, base):
    """The angle by which each clock turns in one step: [d_model / 2]."""
    return base ** (-torch.arange(0, d_model, 2, dtype=torch.float64) / d_model)


print(clock_speeds(8, 10000.0))

# %% [raw]
# # BEGIN SOLUTION

# %% id="q3-answer"
def shift_matrix(offset, d_model, base=10000.0):
    """The rotation with code(p) @ shift_matrix(offset) = code(p + offset): float64 [d_model, d_model]."""
    # BEGIN SOLUTION
    angles = offset * clock_speeds(d_model, base)
    sine, cosine = angles.sin(), angles.cos()
    blocks = torch.stack((torch.stack((cosine, -sine), -1), torch.stack((sine, cosine), -1)), -2)
    return torch.block_diag(*blocks)
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q3_contract(shift_matrix):
    import torch

    problem = "" if callable(shift_matrix) else "there is no function shift_matrix: run the cell that defines it"
    assert not problem, problem
    matrix = shift_matrix(3, 6)
    problem = "" if isinstance(matrix, torch.Tensor) else "shift_matrix should return a tensor: is `return` missing?"
    assert not problem, problem
    shape = list(matrix.shape)
    problem = "" if shape == [6, 6] else f"for d_model = 6 the matrix should be [6, 6]; yours is {shape}"
    assert not problem, problem
    first, second = [1, 4], [2, 4]
    problem = unmoved("shift_matrix", shift_matrix, first, second)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2.5
""" # END TEST CONFIG
def test_q3_moves_every_code(shift_matrix):
    import torch

    def code(position, speeds):
        angles = position * speeds
        return torch.stack((angles.sin(), angles.cos()), dim=-1).flatten(-2)

    def diagnose():
        speeds = 100.0 ** (-torch.arange(0, 8, 2, dtype=torch.float64) / 8)
        positions = torch.arange(20.0, dtype=torch.float64)[:, None]
        before, after, back = code(positions, speeds), code(positions + 2, speeds), code(positions - 2, speeds)
        matrix = shift_matrix(2, 8, base=100.0).double()
        moved = before @ matrix.detach()
        if near(moved, after, atol=1e-4):
            again = before @ shift_matrix(-2, 8, base=100.0).double()
            return "" if near(again, back, atol=1e-4) else "an offset of -2 should move the codes back"
        if near(moved, back, atol=1e-4):
            return "your matrix goes back instead of forward: with codes as rows the minus sign belongs into the upper row of each block"
        if near(moved[:, :2], after[:, :2], atol=1e-4) and near(moved[:, 2:], before[:, 2:], atol=1e-4):
            return "only the first clock moves: each clock has its own block"
        if near(moved, code(positions * speeds + 2, torch.ones(4, dtype=torch.float64)), atol=1e-4):
            return "all your clocks turn by the same angle: block f turns by offset times the speed of clock f"
        if not near(matrix @ matrix.T, torch.eye(8, dtype=torch.float64), atol=1e-3):
            return "your matrix is no rotation (R times its transpose is not the identity): it changes the length of codes"
        return "your matrix is a rotation, but not the one that moves the codes by 2: are sine and cosine interleaved?"

    problem = diagnose()
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q3_offsets_backwards_and_between(shift_matrix):
    import torch

    identity = torch.eye(6, dtype=torch.float64)
    there_and_back = shift_matrix(5, 6).double() @ shift_matrix(-5, 6).double()
    problem = "" if near(there_and_back, identity, atol=1e-4) else "five steps on and five back should be the identity"
    assert not problem, problem
    halves = shift_matrix(0.5, 6).double() @ shift_matrix(0.5, 6).double()
    problem = "" if near(halves, shift_matrix(1, 6).double(), atol=1e-4) else "two half steps should make one step"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q3_numbers(shift_matrix):
    import torch

    matrix = shift_matrix(3, 4, base=100.0).double()
    expected = torch.tensor(
        [[-0.98999, -0.14112, 0, 0], [0.14112, -0.98999, 0, 0], [0, 0, 0.95534, -0.29552], [0, 0, 0.29552, 0.95534]], dtype=torch.float64
    )
    problem = "" if near(matrix, expected, atol=1e-4) else "the matrix for offset 3, d_model = 4 and base 100 is wrong"
    assert not problem, problem

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q4
# points: 8
# minutes: 15
# objective: write the two-dimensional sine code of DETR for padded pictures

# %% [markdown] id="q4-question"
# ## Question 4 · Rows and columns (8 points, 15 minutes)
#
# DETR gives every pixel of a feature map a code: half of the channels for its row, half for its column. Write `sine_map`.
#
# * `mask` is `[batch, height, width]`, boolean, **`True` means: is a real pixel**; the rest is padding, on the right and below.
# * A pixel's row number *counts real pixels* down its column, **starting at 1**; its column number counts along its row.
# * Each number is divided by the last count of its column (or row) plus `1e-6`, and multiplied by $2\pi$: the last real row has the
#   angle $2\pi$.
# * The code of a number has `d_model // 2` channels; `axis_code` is given and does that.
# * The result is `[batch, d_model, height, width]`: **rows first**, then columns.

# %% id="q4-given"
def axis_code(numbers, width, base=10000.0):
    """numbers [...] -> sine and cosine of width / 2 clocks, interleaved: [..., width]."""
    angles = numbers[..., None] * base ** (-torch.arange(0, width, 2) / width)
    return torch.stack((angles.sin(), angles.cos()), dim=-1).flatten(-2)

# %% [raw]
# # BEGIN SOLUTION

# %% id="q4-answer"
def sine_map(mask, d_model):
    """mask [b, h, w], True = is real -> codes [b, d_model, h, w], row code first, then column code."""
    # BEGIN SOLUTION
    rows, columns = mask.cumsum(1).float(), mask.cumsum(2).float()
    rows = rows / (rows[:, -1:, :] + 1e-6) * 2 * math.pi
    columns = columns / (columns[:, :, -1:] + 1e-6) * 2 * math.pi
    codes = torch.cat((axis_code(rows, d_model // 2), axis_code(columns, d_model // 2)), dim=-1)
    return codes.permute(0, 3, 1, 2)
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q4_contract(sine_map):
    import torch

    problem = "" if callable(sine_map) else "there is no function sine_map: run the cell that defines it"
    assert not problem, problem
    if callable(sine_map):
        problem = "sine_map changes the mask it was given" if changes_inputs(sine_map, torch.ones(2, 3, 5, dtype=torch.bool), 8) else ""
        assert not problem, problem
    codes = sine_map(torch.ones(2, 3, 5, dtype=torch.bool), 8)
    problem = "" if isinstance(codes, torch.Tensor) else "sine_map should return a tensor: is `return` missing?"
    assert not problem, problem
    shape = list(codes.shape)
    hint = ": permute the channels to the second place" if shape == [2, 3, 5, 8] else ""
    wanted = f"for a mask [2, 3, 5] and d_model = 8 the codes should be [2, 8, 3, 5]; yours are {shape}{hint}"
    problem = "" if shape == [2, 8, 3, 5] else wanted
    assert not problem, problem
    first, second = [torch.ones(1, 3, 4, dtype=torch.bool), 8], [torch.ones(1, 2, 4, dtype=torch.bool), 8]
    problem = unmoved("sine_map", sine_map, first, second)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
""" # END TEST CONFIG
def test_q4_rows_first(sine_map):
    import torch

    codes = sine_map(torch.ones(1, 3, 5, dtype=torch.bool), 8)[0]
    along_row, down = (codes[:4, 1] - codes[:4, 1, :1]).abs().max(), (codes[:4, :, 1] - codes[:4, :1, 1]).abs().max()
    swapped = "your first half changes along a row: it should be the code of the row, so put rows first"
    problem = "" if along_row < 1e-4 or down > 1e-4 else swapped
    assert not problem, problem
    other = sine_map(torch.ones(1, 4, 5, dtype=torch.bool), 8)[0]
    right = along_row < 1e-4 and down > 1e-3 and list(other.shape) == [8, 4, 5]
    problem = "" if right else "the first half of the channels should depend on the row only"
    assert not problem, problem
    first, second = [torch.ones(1, 3, 4, dtype=torch.bool), 8], [torch.ones(1, 2, 4, dtype=torch.bool), 8]
    problem = unmoved("sine_map", sine_map, first, second)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1.5
""" # END TEST CONFIG
def test_q4_angles(sine_map):
    import math

    import torch

    def angle(codes, y, x):
        return float(torch.atan2(codes[0, y, x], codes[1, y, x])) % (2 * math.pi)

    def meets(a, b):
        return abs((a - b + math.pi) % (2 * math.pi) - math.pi) < 2e-3

    def diagnose():
        codes = sine_map(torch.ones(1, 4, 4, dtype=torch.bool), 8)[0].double()
        first, last = angle(codes, 0, 0), angle(codes, 3, 0)
        if meets(first, math.pi / 2) and meets(last, 0):
            slow = float(torch.atan2(codes[2, 3, 0], codes[3, 3, 0]))
            if meets(angle(sine_map(torch.ones(1, 2, 4, dtype=torch.bool), 8)[0].double(), 0, 0), math.pi / 2):
                return "in a picture of 2 rows the first row has the angle pi, not pi/2"
            return "" if meets(slow, 0.0628) else "the speeds of each half are those of width d_model / 2, not of d_model"
        if meets(first, 0):
            return "your numbers start at 0: count the real pixels, so that the first row is 1"
        if meets(first, 1):
            return "your angles are the plain numbers: divide by the last count and multiply by 2 pi"
        if meets(first, 0.25):
            return "your numbers end at 1: multiply by 2 pi"
        return "in a picture of 4 rows the first row has the angle pi/2 and the last 2 pi"

    problem = diagnose()
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2
""" # END TEST CONFIG
def test_q4_padding_does_not_count(sine_map):
    import torch

    mask = torch.zeros(1, 4, 6, dtype=torch.bool)
    mask[:, :3, :4] = True
    padded, alone = sine_map(mask, 8)[0, :, :3, :4], sine_map(torch.ones(1, 3, 4, dtype=torch.bool), 8)[0]
    whole = sine_map(torch.ones(1, 4, 6, dtype=torch.bool), 8)[0, :, :3, :4]
    if near(padded, alone, atol=1e-3):
        problem = "" if not near(padded, whole, atol=1e-3) else "a smaller picture should have other codes than a part of a larger one"
    elif near(padded, whole, atol=1e-3):
        problem = "padding changes nothing in your code, though it should: count and divide by real pixels only"
    else:
        problem = "the real pixels of a padded picture should have the codes they have without padding; is True a real pixel in your code?"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1.5
hidden: true
""" # END TEST CONFIG
def test_q4_pictures_of_a_batch_are_independent(sine_map):
    import torch

    mask = torch.ones(2, 5, 4, dtype=torch.bool)
    mask[1, :, 2:], mask[1, 3:] = False, False
    together, alone = sine_map(mask, 16), sine_map(torch.ones(1, 5, 4, dtype=torch.bool), 16)
    problem = "" if near(together[:1], alone, atol=1e-3) else "a smaller picture in the batch changes the codes of a larger one"
    assert not problem, problem
    first, second = [torch.ones(1, 3, 4, dtype=torch.bool), 8], [torch.ones(1, 2, 4, dtype=torch.bool), 8]
    problem = unmoved("sine_map", sine_map, first, second)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1.5
hidden: true
""" # END TEST CONFIG
def test_q4_numbers(sine_map):
    import torch

    codes = sine_map(torch.ones(1, 2, 3, dtype=torch.bool), 8)[0].double()
    expected = torch.tensor([0.0, -1.0, 0.0314, 0.9995, 0.8660, -0.5, 0.0209, 0.9998], dtype=torch.float64)
    problem = "" if near(codes[:, 0, 0], expected, atol=1e-3) else "the code of the first pixel of a 2 x 3 picture is wrong"
    assert not problem, problem

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q5
# points: 4
# minutes: 10
# objective: predict what shuffling and shifting do to attention with position codes, and correct the prediction by a run

# %% [markdown] id="q5-question"
# ## Question 5 · Predict, then run (4 points, 10 minutes)
#
# Six random words attend to each other (`attend` is `torch`'s own attention, with queries, keys and values all equal to its input).
# `codes` are their sinusoidal position codes. What happens to the output when
#
# * **a.** the words are shuffled, and there are no codes?
# * **b.** codes are added, and only the *words* are shuffled: the codes stay in their order?
# * **c.** codes are added first, and then the *sums* are shuffled?
# * **d.** there are no words at all, only codes, as queries and keys, and all positions are shifted by 100? (Here the values are the
#   identity matrix, so that the output shows the weights.)
#
# Answer `"same"`, `"shuffled alike"` or `"different"`. **Write down your predictions before you run anything.** They are worth a point
# whether or not they turn out right. So do not correct them afterwards.

# %% [raw]
# # BEGIN SOLUTION

# %% id="q5-prediction"
""" # BEGIN PROMPT
predicted = {"a": "?", "b": "?", "c": "?", "d": "?"}
""" # END PROMPT
# BEGIN SOLUTION NO PROMPT
predicted = {"a": "shuffled alike", "b": "shuffled alike", "c": "different", "d": "different"}
# END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [markdown] id="q5-run"
# Now find out. The first experiment is there; the other three are yours.

# %% id="q5-given"
def codes_of(positions, d_model=16, base=10000.0):
    angles = positions[:, None] * base ** (-torch.arange(0, d_model, 2, dtype=torch.float64) / d_model)
    return torch.stack((angles.sin(), angles.cos()), dim=-1).flatten(-2)


def attend(x, value=None):
    value = x if value is None else value
    return torch.nn.functional.scaled_dot_product_attention(x[None], x[None], value[None])[0]


words = torch.randn(6, 16, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
codes = codes_of(torch.arange(6.0))
shuffled = torch.tensor([3, 0, 5, 1, 4, 2])

before, after = attend(words), attend(words[shuffled])
print("same:          ", torch.allclose(after, before, atol=1e-8))
print("shuffled alike:", torch.allclose(after, before[shuffled], atol=1e-8))

# %% [raw]
# # BEGIN SOLUTION

# %% id="q5-experiments"
# Your experiments for b, c and d.
# BEGIN SOLUTION NO PROMPT
before = attend(words + codes)
for name, after in (("b", attend(words[shuffled] + codes)), ("c", attend((words + codes)[shuffled]))):
    print(name, "same:", torch.allclose(after, before, atol=1e-8), "shuffled alike:", torch.allclose(after, before[shuffled], atol=1e-8))
eye = torch.eye(6, dtype=torch.float64)
print("d same:", torch.allclose(attend(codes_of(torch.arange(6.0) + 100), eye), attend(codes, eye), atol=1e-8))
# END SOLUTION

# %% id="q5-answer"
""" # BEGIN PROMPT
observed = {"a": "?", "b": "?", "c": "?", "d": "?"}
""" # END PROMPT
# BEGIN SOLUTION NO PROMPT
observed = {"a": "shuffled alike", "b": "different", "c": "shuffled alike", "d": "same"}
# END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
""" # END TEST CONFIG
def test_q5_predicted(predicted):
    words = ("same", "shuffled alike", "different")
    problem = "" if isinstance(predicted, dict) else "there are no predictions: predicted should be a dictionary with the keys a, b, c, d"
    assert not problem, problem
    empty = [letter for letter in "abcd" if predicted.get(letter) not in words]
    problem = f"your prediction for {empty[0]} should be one of {', '.join(words)}" if empty else ""
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 0
""" # END TEST CONFIG
def test_q5_observed(observed):
    words = ("same", "shuffled alike", "different")
    problem = "" if isinstance(observed, dict) else "observed should be a dictionary with the keys a, b, c, d"
    assert not problem, problem
    empty = [letter for letter in "abcd" if observed.get(letter) not in words]
    problem = f"what you observed for {empty[0]} should be one of {', '.join(words)}" if empty else ""
    assert not problem, problem
    problem = "the four answers are not all the same one" if all_alike(observed) else ""
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 0.75
hidden: true
""" # END TEST CONFIG
def test_q5_a(observed):
    right = observed.get("a") == "shuffled alike" and not all_alike(observed)
    problem = (
        ""
        if right
        else "a: without codes each word keeps its output, and the rows move along: equivariant"
    )
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 0.75
hidden: true
""" # END TEST CONFIG
def test_q5_b(observed):
    right = observed.get("b") == "different" and not all_alike(observed)
    problem = (
        ""
        if right
        else "b: every word now stands on another code, so its query, key and value are new vectors"
    )
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 0.75
hidden: true
""" # END TEST CONFIG
def test_q5_c(observed):
    right = observed.get("c") == "shuffled alike" and not all_alike(observed)
    problem = (
        ""
        if right
        else "c: a sum of word and code is just another token: shuffling tokens shuffles outputs"
    )
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 0.75
hidden: true
""" # END TEST CONFIG
def test_q5_d(observed):
    right = observed.get("d") == "same" and not all_alike(observed)
    problem = (
        ""
        if right
        else "d: the dot product of two codes depends on their distance alone, and a shift keeps all distances"
    )
    assert not problem, problem

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q6
# points: 5
# manual: true
# minutes: 10
# objective: explain from measured numbers why adding a position code does not destroy the word
# rubric:
#     - says that a matrix applied to a concatenation is a sum of two maps, so that adding is concatenating with a shared map
#     - says that random words and codes are nearly orthogonal when d_model is large
#     - says that a linear map can therefore separate (or weigh) the two again
#     - supports it with a number from the table
#     - is three sentences, in own words, and everything in them is true

# %% [markdown] id="q6-question"
# ## Question 6 · Explain (5 points, 10 minutes)
#
# The next cell adds 64 position codes to 100 random words and asks two things: how large is the cosine between a word and a code, and
# how well does the best linear map recover the word from the sum? Run it and read the table.

# %% id="q6-given"
def codes_of_width(d_model, n=64):
    angles = torch.arange(n, dtype=torch.float64)[:, None] * 10000.0 ** (-torch.arange(0, d_model, 2, dtype=torch.float64) / d_model)
    return torch.stack((angles.sin(), angles.cos()), dim=-1).flatten(-2)


generator = torch.Generator().manual_seed(6)
print(f"{'d_model':>8} {'mean |cosine|':>14} {'error of the recovered word':>28}")
for d_model in (16, 64, 256):
    some_words = torch.randn(100, d_model, generator=generator, dtype=torch.float64)
    some_codes = codes_of_width(d_model)
    cosine = torch.nn.functional.normalize(some_words, dim=1) @ torch.nn.functional.normalize(some_codes, dim=1).T
    sums = (some_words[:, None] + some_codes).flatten(0, 1)
    targets = some_words.repeat_interleave(64, dim=0)
    recovered = sums @ (torch.linalg.pinv(sums) @ targets)
    error = (recovered - targets).norm() / targets.norm()
    print(f"{d_model:8} {cosine.abs().mean():14.3f} {error:28.3f}")

# %% [markdown] id="q6-task"
# **In three sentences of your own, explain why position codes may be added to words instead of concatenated with them.** One sentence
# on what a matrix does with a concatenation, one on the directions of words and codes, one on what a later layer can do about the sum.
# Name at least one number from the table.
#
# You get one point for each of these: concatenation as a sum of two maps · nearly orthogonal directions · a linear map separates them
# again · a number from the table · three true sentences in your own words.

# %% [raw]
# # BEGIN PROMPT

# %% [markdown] id="q6-answer"
# _Write your three sentences here, in place of this line._

# %% [raw]
# # END PROMPT

# %% [raw]
# # BEGIN SOLUTION

# %% [markdown] id="q6-solution"
# **Model answer.** A matrix applied to a concatenation gives $\mathbf a W_1 + \mathbf e W_2$, so adding first is the same thing with one
# map for both. In many dimensions random words and codes are nearly orthogonal: for $d_\text{model} = 256$ the mean cosine is
# about 0.05, for 16 about 0.2. So the next linear map can take either part out of the sum again; with 256 dimensions the best
# one recovers the words exactly, while with 16 it makes a large error.

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
