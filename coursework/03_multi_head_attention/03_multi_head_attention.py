# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [raw]
# # ASSIGNMENT CONFIG
# name: 03_multi_head_attention
# init_cell: false
# export_cell: false
# generate: true
# python_version: "3.11"
# requirements: [numpy==2.4.6, torch==2.13.0]
# tests:
#     files: false
#     ok_format: false

# %% [markdown] id="title"
# # Assignment 03 · Multi-head attention
#
# *By hand, in code, and in words.* Five questions, 27 points, about 75 minutes.
#
# | question | what you do | points | minutes |
# |---|---|---|---|
# | 1 | compute two heads by hand | 5 | 15 |
# | 2 | split and merge heads | 6 | 15 |
# | 3 | write multi-head attention | 7 | 20 |
# | 4 | remove heads for good | 5 | 15 |
# | 5 | explain what happens to equal heads | 4 | 10 |
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
# objective: compute two heads, their concatenation and the output by hand

# %% [markdown] id="q1-question"
# ## Question 1 · Two heads by hand (5 points, 15 minutes)
#
# "*The dog chased the cat until **it** hid.*" Three tokens have been projected to width 4, for two heads. The bar shows
# where the heads are cut.
#
# | token | key | value |
# |---|---|---|
# | dog | (2, 1 &#124; 0, 1) | (4, 0 &#124; 1, 0) |
# | cat | (0, 1 &#124; 1, 3) | (0, 2 &#124; 0, 4) |
# | it | (1, 0 &#124; 0, 0) | (0, 0 &#124; 2, 2) |
#
# The token *it* asks with the query (1, 2 | 2, 0). On paper, with a pocket calculator for the exponentials:
#
# 1. the three **weights of head 1**, in the order of the table;
# 2. the three **weights of head 2**;
# 3. the **concatenation** of the two heads' outputs, four numbers;
# 4. the **output** of the layer, two numbers, with
#    $W_O = \begin{pmatrix} 1 & 0 \\ 0 & 1 \\ 0 & 1 \\ 1 & 0 \end{pmatrix}$.
#
# Write lists of numbers, rounded to two decimals.

# %% [raw]
# # BEGIN SOLUTION

# %% id="q1-answer"
weights_of_head_1 = [0.73, 0.18, 0.09]  # SOLUTION
weights_of_head_2 = [0.16, 0.67, 0.16]  # SOLUTION
concatenation = [2.93, 0.36, 0.49, 3.02]  # SOLUTION
output = [5.95, 0.85]  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0
""" # END TEST CONFIG
def test_q1_filled_in(weights_of_head_1, weights_of_head_2, concatenation, output):
    answers = {
        "weights_of_head_1": (weights_of_head_1, 3),
        "weights_of_head_2": (weights_of_head_2, 3),
        "concatenation": (concatenation, 4),
        "output": (output, 2),
    }
    for name, (answer, length) in answers.items():
        problem = "" if answer is not None and answer is not ... else f"{name} is not filled in yet: write a list of {length} numbers"
        assert not problem, problem
        problem = "" if numbers(answer, length) else f"{name} should be a list of {length} numbers"
        assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
""" # END TEST CONFIG
def test_q1_weights_are_weights(weights_of_head_1, weights_of_head_2):
    both = [numbers(answer, 3) for answer in (weights_of_head_1, weights_of_head_2)]
    problem = "" if all(both) else "fill in weights_of_head_1 and weights_of_head_2 first, three numbers each"
    assert not problem, problem
    equal = any(max(answer) - min(answer) < 0.01 for answer in both)
    problem = "the weights of a head are not all the same: the scores are not" if equal else ""
    assert not problem, problem
    sums = [sum(answer) for answer in both]
    if all(abs(total - 1) < 0.025 for total in sums):
        problem = ""
    elif abs(sum(sums) - 1) < 0.03:
        problem = "your six weights sum to 1 together: every head has a softmax of its own, over its own three scores"
    else:
        problem = f"the weights of head 1 sum to {sums[0]:.2f}, those of head 2 to {sums[1]:.2f}: each should sum to 1"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q1_scaling(weights_of_head_2):
    import math

    weights = numbers(weights_of_head_2, 3)
    problem = "" if weights and min(weights) > 0 else "fill in weights_of_head_2 first: three positive numbers"
    assert not problem, problem
    gap = math.log(weights[1] / weights[0])
    if abs(gap - 2) < 0.25:
        problem = "the scores of head 2 are not divided: divide them by the square root of the width of one head"
    elif abs(gap - 1) < 0.15:
        problem = "you divided by the square root of 4, the width of both heads together: the width of one head is 2"
    else:
        problem = "" if abs(gap) > 0.2 else "the weights of head 2 should differ: its scores do"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q1_output_fits_concatenation(concatenation, output):
    joined, output = numbers(concatenation, 4), numbers(output, 2)
    problem = "" if joined and output else "fill in concatenation (four numbers) and output (two numbers) first"
    assert not problem, problem

    def near(first, second):
        return abs(output[0] - first) < 0.04 and abs(output[1] - second) < 0.04

    problem = "" if len(set(joined)) > 2 else "the four numbers of the concatenation are not all the same"
    assert not problem, problem
    a, b, c, d = joined
    if near(a + d, b + c):
        problem = ""
    elif near(a + c, b + d):
        problem = "you added the two heads place by place: W_O sends the third number to the second place and the fourth to the first"
    else:
        problem = "your output is not your concatenation times W_O: the row of four numbers times the matrix with four rows"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q1_six_numbers(weights_of_head_1, weights_of_head_2):
    mine, expected = [*numbers(weights_of_head_1, 3), *numbers(weights_of_head_2, 3)], (0.7336, 0.1784, 0.0880, 0.1636, 0.6728, 0.1636)
    far = max(abs(a - b) for a, b in zip(mine, expected, strict=True))
    problem = "" if far < 0.011 else f"the weights are off by up to {far:.2f}"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q1_four_numbers(concatenation):
    far = max(abs(a - b) for a, b in zip(numbers(concatenation, 4), (2.9345, 0.3568, 0.4907, 3.0185), strict=True))
    problem = "" if far < 0.05 else f"the concatenation is off by up to {far:.2f}"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q1_two_numbers(output):
    output = numbers(output, 2)
    far = max(abs(output[0] - 5.9530), abs(output[1] - 0.8475))
    problem = "" if far < 0.06 else f"the output is off by up to {far:.2f}"
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
# objective: split features into heads and merge them again without mixing tokens

# %% [markdown] id="q2-question"
# ## Question 2 · Split and merge (6 points, 15 minutes)
#
# Write `split_heads`, which turns features `[b, n, d]` into `[b, h, n, d/h]`, so that head 0 holds the first `d/h`
# features of every token, head 1 the next ones, and so on. And write `merge_heads`, which undoes it: `[b, h, n, d/h]`
# to `[b, n, d]`.
#
# No loops: a view or reshape and a transpose in each.

# %% [raw]
# # BEGIN SOLUTION

# %% id="q2-answer"
def split_heads(features, n_heads):
    """features [b, n, d] -> [b, n_heads, n, d / n_heads]."""
    # BEGIN SOLUTION
    b, n, d = features.shape
    return features.reshape(b, n, n_heads, d // n_heads).transpose(1, 2)
    # END SOLUTION


def merge_heads(heads):
    """heads [b, n_heads, n, d_head] -> [b, n, n_heads * d_head]."""
    # BEGIN SOLUTION
    return heads.transpose(1, 2).flatten(2)
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q2_shape(split_heads, merge_heads):
    import torch

    for name, function in (("split_heads", split_heads), ("merge_heads", merge_heads)):
        problem = "" if callable(function) else f"there is no function {name}: run the cell that defines it"
        assert not problem, problem
    try:
        heads = split_heads(torch.zeros(2, 5, 12), 3)
    except Exception as error:
        problem = f"split_heads fails for features [2, 5, 12] and 3 heads ({type(error).__name__}): 12 features are 3 heads of 4"
        raise AssertionError(problem) from None
    problem = "" if isinstance(heads, torch.Tensor) else "split_heads returned no tensor: is `return` missing?"
    assert not problem, problem
    shape = list(heads.shape)
    if shape == [2, 3, 5, 4]:
        problem = ""
    elif shape == [2, 5, 3, 4]:
        problem = "your heads still stand behind the tokens, [b, n, h, d/h]: transpose the two, so that each head is a matrix of its own"
    else:
        problem = f"features [2, 5, 12] in 3 heads should be [2, 3, 5, 4]; yours are {shape}"
    assert not problem, problem
    first, second = [torch.zeros(1, 2, 4), 2], [torch.ones(1, 2, 4), 2]
    problem = unmoved("split_heads", split_heads, first, second)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1.5
""" # END TEST CONFIG
def test_q2_content(split_heads):
    import torch

    features = torch.arange(2 * 5 * 12.0).reshape(2, 5, 12)
    problem = "split_heads changes the features it was given" if changes_inputs(split_heads, features.clone(), 3) else ""
    assert not problem, problem
    heads = split_heads(features, 3)
    problem = "" if isinstance(heads, torch.Tensor) and list(heads.shape) == [2, 3, 5, 4] else "the shape is not right yet"
    assert not problem, problem
    wanted = torch.stack([features[:, :, 4 * head:4 * head + 4] for head in range(3)], dim=1)
    dealt = torch.stack([features[:, :, head::3] for head in range(3)], dim=1)
    if same(heads, wanted):
        six = split_heads(features, 6)
        fits = same(six, torch.stack([features[:, :, 2 * head:2 * head + 2] for head in range(6)], dim=1))
        problem = "" if fits else "with 6 heads of 2 features the split is wrong: use n_heads, not a fixed number"
    elif same(heads, features.reshape(2, 3, 5, 4)):
        problem = "the shape is right, but head 0 holds the first tokens with all their features: cut each row first, then transpose"
    elif same(heads, dealt):
        problem = "you deal the features out like cards: head 0 should hold the first 4 features of a token, not every third"
    else:
        problem = "head 0 should hold features 0 to 3 of every token, head 1 features 4 to 7; yours hold something else"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
""" # END TEST CONFIG
def test_q2_merge(merge_heads):
    import torch

    features = torch.arange(2 * 5 * 12.0).reshape(2, 5, 12)
    heads = torch.stack([features[:, :, 4 * head:4 * head + 4] for head in range(3)], dim=1)
    try:
        merged = merge_heads(heads)
    except Exception as error:
        problem = f"merge_heads fails ({type(error).__name__}): after a transpose, view refuses; reshape or flatten copies where it must"
        raise AssertionError(problem) from None
    shape = list(merged.shape) if isinstance(merged, torch.Tensor) else None
    problem = "" if shape == [2, 5, 12] else f"heads [2, 3, 5, 4] merged should be [2, 5, 12]; yours are {shape}"
    assert not problem, problem
    if same(merged, features):
        problem = "" if same(merge_heads(-heads), -features) else "merge_heads should give back what was split, whatever it was"
    elif same(merged, heads.reshape(2, 5, 12)):
        problem = "merge_heads mixes tokens: transpose tokens and heads back before you join the features"
    else:
        problem = "merge_heads does not give back the features that were split"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 3
hidden: true
""" # END TEST CONFIG
def test_q2_numbers(split_heads, merge_heads):
    import torch

    features = torch.arange(3 * 2 * 6.0).reshape(3, 2, 6).sin()
    heads = split_heads(features, 2)
    right = list(heads.shape) == [3, 2, 2, 3] and same(heads[:, 1], features[:, :, 3:])
    problem = "" if right else "split_heads is wrong for features [3, 2, 6] and 2 heads"
    assert not problem, problem
    one = split_heads(features, 1)
    problem = "" if list(one.shape) == [3, 1, 2, 6] and same(one[:, 0], features) else "split_heads is wrong for a single head"
    assert not problem, problem
    wanted = torch.cat([features[:, :, 3:], features[:, :, :3]], dim=2)
    merged = merge_heads(torch.stack([features[:, :, 3:], features[:, :, :3]], dim=1))
    problem = "" if same(merged, wanted) else "merge_heads is wrong"
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
# objective: implement multi-head self-attention from its four matrices

# %% [markdown] id="q3-question"
# ## Question 3 · The layer (7 points, 20 minutes)
#
# Write self-attention with several heads: tokens `x` `[n, d]`, four matrices `[d, d]` that multiply from the right
# (`x @ W_q`), and the number of heads. Return the output `[n, d]`.
#
# A loop over the heads is welcome here. Do not use `torch.nn`'s ready-made attention. Leave what you are given as it is, and let a
# gradient find its way back to all of it: the layer will be trained.

# %% [raw]
# # BEGIN SOLUTION

# %% id="q3-answer"
def multi_head_attention(x, W_q, W_k, W_v, W_o, n_heads):
    """x [n, d], W_q, W_k, W_v, W_o [d, d] -> output [n, d]."""
    # BEGIN SOLUTION
    query, key, value = (torch.stack((x @ W).chunk(n_heads, dim=1)) for W in (W_q, W_k, W_v))
    weights = (query @ key.transpose(1, 2) / math.sqrt(query.shape[2])).softmax(dim=-1)
    return torch.cat(list(weights @ value), dim=1) @ W_o
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q3_shape(multi_head_attention):
    import torch

    problem = "" if callable(multi_head_attention) else "there is no function multi_head_attention: run the cell that defines it"
    assert not problem, problem
    eye = torch.eye(4)
    try:
        out = multi_head_attention(torch.ones(3, 4), eye, eye, eye, eye, 2)
    except Exception as error:
        problem = f"multi_head_attention fails for 3 tokens of width 4 and 2 heads ({type(error).__name__}: {str(error)[:80]})"
        raise AssertionError(problem) from None
    problem = "" if isinstance(out, torch.Tensor) else "multi_head_attention returned no tensor: is `return` missing?"
    assert not problem, problem
    shape = list(out.shape)
    problem = "" if shape == [3, 4] else f"3 tokens of width 4 should give an output [3, 4]; yours is {shape}"
    assert not problem, problem
    x, W = torch.arange(12.0).reshape(3, 4).sin(), [torch.arange(16.0).reshape(4, 4).mul(i + 1.0).cos() for i in range(4)]
    problem = "multi_head_attention changes the tensors it was given" if changes_inputs(multi_head_attention, x, *W, 2) else ""
    assert not problem, problem
    library = calls_any(multi_head_attention, [x, *W, 2], "scaled_dot_product", "attention")
    problem = "" if not library else f"write it yourself: your function comes down to torch's {library}"
    assert not problem, problem
    first, second = [x, *W, 2], [x.flip(0), *W, 2]
    problem = unmoved("multi_head_attention", multi_head_attention, first, second)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2.5
""" # END TEST CONFIG
def test_q3_diagnosis(multi_head_attention):
    import torch

    x = torch.arange(12.0).reshape(3, 4).sin() * 2
    W_q, W_k, W_v, W_o = (torch.arange(16.0).add(i).mul(i + 1.3).cos().reshape(4, 4) for i in range(4))
    mine = multi_head_attention(x, W_q, W_k, W_v, W_o, 2)
    problem = "" if isinstance(mine, torch.Tensor) and mine.shape == x.shape else "the shape is not right yet"
    assert not problem, problem

    def layer(divisor=2**0.5, axis=-1, out=W_o, cuts=((0, 2), (2, 4)), slice_input=False):
        heads = []
        for low, high in cuts:
            if slice_input:
                part = x[:, low:high]
                q, k, v = (part @ W[low:high, low:high] for W in (W_q, W_k, W_v))
            else:
                q, k, v = ((x @ W)[:, low:high] for W in (W_q, W_k, W_v))
            heads.append((q @ k.T / divisor).softmax(dim=axis) @ v)
        return torch.cat(heads, dim=1) @ out

    def causal():
        seen = torch.ones(3, 3).tril().bool()
        heads = []
        for low in (0, 2):
            q, k, v = ((x @ W)[:, low:low + 2] for W in (W_q, W_k, W_v))
            heads.append((q @ k.T / 2**0.5).masked_fill(~seen, -torch.inf).softmax(dim=-1) @ v)
        return torch.cat(heads, dim=1) @ W_o

    cases = (
        (layer(), ""),
        (layer(divisor=2.0), "you divide by the square root of d: divide by the square root of the width of one head, d / n_heads"),
        (layer(divisor=1.0), "the scores are not scaled: divide them by the square root of the width of one head"),
        (layer(axis=-2), "your weights sum to 1 down the columns: the softmax runs over queries, it should run over keys"),
        (layer(out=torch.eye(4)), "the multiplication by W_o is missing"),
        (layer(out=W_o.T), "you multiply by the transpose of W_o: here the matrices multiply from the right, heads @ W_o"),
        (layer(cuts=((0, 4),), divisor=2.0), "your output is that of one head of full width: the heads must attend separately"),
        (causal(), "later tokens are hidden in your layer (a causal mask): every token may attend to every token here"),
        (layer(slice_input=True), "you cut the input into slices: project all of x first, then cut the result"),
    )
    found = [said for output, said in cases if near(mine, output, atol=1e-4)]
    problem = found[0] if found else "the output is not that of two heads: project, cut the columns, attend in each, concatenate, times W_o"
    assert not problem, problem
    first, second = [x, W_q, W_k, W_v, W_o, 2], [-x, W_q, W_k, W_v, W_o, 2]
    problem = unmoved("multi_head_attention", multi_head_attention, first, second)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 4
hidden: true
""" # END TEST CONFIG
def test_q3_numbers(multi_head_attention):
    import torch

    generator = torch.Generator().manual_seed(3)
    x, *W = (torch.randn(*shape, generator=generator) for shape in ((5, 6), (6, 6), (6, 6), (6, 6), (6, 6)))
    theirs = torch.nn.MultiheadAttention(6, 3, bias=False, batch_first=True)
    with torch.no_grad():
        theirs.in_proj_weight.copy_(torch.cat([matrix.T for matrix in W[:3]]))
        theirs.out_proj.weight.copy_(W[3].T)
        expected = theirs(x[None], x[None], x[None])[0][0]
    mine = multi_head_attention(x, *W, 3)
    right = mine.shape == expected.shape and near(mine, expected, atol=1e-4)
    problem = "" if right else "the output differs from torch's for 5 tokens, width 6 and 3 heads"
    assert not problem, problem
    large = multi_head_attention(x * 300, *W, 3)
    problem = "" if bool(large.isfinite().all()) else "large scores give nan: exponentials overflow, a softmax that shifts does not"
    assert not problem, problem
    names = ("x", "W_q", "W_k", "W_v", "W_o")
    cut = [name for place, name in enumerate(names) if not gradient_flows(multi_head_attention, [x, *W, 3], of=place)]
    problem = f"no gradient finds its way from the output to {cut[0]}: .item(), .detach(), float(…) and NumPy cut it off" if cut else ""
    assert not problem, problem

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q4
# points: 5
# minutes: 15
# objective: remove heads from the matrices of a layer without changing what the others do

# %% [markdown] id="q4-question"
# ## Question 4 · Fewer heads (5 points, 15 minutes)
#
# Write `prune`, which takes the four matrices of question 3 (they multiply from the right), the number of heads, and a
# list of heads to remove, counted from 0. Return four smaller matrices: those of a layer that has only the other heads.
# Which side of each matrix belongs to a head?

# %% [raw]
# # BEGIN SOLUTION

# %% id="q4-answer"
def prune(W_q, W_k, W_v, W_o, n_heads, remove):
    """W_q, W_k, W_v [d, d], W_o [d, d] -> W_q, W_k, W_v [d, kept], W_o [kept, d]."""
    # BEGIN SOLUTION
    width = W_q.shape[1] // n_heads
    kept = [column for column in range(W_q.shape[1]) if column // width not in remove]
    return W_q[:, kept], W_k[:, kept], W_v[:, kept], W_o[kept]
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q4_shape(prune):
    import torch

    problem = "" if callable(prune) else "there is no function prune: run the cell that defines it"
    assert not problem, problem
    try:
        pruned = prune(*(torch.ones(6, 6) for _ in range(4)), 3, [1])
    except Exception as error:
        problem = f"prune fails for width 6, 3 heads and remove=[1] ({type(error).__name__}: {str(error)[:80]})"
        raise AssertionError(problem) from None
    problem = "" if isinstance(pruned, tuple | list) and len(pruned) == 4 else "prune should return four matrices"
    assert not problem, problem
    shapes = [list(matrix.shape) for matrix in pruned]
    if shapes == [[6, 4], [6, 4], [6, 4], [4, 6]]:
        problem = ""
    elif shapes == [[6, 6]] * 4:
        problem = "your matrices are as large as before: zeros give the same output, but save nothing; take the columns out"
    elif shapes == [[4, 6], [4, 6], [4, 6], [6, 4]]:
        problem = "you removed rows of W_q: x @ W_q makes one column of the query from one column of W_q, so heads are columns there"
    elif shapes[3] == [6, 6]:
        problem = "W_o still has the rows of the head that is gone: its rows go with the columns of the others"
    elif shapes == [[6, 5], [6, 5], [6, 5], [5, 6]]:
        problem = "you removed one column: a head of this layer is 6 / 3 = 2 columns wide"
    elif shapes == [[6, 2], [6, 2], [6, 2], [2, 6]]:
        problem = "you kept the heads that should go"
    else:
        problem = f"without one of 3 heads of width 2 the shapes should be [6, 4] three times and [4, 6]; yours are {shapes}"
    assert not problem, problem
    first, second = [*(torch.eye(4) for _ in range(4)), 2, [0]], [*(torch.eye(4) for _ in range(4)), 2, [1]]
    problem = unmoved("prune", prune, first, second)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1.5
""" # END TEST CONFIG
def test_q4_content(prune):
    import torch

    W = torch.arange(36.0).reshape(6, 6)
    remove = [1]
    W_q, W_k, W_v, W_o = prune(W, W + 100, W + 200, W + 300, 3, remove)
    problem = "" if remove == [1] and same(W, torch.arange(36.0).reshape(6, 6)) else "prune changes what it was given"
    assert not problem, problem
    problem = "" if list(W_q.shape) == [6, 4] and list(W_o.shape) == [4, 6] else "the shapes are not right yet"
    assert not problem, problem
    columns = (W_q[0] % 6).tolist()
    rows = ((W_o[:, 0] - 300) // 6).tolist()
    if columns == [0, 1, 4, 5] and rows == columns:
        alike = same(W_k - 100, W_q) and same(W_v - 200, W_q)
        problem = "" if alike else "W_k and W_v should keep the columns that W_q keeps"
        first = prune(W, W + 100, W + 200, W + 300, 3, [0])
        right = same(first[0], W[:, 2:]) and same(first[3], W[2:] + 300)
        problem = problem or ("" if right else "with remove=[0] columns 2 to 5 should stay")
    elif columns != rows:
        problem = f"W_q keeps the columns {[int(c) for c in columns]} and W_o the rows {[int(r) for r in rows]}: they must be the same"
    else:
        problem = f"head 1 of 3 is columns 2 and 3; you kept columns {[int(c) for c in columns]}"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 3
hidden: true
""" # END TEST CONFIG
def test_q4_numbers(prune):
    import torch

    generator = torch.Generator().manual_seed(4)
    matrices = [torch.randn(8, 8, generator=generator) for _ in range(4)]
    for remove in ([0], [3, 1], [0, 2, 3]):
        kept = [column for column in range(8) if column // 2 not in remove]
        W_q, W_k, W_v, W_o = prune(*matrices, 4, remove)
        expected = [matrix[:, kept] for matrix in matrices[:3]] + [matrices[3][kept]]
        pairs = zip((W_q, W_k, W_v, W_o), expected, strict=True)
        alike = all(same(mine, theirs) for mine, theirs in pairs)
        problem = "" if alike else f"wrong matrices for 4 heads and remove={remove}"
        assert not problem, problem

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q5
# points: 4
# manual: true
# minutes: 10
# objective: explain from the form of the layer why equal heads stay equal
# rubric:
#     - says that the output is a sum of one term for each head (or that all heads get the same gradient from above)
#     - concludes that equal heads take equal steps and stay equal
#     - says why a random W_O is enough to separate them
#     - is three sentences, in own words, and everything in them is true

# %% [markdown] id="q5-question"
# ## Question 5 · Explain (4 points, 10 minutes)
#
# The next cell makes two heads of width 1 with equal matrices and looks at the gradient of `W_q`: once with equal rows
# of `W_o`, once with different ones. Run it and compare the two columns of each gradient.

# %% id="q5-given"
generator = torch.Generator().manual_seed(5)
x, wanted = torch.randn(6, 2, generator=generator), torch.randn(6, 2, generator=generator)
q, k, v = (torch.randn(2, 1, generator=generator).repeat(1, 2) for _ in range(3))
for name, second_row in (("equal rows of W_o", [1.0, 0.5]), ("different rows", [-0.3, 2.0])):
    W_o = torch.tensor([[1.0, 0.5], second_row])
    W_q = q.clone().requires_grad_()
    scores = [(x @ W_q[:, [head]]) @ (x @ k[:, [head]]).T for head in (0, 1)]
    heads = [score.softmax(dim=-1) @ (x @ v[:, [head]]) for head, score in enumerate(scores)]
    (torch.cat(heads, dim=1) @ W_o - wanted).square().sum().backward()
    print(f"{name:18} gradient of W_q, head 1: {W_q.grad[:, 0].numpy().round(3)}  head 2: {W_q.grad[:, 1].numpy().round(3)}")

# %% [markdown] id="q5-task"
# **In three sentences of your own: why do heads that start equal stay equal, and why is a random $W_O$ enough to
# separate them?** Use that the layer's output is a sum over heads.
#
# You get one point for each of these: the sum, or the common gradient · equal steps · what a random $W_O$ changes ·
# three true sentences in your own words.

# %% [raw]
# # BEGIN PROMPT

# %% [markdown] id="q5-answer"
# _Write your three sentences here, in place of this line._

# %% [raw]
# # END PROMPT

# %% [raw]
# # BEGIN SOLUTION

# %% [markdown] id="q5-solution"
# **Model answer.** The output is $\sum_h \mathbf z^h W_O^h$, so equal heads with equal blocks of $W_O$ receive the same
# gradient, as the two equal columns of the first line show. Equal numbers with equal gradients take equal steps, and so
# they are equal again after every step. With different blocks the gradient that reaches head $h$ has passed through
# $W_O^h$ and differs from head to head, so the first step already separates them.

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
