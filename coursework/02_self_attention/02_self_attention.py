# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [raw]
# # ASSIGNMENT CONFIG
# name: 02_self_attention
# init_cell: false
# export_cell: false
# generate: true
# python_version: "3.11"
# requirements: [numpy==2.4.6, torch==2.13.0]
# tests:
#     files: false
#     ok_format: false

# %% [markdown] id="title"
# # Assignment 02 · Self-attention
#
# *By hand, in code, and by prediction.* Six questions, 32 points, about 75 minutes.
#
# | question | what you do | points | minutes |
# |---|---|---|---|
# | 1 | attend by hand | 5 | 15 |
# | 2 | make a softmax that does not overflow | 5 | 10 |
# | 3 | write attention with a mask | 8 | 20 |
# | 4 | replace two loops by one expression | 5 | 10 |
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
# objective: compute scores, weights and output of one query by hand, with and without a mask

# %% [markdown] id="q1-question"
# ## Question 1 · By hand (5 points, 15 minutes)
#
# "*The trophy did not fit into the suitcase because **it** was too big.*" We keep four tokens: trophy, suitcase, it,
# big. Somebody has already projected them, with $d_k = 4$. Two of the numbers are yours: let $s$ be the last digit of your
# student number modulo 3, and $t$ the digit before it modulo 2. (A student number that ends in 0000 has $s = t = 0$.)
#
# | token | key | value |
# |---|---|---|
# | trophy | (2, 1, 1, 1) | (2, 0) |
# | suitcase | (1, 1, t, 0) | (t, 2) |
# | it | (−1, 0, 2, 0) | (1, 1) |
# | big | (s, 0, 1, 1) | (4, −2) |
#
# The token *it* asks with the query (1, 2, 0, 1). On paper, with a pocket calculator for the exponentials:
#
# 1. the four **scores**, query · key, in the order of the table, before any scaling;
# 2. the four **weights**: divide the scores by $\sqrt{d_k}$, take exponentials, divide each by their sum;
# 3. the **output** of *it*, two numbers;
# 4. the four weights again, when *it* **may not attend to big**.
#
# Write lists of numbers, rounded to two decimals. In the next cell write your student number; with your number go your
# numbers.

# %% id="q1-number"
student_number = "0000"

# %% [raw]
# # BEGIN SOLUTION

# %% id="q1-answer"
scores_by_hand = [5, 3, -1, 1]  # SOLUTION
weights_by_hand = [0.64, 0.24, 0.03, 0.09]  # SOLUTION
output_by_hand = [1.67, 0.33]  # SOLUTION
weights_without_big = [0.71, 0.26, 0.04, 0.00]  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0
""" # END TEST CONFIG
def test_q1_filled_in(student_number, scores_by_hand, weights_by_hand, output_by_hand, weights_without_big):
    answers = {
        "scores_by_hand": (scores_by_hand, 4),
        "weights_by_hand": (weights_by_hand, 4),
        "output_by_hand": (output_by_hand, 2),
        "weights_without_big": (weights_without_big, 4),
    }
    for name, (answer, length) in answers.items():
        problem = "" if answer is not None and answer is not ... else f"{name} is not filled in yet: write a list of {length} numbers"
        assert not problem, problem
        fits = numbers(answer, length) is not None
        problem = "" if fits else f"{name} should be a list of {length} numbers, such as [1, 2.5]; yours is a {type(answer).__name__}"
        if isinstance(answer, list | tuple):
            problem = problem and f"{name} should be a list of {length} numbers and nothing else; yours has {len(answer)} entries"
        assert not problem, problem
    digits = [letter for letter in str(student_number) if letter in "0123456789"]
    problem = "" if len(digits) >= 2 else "student_number should have at least two digits: your numbers depend on the last two"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
""" # END TEST CONFIG
def test_q1_weights_fit_scores(scores_by_hand, weights_by_hand):
    import math

    scores, weights = numbers(scores_by_hand, 4), numbers(weights_by_hand, 4)
    problem = "" if scores and weights else "fill in scores_by_hand and weights_by_hand first, four numbers each"
    assert not problem, problem
    problem = "" if len(set(scores)) > 1 else "all your scores are equal: each key has a dot product of its own with the query"
    assert not problem, problem
    whole = all(score.is_integer() for score in scores)
    problem = "" if whole else "the scores are asked before any scaling: products of whole numbers, added up, are whole numbers"
    assert not problem, problem
    problem = "" if min(weights) > 0 else "every weight is positive: an exponential is never zero or negative, however low the score"
    assert not problem, problem
    total = sum(weights)
    problem = "" if abs(total - 1) < 0.025 else f"your weights sum to {total:.2f}: divide each exponential by the sum of all four"
    assert not problem, problem
    order = sorted(range(4), key=lambda token: -scores[token])
    pairs = zip(order, order[1:], strict=False)
    falling = all(weights[high] >= weights[low] for high, low in pairs)
    problem = "" if falling else "a higher score must get a higher weight; look at the order of yours"
    assert not problem, problem
    first, last = order[0], order[-2]
    gap, measured = scores[first] - scores[last], math.log(weights[first] / weights[last])
    if abs(measured - gap / 2) < 0.2:
        return
    if abs(measured - gap) < 0.6:
        problem = "your weights come from the unscaled scores: divide the scores by the square root of d_k before you take exponentials"
    elif abs(measured - gap / 4) < 0.2:
        problem = "you divided the scores by d_k = 4: divide by its square root"
    else:
        problem = "your weights do not follow from your scores: exp(score / sqrt(d_k)), then divide by the sum"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q1_output_fits_weights(student_number, weights_by_hand, output_by_hand):
    weights, output = numbers(weights_by_hand, 4), numbers(output_by_hand, 2)
    problem = "" if weights and output else "fill in weights_by_hand (four numbers) and output_by_hand (two numbers) first"
    assert not problem, problem
    problem = "" if max(weights) > min(weights) else "all your weights are equal, though the scores are not"
    assert not problem, problem
    digits = [int(letter) for letter in str(student_number) if letter in "0123456789"]
    values = [(2, 0), (digits[-2] % 2, 2), (1, 1), (4, -2)]

    def gives(weights):
        mixed = [sum(weights[token] * values[token][feature] for token in range(4)) for feature in (0, 1)]
        return all(abs(output[feature] - mixed[feature]) < 0.06 for feature in (0, 1))

    best = weights.index(max(weights))
    if gives(weights):
        problem = ""
    elif gives([0.25] * 4):
        problem = "your output is the plain average of the values: each value counts with its own weight"
    elif gives([float(token == best) for token in range(4)]):
        problem = "your output is the value of the best key alone: attention mixes all the values, each with its weight"
    else:
        problem = "your output does not follow from your weights: add up weight times value over the four tokens, one feature at a time"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q1_mask_fits_weights(weights_by_hand, weights_without_big):
    weights, masked = numbers(weights_by_hand, 4), numbers(weights_without_big, 4)
    problem = "" if weights and masked else "fill in weights_by_hand and weights_without_big first, four numbers each"
    assert not problem, problem
    problem = "" if max(weights) > min(weights) else "all your weights are equal, though the scores are not"
    assert not problem, problem
    problem = "" if masked[3] == 0 else "a token that may not be attended to has the weight 0: the last of your four is not 0"
    assert not problem, problem
    total = sum(masked)
    fits = abs(total - 1) < 0.025
    problem = "" if fits else f"your masked weights sum to {total:.2f}, not 1: leave 'big' out before you divide by the sum, not after"
    assert not problem, problem
    before, after = (each[0] / max(each[1], 0.001) for each in (weights, masked))
    kept = abs(before - after) < 0.25
    problem = "" if kept else "masking 'big' must not change how trophy compares with suitcase: their ratio stays what it was"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q1_scores(student_number, scores_by_hand):
    digits = [int(letter) for letter in str(student_number) if letter in "0123456789"]
    scores, s = numbers(scores_by_hand, 4), digits[-1] % 3
    expected = {"trophy": 5, "suitcase": 3, "it": -1, "big": 1 + s}
    if all(abs(score - wanted / 2) < 0.01 for score, wanted in zip(scores, expected.values(), strict=True)):
        problem = "the scores are already divided by sqrt(d_k): the question asks for them before scaling"
    else:
        wrong = [token for index, token in enumerate(expected) if abs(scores[index] - expected[token]) > 0.01]
        problem = f"wrong score for {', '.join(wrong)}: multiply query and key feature by feature, keep the signs, add" if wrong else ""
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q1_weights_and_output(student_number, weights_by_hand, output_by_hand):
    import math

    digits = [int(letter) for letter in str(student_number) if letter in "0123456789"]
    weights, output = numbers(weights_by_hand, 4), numbers(output_by_hand, 2)
    exponentials = [math.exp(score / 2) for score in (5, 3, -1, 1 + digits[-1] % 3)]
    expected = [exponential / sum(exponentials) for exponential in exponentials]
    far = max(abs(mine - right) for mine, right in zip(weights, expected, strict=True))
    problem = "" if far < 0.011 else f"the weights are off by up to {far:.2f}"
    assert not problem, problem
    values = [(2, 0), (digits[-2] % 2, 2), (1, 1), (4, -2)]
    mixed = [sum(weight * value[feature] for weight, value in zip(expected, values, strict=True)) for feature in (0, 1)]
    far = max(abs(mine - right) for mine, right in zip(output, mixed, strict=True))
    problem = "" if far < 0.04 else f"the output is off by up to {far:.2f}"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q1_masked_weights(weights_without_big):
    masked = numbers(weights_without_big, 4)
    far = max(abs(masked[index] - expected) for index, expected in enumerate((0.7054, 0.2595, 0.0351, 0.0)))
    problem = "" if far < 0.011 else f"the masked weights are off by up to {far:.2f}"
    assert not problem, problem

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q2
# points: 5
# minutes: 10
# objective: write a softmax that is exact for scores of any size, along any dimension

# %% [markdown] id="q2-question"
# ## Question 2 · A softmax that does not overflow (5 points, 10 minutes)
#
# This softmax is the formula, word for word. Give it large scores and it breaks:

# %% id="q2-given"
def naive_softmax(scores, dim=-1):
    exponentials = scores.exp()
    return exponentials / exponentials.sum(dim=dim, keepdim=True)


print(naive_softmax(torch.tensor([0.0, 1.0, 2.0])))
print(naive_softmax(torch.tensor([1000.0, 1001.0, 1002.0])))

# %% [markdown] id="q2-task"
# Both lists have the same differences, so both should give the same weights. Write `stable_softmax` so that they do, for
# large scores above and below zero. It takes scores of any shape and normalises along `dim`. Build it from `exp`, `sum` and
# whatever else you need, but not from a library softmax, and leave the scores you were given as they were. It will be used
# in training, so a gradient has to find its way from the weights back to the scores: stay with `torch`'s operations.

# %% [raw]
# # BEGIN SOLUTION

# %% id="q2-answer"
def stable_softmax(scores, dim=-1):
    """Weights along `dim`, for scores of any size. scores [...] -> weights [...]."""
    # BEGIN SOLUTION
    shifted = scores - scores.amax(dim=dim, keepdim=True)
    exponentials = shifted.exp()
    return exponentials / exponentials.sum(dim=dim, keepdim=True)
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q2_contract(stable_softmax):
    import torch

    problem = (
        ""
        if callable(stable_softmax)
        else "there is no function stable_softmax: run the cell that defines it (or put it back, if it was deleted)"
    )
    assert not problem, problem
    scores = torch.tensor([[0.0, 1.0, 2.0], [1.0, 1.0, 4.0]])
    try:
        weights = stable_softmax(scores)
    except NameError:
        raise
    except Exception as error:
        hint = "a maximum or a sum along `dim` has one dimension less, unless it is taken with keepdim=True"
        problem = f"stable_softmax fails for scores [2, 3] ({type(error).__name__}: {str(error)[:80]}): {hint}"
        raise AssertionError(problem) from None
    problem = "" if weights is not None and weights is not ... else "stable_softmax returned nothing: is `return` missing?"
    assert not problem, problem
    problem = (
        ""
        if isinstance(weights, torch.Tensor)
        else f"stable_softmax should return a tensor; yours returns a {type(weights).__name__}"
    )
    assert not problem, problem
    shape = list(weights.shape)
    problem = "" if shape == [2, 3] else f"for scores [2, 3] the weights should be [2, 3]; yours are {shape}: sum with keepdim=True"
    assert not problem, problem
    kept = same(scores, torch.tensor([[0.0, 1.0, 2.0], [1.0, 1.0, 4.0]]))
    problem = "" if kept else "your function changes the scores it was given: `scores - m` makes a new tensor, `scores -= m` does not"
    assert not problem, problem
    first, second = [torch.tensor([0.0, 1.0])], [torch.tensor([3.0, 1.0])]
    problem = unmoved("stable_softmax", stable_softmax, first, second)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
""" # END TEST CONFIG
def test_q2_sums_to_one_along_dim(stable_softmax):
    import torch

    scores = torch.tensor([[0.0, 1.0, 2.0], [1.0, 1.0, 4.0]])
    rows, columns = stable_softmax(scores).double(), stable_softmax(scores, dim=0).double()
    sums, down = rows.sum(dim=-1), rows.sum(dim=0)
    if near(sums, torch.ones(2), atol=1e-4):
        problem = ""
    elif near(down, torch.ones(3), atol=1e-4):
        problem = "by default your weights sum to 1 down the columns: dim=-1 is the last dimension, the rows"
    elif abs(float(rows.sum()) - 1) < 1e-4:
        problem = "all your weights together sum to 1: divide by the sum along `dim`, not by the sum of everything"
    else:
        problem = f"the weights of each row should sum to 1; yours sum to {[round(float(s), 2) for s in sums]}"
    assert not problem, problem
    along = near(columns.sum(dim=0), torch.ones(3), atol=1e-4)
    problem = "" if along else "with dim=0 the weights should sum to 1 down the columns: is `dim` used in every step?"
    assert not problem, problem
    ordered = bool((rows[:, 2] > rows[:, 0]).all())
    problem = "" if ordered else "a higher score should get a higher weight; in yours it does not"
    assert not problem, problem
    library = calls_any(stable_softmax, [scores], "softmax", "logsumexp", "attention", "cross_entropy", "nll")
    problem = "" if not library else f"write it yourself, with exp and sum: your function comes down to torch's {library}"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1.5
""" # END TEST CONFIG
def test_q2_large_scores(stable_softmax):
    import torch

    weights = stable_softmax(torch.tensor([1000.0, 1001.0, 1002.0]))
    small = stable_softmax(torch.tensor([0.0, 1.0, 2.0]))
    if torch.isnan(weights).any():
        problem = (
            "for scores around 1000 you get nan: exp(1000) is infinite and inf / inf is not a number; subtract the largest "
            "score first"
        )
    elif not near(small, torch.tensor([0.0900, 0.2447, 0.6652]), atol=1e-3):
        problem = "for the scores 0, 1, 2 the weights should be 0.090, 0.245 and 0.665"
    elif near(weights, torch.full((3,), 1 / 3), atol=1e-4):
        problem = "for scores 1000, 1001, 1002 all your weights are equal: clipping loses the differences, subtracting keeps them"
    else:
        alike = near(weights, small, atol=1e-4)
        problem = "" if alike else "adding 1000 to every score should not change the weights, but it changes yours"
    assert not problem, problem
    below = stable_softmax(torch.tensor([-1002.0, -1001.0, -1000.0]))
    if torch.isnan(below).any():
        problem = (
            "for scores around -1000 you get nan: every exponential is 0 there; subtract the largest score, whatever its sign, "
            "not the largest size"
        )
    elif near(stable_softmax(torch.tensor([2.0, 1.0, 0.0])), small):
        problem = "the scores 0, 1, 2 and 2, 1, 0 should not get the same weights"
    else:
        problem = "" if near(below, small) else "subtracting 1000 from every score should not change the weights, but it changes yours"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q2_each_row_has_its_own_largest(stable_softmax):
    import torch

    scores = torch.tensor([[0.0, 1.0, 2.0], [500.0, 501.0, 502.0], [-900.0, 0.0, 900.0]])
    weights = stable_softmax(scores)
    expected = torch.tensor([[0.09003, 0.24473, 0.66524], [0.09003, 0.24473, 0.66524], [0.0, 0.0, 1.0]])
    if torch.isnan(weights[2]).any() and not torch.isnan(weights[:2]).any():
        problem = "one score far above the others still overflows: subtract the largest score, not the mean"
    elif torch.isnan(weights).any() or not near(weights[0], expected[0], atol=1e-4):
        problem = "rows of very different size disturb each other: subtract the largest score of each row, not of the whole tensor"
    else:
        problem = "" if near(weights, expected, atol=1e-4) else "the weights of rows of very different size are wrong"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q2_numbers_along_the_middle(stable_softmax):
    import torch

    scores = torch.tensor([[[0.0, 3.0], [1.0, 1.0], [2.0, -1.0]], [[5.0, 0.0], [4.0, 0.0], [6.0, 1.0]]], dtype=torch.float64)
    expected = torch.tensor(
        [[[0.09003, 0.86681], [0.24473, 0.11731], [0.66524, 0.01588]], [[0.24473, 0.21194], [0.09003, 0.21194], [0.66524, 0.57612]]],
        dtype=torch.float64,
    )
    weights = stable_softmax(scores, dim=1)
    problem = (
        ""
        if weights.shape == expected.shape
        else f"for scores [2, 3, 2] and dim=1 the weights should be [2, 3, 2]; yours are {list(weights.shape)}"
    )
    assert not problem, problem
    problem = "" if near(weights, expected, atol=1e-4) else "wrong weights for scores [2, 3, 2] with dim=1"
    assert not problem, problem
    flows = gradient_flows(stable_softmax, [scores])
    problem = "" if flows else "no gradient finds its way to the scores: .item(), .detach(), float(…) and NumPy cut it off"
    assert not problem, problem

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q3
# points: 8
# minutes: 20
# objective: implement scaled dot-product attention with a mask, for any number of leading dimensions

# %% [markdown] id="q3-question"
# ## Question 3 · Attention with a mask (8 points, 20 minutes)
#
# Write `attention`. It returns two things, the output and the weights.
#
# * `query` is `[..., n, d_k]`, `key` is `[..., m, d_k]`, `value` is `[..., m, d_v]`. The dots stand for any number of
#   leading dimensions (batch, heads), or none.
# * The output is `[..., n, d_v]`, the weights are `[..., n, m]`: one row per query, and each row sums to 1.
# * `mask` is `None` or boolean, and it broadcasts to `[..., n, m]`. **`True` means: may be attended.**
# * A query that may attend to nothing gets weights 0 and output 0. It never gets `nan`, and scores may be large.
# * The tensors you are given stay as they were, and a gradient finds its way back to `query`, `key` and `value`.
#
# Here you may use `torch`'s own softmax, but not its ready-made attention.

# %% [raw]
# # BEGIN SOLUTION

# %% id="q3-answer"
def attention(query, key, value, mask=None):
    """Mix the values, weighted by how well each key answers each query. Returns (output [..., n, d_v], weights [..., n, m])."""
    # BEGIN SOLUTION
    scores = query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1])
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf)
    weights = scores.softmax(dim=-1).nan_to_num(0.0)
    return weights @ value, weights
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q3_contract(attention):
    import torch

    problem = (
        ""
        if callable(attention)
        else "there is no function attention: run the cell that defines it (or put it back, if it was deleted)"
    )
    assert not problem, problem
    result = attention(torch.ones(3, 4), torch.ones(5, 4), torch.ones(5, 2))
    problem = "" if result is not None and result is not ... else "attention returned nothing: is `return` missing?"
    assert not problem, problem
    problem = "" if isinstance(result, list | tuple) and len(result) == 2 else "attention should return two things: return output, weights"
    assert not problem, problem
    output, weights = result
    shapes = [list(part.shape) if isinstance(part, torch.Tensor) else type(part).__name__ for part in (output, weights)]
    swapped = "; the output comes first, then the weights" if shapes == [[3, 5], [3, 2]] else ""
    problem = (
        ""
        if shapes == [[3, 2], [3, 5]]
        else f"for 3 queries, 5 keys and d_v = 2 the output should be [3, 2] and the weights [3, 5]; yours are {shapes[0]} and "
        f"{shapes[1]}{swapped}"
    )
    assert not problem, problem
    query, key, value = torch.arange(6.0).reshape(3, 2), torch.arange(8.0).reshape(4, 2).cos(), torch.arange(4.0).reshape(4, 1)
    changed = changes_inputs(attention, query, key, value)
    problem = "attention changes the tensors it was given: `/=` and `*=` work in place" if changed else ""
    assert not problem, problem
    library = calls_any(attention, [query, key, value], "scaled_dot_product", "attention")
    problem = "" if not library else f"write it yourself: your function comes down to torch's {library}"
    assert not problem, problem
    first, second = [query, key, value], [query.flip(0), key, value * 2]
    problem = unmoved("attention", attention, first, second)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
""" # END TEST CONFIG
def test_q3_softmax_over_keys(attention):
    import torch

    query = torch.tensor([[1.0, 0.0], [0.0, 3.0], [1.0, 1.0]])
    weights = attention(query, query.clone(), query.clone())[1].detach().double()
    rows, columns = weights.sum(dim=-1), weights.sum(dim=-2)
    if near(rows, torch.ones(3), atol=1e-4) and float(weights.triu(1).sum()) < 1e-6:
        problem = "without a mask every query may attend to every key, also to later ones: yours hides the later keys always (causal)"
    elif near(rows, torch.ones(3), atol=1e-4) and float(weights.diagonal().sum()) < 1e-6:
        problem = "without a mask a token may attend to itself, too: in yours the diagonal of the weights is 0"
    elif near(rows, torch.ones(3), atol=1e-4):
        turned = attention(query.flip(0), query.clone(), query.clone())[1].detach()
        problem = "" if near(turned, weights.flip(0)) else "with the queries in another order the rows of weights should be in that order"
    elif near(columns, torch.ones(3), atol=1e-4):
        problem = "your weights sum to 1 down the columns: the softmax runs over queries, it should run over keys"
    else:
        problem = (
            f"each row of weights should sum to 1; yours sum to {[round(float(row), 2) for row in rows]}: is there a softmax "
            "over the last dimension?"
        )
    assert not problem, problem
    first, second = [query, query.clone(), query.clone()], [query * 2, query.clone(), query.clone()]
    problem = unmoved("attention", attention, first, second)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
""" # END TEST CONFIG
def test_q3_scale(attention):
    import math

    import torch

    query, key = torch.tensor([[4.0] + [0.0] * 15]), torch.tensor([[1.0] + [0.0] * 15, [0.0] * 16])
    weights = attention(query, key, torch.ones(2, 3))[1][0]
    problem = "" if abs(float(weights.sum()) - 1) < 1e-4 else "this one needs weights that sum to 1 over the keys: get that right first"
    assert not problem, problem
    measured = math.log(float(weights[0]) / float(weights[1]))
    known = {
        4.0: "your scores are not scaled: divide by the square root of d_k before the softmax",
        4.0 / 16: "you divide by d_k: divide by its square root",
        4.0 * 4: "you multiply by the square root of d_k: divide by it",
        4.0 / math.sqrt(3): "you divide by the square root of d_v: d_k is the last dimension of the queries and keys",
        4.0 / math.sqrt(2): "you divide by the square root of the number of keys: d_k is the last dimension of the queries and keys",
    }
    close = [message for value, message in known.items() if abs(measured - value) < 0.01]
    right = abs(measured - 1.0) < 0.01
    problem = "" if right else close[0] if close else "with d_k = 16 a score of 4 should weigh exp(1) times as much as a score of 0"
    assert not problem, problem
    first, second = [query, key, torch.ones(2, 3)], [query * 2, key, torch.ones(2, 3)]
    problem = unmoved("attention", attention, first, second)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
""" # END TEST CONFIG
def test_q3_mask(attention):
    import torch

    x = torch.tensor([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]])
    mask = torch.tensor([[True, False, False], [True, True, False], [True, True, True]])
    weights = attention(x.clone(), x.clone(), x.clone(), mask.clone())[1].detach()
    free = attention(x.clone(), x.clone(), x.clone())[1].detach()
    leaked = float(weights[~mask].sum())
    if not near(free.sum(dim=-1), torch.ones(3), atol=1e-4):
        problem = "without a mask, each row of weights should sum to 1: get that right first"
    elif near(weights, free, atol=1e-5):
        problem = "the mask changes nothing: it is not used"
    elif float(weights[0, 0]) < 1e-6 and leaked > 0.5:
        problem = "you attend exactly where the mask forbids it: True means may be attended, so fill where it is False (~mask)"
    elif leaked > 1e-6:
        problem = f"forbidden keys still get weight ({leaked:.3f} in all): set their scores to minus infinity, not to 0, before the softmax"
    elif not near(weights.sum(dim=-1), torch.ones(3), atol=1e-4):
        sums = [round(float(row), 2) for row in weights.sum(dim=-1)]
        problem = f"the masked rows sum to {sums}: the mask comes after your softmax, put it before, on the scores"
    else:
        problem = ""
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
""" # END TEST CONFIG
def test_q3_leading_dimensions(attention):
    import torch

    query = torch.arange(48.0).reshape(2, 3, 2, 4).sin()
    key = torch.arange(120.0).reshape(2, 3, 5, 4).cos()
    hint = "key.T and .t() turn all dimensions round; key.transpose(-2, -1) only the last two"
    try:
        output, weights = attention(query, key, key)
    except Exception as error:
        kind = type(error).__name__
        problem = f"attention fails with a batch and heads, shapes [2, 3, 2, 4] and [2, 3, 5, 4] ({kind}): {hint}"
        raise AssertionError(problem) from None
    shapes = [list(output.shape), list(weights.shape)]
    wanted = "with a batch and heads the output should be [2, 3, 2, 4] and the weights [2, 3, 2, 5]"
    problem = "" if shapes == [[2, 3, 2, 4], [2, 3, 2, 5]] else f"{wanted}; yours are {shapes[0]} and {shapes[1]}: {hint}"
    assert not problem, problem
    alone = attention(query[1, 2], key[1, 2], key[1, 2])[0]
    alike = near(output[1, 2], alone, atol=1e-5)
    problem = (
        ""
        if alike
        else "one head alone gives something else than the same head within a batch: does a dimension get mixed with another?"
    )
    assert not problem, problem
    mask = torch.ones(2, 1, 1, 5, dtype=torch.bool)
    mask[0, :, :, 3:] = False
    hint = "the mask broadcasts to the weights as it is: add no axis to it, and take none away"
    try:
        weights = attention(query, key, key, mask)[1]
    except Exception as error:
        problem = f"attention fails with heads [2, 3, 2, 4] and a mask [2, 1, 1, 5] ({type(error).__name__}): {hint}"
        raise AssertionError(problem) from None
    fits = list(weights.shape) == [2, 3, 2, 5]
    fits = fits and float(weights[0, :, :, 3:].abs().sum()) < 1e-6 and float(weights[1, :, :, 3:].min()) > 1e-6
    problem = "" if fits else f"a mask [2, 1, 1, 5] should hide keys of the first picture of the batch for all heads: {hint}"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
""" # END TEST CONFIG
def test_q3_nothing_to_attend_to(attention):
    import torch

    x = torch.tensor([[1.0, 0.0], [0.0, 2.0]])
    output, weights = attention(x.clone(), x.clone(), x.clone(), torch.tensor([[True, True], [False, False]]))
    if torch.isnan(output).any() or torch.isnan(weights).any():
        problem = "a query whose keys are all masked gives nan (a softmax over nothing is 0 / 0): set its weights to 0"
    elif near(weights[1], torch.full((2,), 0.5), atol=1e-4):
        problem = "a query whose keys are all masked attends to all of them equally: a large negative number is not minus infinity"
    else:
        silent = float(weights[1].abs().sum() + output[1].abs().sum()) < 1e-6
        problem = "" if silent else "a query whose keys are all masked should get weights 0 and output 0"
        speaks = float(weights[0].abs().sum()) > 0.9
        problem = problem or ("" if speaks else "the other query, which may attend, should get weights that sum to 1")
    assert not problem, problem
    first, second = [x, x, x], [x * 2, x, x]
    problem = unmoved("attention", attention, first, second)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q3_numbers(attention):
    import torch

    query = torch.tensor([[1.0, -0.5, 0.3, 0.8], [-0.2, 0.9, 1.1, -0.7]])
    key = torch.tensor([[0.6, 1.2, -0.4, 0.9], [-1.1, 0.3, 0.8, 0.2], [0.5, -0.7, 1.3, -0.6]])
    output, weights = attention(query, key, torch.tensor([[1.0, -2.0], [3.0, 0.5], [-1.0, 4.0]]))
    right = near(weights, torch.tensor([[0.38947, 0.18863, 0.42190], [0.20816, 0.40680, 0.38503]]), atol=1e-4)
    problem = "" if right else "wrong weights for 2 queries and 3 keys"
    assert not problem, problem
    right = near(output, torch.tensor([[0.53345, 1.00300], [1.04354, 1.32720]]), atol=1e-4)
    problem = "" if right else "the weights are right but the output is not: output = weights @ value"
    assert not problem, problem
    output, weights = attention(query * 1000, key * 1000, torch.tensor([[1.0, -2.0], [3.0, 0.5], [-1.0, 4.0]]))
    fits = near(weights, torch.tensor([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0]])) and near(output, torch.tensor([[-1.0, 4.0], [3.0, 0.5]]))
    problem = "" if fits else "very large scores should put all weight on the best key: exponentials without a shift overflow"
    assert not problem, problem
    given = [query, key, torch.tensor([[1.0, -2.0], [3.0, 0.5], [-1.0, 4.0]])]
    cut = [name for place, name in enumerate(("query", "key", "value")) if not gradient_flows(attention, given, of=place)]
    problem = f"no gradient finds its way from the output to {cut[0]}: .item(), .detach(), float(…) and NumPy cut it off" if cut else ""
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q3_masked_numbers(attention):
    import torch

    query = torch.tensor([[1.0, -0.5, 0.3, 0.8], [-0.2, 0.9, 1.1, -0.7]])
    key = torch.tensor([[0.6, 1.2, -0.4, 0.9], [-1.1, 0.3, 0.8, 0.2], [0.5, -0.7, 1.3, -0.6]])
    mask = torch.tensor([[True, False, True], [False, True, True]])
    output, weights = attention(query, key, torch.tensor([[1.0, -2.0], [3.0, 0.5], [-1.0, 4.0]]), mask)
    right = near(weights, torch.tensor([[0.48001, 0.0, 0.51999], [0.0, 0.51375, 0.48625]]), atol=1e-4)
    problem = "" if right else "wrong weights under a mask"
    assert not problem, problem
    right = near(output, torch.tensor([[-0.03998, 1.11994], [1.05499, 2.20189]]), atol=1e-4)
    problem = "" if right else "wrong output under a mask"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 0.5
hidden: true
""" # END TEST CONFIG
def test_q3_padding_mask_for_a_batch(attention):
    import torch

    x = torch.tensor([[[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], [[0.0, 2.0], [1.0, -1.0], [2.0, 0.0]]])
    mask = torch.tensor([[True, True, False], [True, True, True]])[:, None, :]
    before = mask.clone()
    output, weights = attention(x, x.clone(), x.clone(), mask)
    problem = "" if same(mask, before) else "attention changes the mask it was given"
    assert not problem, problem
    first = torch.tensor([[0.66976, 0.33024, 0.0], [0.33024, 0.66976, 0.0], [0.5, 0.5, 0.0]])
    second = torch.tensor([[0.12351, 1.84972], [1.45694, -0.42824], [1.72253, -0.09592]])
    right = near(weights[0], first, atol=1e-4) and near(output[1], second, atol=1e-4)
    problem = "" if right else "wrong numbers for a batch with a padding mask [batch, 1, keys]"
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
# objective: turn a given double loop into one expression with broadcasting

# %% [markdown] id="q4-question"
# ## Question 4 · From loops to one expression (5 points, 10 minutes)
#
# Before the dot product became the habit, a query and a key were compared by *adding* them: $\text{score}_{ij} =
# \mathbf{w} \cdot \tanh(\mathbf{q}_i + \mathbf{k}_j)$. Written as loops:

# %% id="q4-given"
def additive_scores_loop(query, key, w):
    scores = torch.zeros(len(query), len(key))
    for i in range(len(query)):
        for j in range(len(key)):
            scores[i, j] = torch.tanh(query[i] + key[j]) @ w
    return scores

# %% [markdown] id="q4-task"
# Write `additive_scores` with the same result and no Python loop. `query` is `[n, d]`, `key` is `[m, d]`, `w` is `[d]`;
# the scores are `[n, m]`. (Put the two on different axes first: what shape holds every pair?)

# %% [raw]
# # BEGIN SOLUTION

# %% id="q4-answer"
def additive_scores(query, key, w):
    """Additive scores of all pairs. query [n, d], key [m, d], w [d] -> scores [n, m]."""
    # BEGIN SOLUTION
    return torch.tanh(query[:, None, :] + key[None, :, :]) @ w
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q4_shape(additive_scores):
    import torch

    problem = (
        ""
        if callable(additive_scores)
        else "there is no function additive_scores: run the cell that defines it (or put it back, if it was deleted)"
    )
    assert not problem, problem
    hint = "give query the axes [n, 1, d] and key the axes [1, m, d] (None in an index makes an axis); then each meets each"
    try:
        scores = additive_scores(torch.ones(3, 4), torch.ones(5, 4), torch.ones(4))
    except Exception as error:
        problem = f"additive_scores fails for 3 queries and 5 keys ({type(error).__name__}): {hint}"
        raise AssertionError(problem) from None
    problem = "" if scores is not None and scores is not ... else "additive_scores returned nothing: is `return` missing?"
    assert not problem, problem
    problem = "" if isinstance(scores, torch.Tensor) else f"additive_scores should return a tensor; yours returns a {type(scores).__name__}"
    assert not problem, problem
    shape = list(scores.shape)
    if shape == [5, 3]:
        problem = "your scores are [keys, queries]: one row per query, one column per key"
    elif shape == [3, 5, 4]:
        problem = "your scores still have the feature dimension: multiply by w and sum over it (`@ w`)"
    else:
        problem = f"for 3 queries and 5 keys the scores should be [3, 5]; yours are {shape}: {hint}" if shape != [3, 5] else ""
    assert not problem, problem
    first, second = [torch.eye(3), torch.eye(3), torch.ones(3)], [-torch.eye(3), torch.eye(3), torch.ones(3)]
    problem = unmoved("additive_scores", additive_scores, first, second)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1.5
""" # END TEST CONFIG
def test_q4_same_as_loop(additive_scores, additive_scores_loop):
    import torch

    query, key, w = torch.arange(12.0).reshape(3, 4).sin(), torch.arange(12.0).reshape(3, 4).cos(), torch.tensor([1.0, -1.0, 2.0, 0.5])
    loop = additive_scores_loop(query.clone(), key.clone(), w.clone())
    changed = changes_inputs(additive_scores, query.clone(), key.clone(), w.clone())
    problem = "additive_scores changes the tensors it was given" if changed else ""
    assert not problem, problem
    mine = additive_scores(query.clone(), key.clone(), w.clone())
    pairs = [[(q, k) for k in key] for q in query]
    apart = torch.tensor([[float((q.tanh() + k.tanh()) @ w) for q, k in row] for row in pairs])
    summed = torch.tensor([[float((q + k) @ w) for q, k in row] for row in pairs])
    if mine.shape != loop.shape:
        problem = f"for 3 queries and 3 keys the scores should be [3, 3]; yours are {list(mine.shape)}"
    elif near(mine, loop, atol=1e-5):
        other = additive_scores(query.flip(0), key.clone(), w.clone())
        problem = "" if near(other, loop.flip(0), atol=1e-5) else "with the queries in another order the rows should be in that order"
    elif near(mine, loop.T, atol=1e-5):
        problem = "your scores are transposed: row i belongs to query i, column j to key j"
    elif near(mine, apart, atol=1e-5):
        problem = "you take tanh of query and key apart: add them first, then tanh of the sum"
    elif near(mine, torch.tanh(summed), atol=1e-5):
        problem = "your tanh comes after the sum over features: take it of every feature, then multiply by w and sum"
    elif near(mine, summed, atol=1e-5):
        problem = "the tanh is missing"
    else:
        problem = "your scores are not those of the loop"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
""" # END TEST CONFIG
def test_q4_no_loop(additive_scores):
    import torch

    def count(n):
        query, key, w = torch.arange(n * 3.0).reshape(n, 3).sin(), torch.arange(n * 3.0).reshape(n, 3).cos(), torch.ones(3)
        scores = additive_scores(query, key, w)
        wanted = torch.tanh(query[:, None] + key[None]) @ w
        problem = "" if near(scores, wanted) else f"for {n} queries and {n} keys the scores are not those of the loop yet"
        assert not problem, problem
        return len(operations(additive_scores, query, key, w))

    few, many = count(4), count(24)
    problem = (
        ""
        if many <= few + 4
        else f"there is still a Python loop: 4 queries take {few} of torch's operations, 24 take {many}"
    )
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
""" # END TEST CONFIG
def test_q4_numbers(additive_scores):
    import torch

    query = torch.tensor([[1.0, -2.0, 0.5], [0.0, 1.5, -1.0], [2.0, 0.5, 1.0]])
    key = torch.tensor([[0.5, 1.0, -1.0], [-1.5, 0.0, 2.0], [1.0, -0.5, 0.0]])
    scores = additive_scores(query, key, torch.tensor([1.0, -2.0, 0.5]))
    expected = torch.tensor([[2.19728, 1.95925, 3.16831], [-1.99313, -2.33465, -1.14239], [-0.82368, 0.03541, 1.37585]])
    right = scores.shape == expected.shape and near(scores, expected, atol=1e-4)
    problem = "" if right else "wrong scores for 3 queries and 3 keys"
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
# objective: predict how the output answers to changes of tokens, keys and queries, and correct the prediction by a run

# %% [markdown] id="q5-question"
# ## Question 5 · Predict, then run (4 points, 10 minutes)
#
# Five tokens attend to each other (`attend` below is `torch`'s own attention; it returns the output only). What changes
# when
#
# * **a.** the tokens are shuffled, as queries, keys and values alike?
# * **b.** only the keys and values are shuffled, both in the same way?
# * **c.** the same vector is added to every key?
# * **d.** every query is multiplied by 10?
#
# For a, b and c say what happens to the output: `"same"`, `"shuffled alike"` or `"different"`. For d say what happens
# to the weights: `"same"`, `"sharper"` or `"flatter"`.
#
# **Write down your predictions before you run anything.** They are worth a point whether or not they turn out right. So
# do not correct them afterwards.

# %% [raw]
# # BEGIN SOLUTION

# %% id="q5-prediction"
""" # BEGIN PROMPT
predicted = {"a": "?", "b": "?", "c": "?", "d": "?"}
""" # END PROMPT
# BEGIN SOLUTION NO PROMPT
predicted = {"a": "same", "b": "same", "c": "different", "d": "sharper"}
# END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [markdown] id="q5-run"
# Now find out. The first experiment is there; the other three are yours. (For d you need the weights: pass the identity
# matrix `torch.eye(5)` as values. Why does that show them?)

# %% id="q5-given"
def attend(query, key, value):
    return torch.nn.functional.scaled_dot_product_attention(query[None], key[None], value[None])[0]


x = torch.randn(5, 4, generator=torch.Generator().manual_seed(2))
shuffled = torch.tensor([3, 0, 4, 1, 2])
offset = torch.tensor([1.0, -2.0, 0.5, 3.0])

before = attend(x, x, x)
after = attend(x[shuffled], x[shuffled], x[shuffled])
print("same:          ", torch.allclose(after, before, atol=1e-5))
print("shuffled alike:", torch.allclose(after, before[shuffled], atol=1e-5))

# %% [raw]
# # BEGIN SOLUTION

# %% id="q5-experiments"
# Your experiments for b, c and d.
# BEGIN SOLUTION NO PROMPT
print("b same:", torch.allclose(attend(x, x[shuffled], x[shuffled]), before, atol=1e-5))
print("c same:", torch.allclose(attend(x, x + offset, x), before, atol=1e-5))
eye = torch.eye(5)
print("d largest weights:", [round(float(attend(factor * x, x, eye).max()), 3) for factor in (1, 10)])
# END SOLUTION

# %% id="q5-answer"
""" # BEGIN PROMPT
observed = {"a": "?", "b": "?", "c": "?", "d": "?"}
""" # END PROMPT
# BEGIN SOLUTION NO PROMPT
observed = {"a": "shuffled alike", "b": "same", "c": "same", "d": "sharper"}
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
    words = dict.fromkeys("abc", ("same", "shuffled alike", "different")) | {"d": ("same", "sharper", "flatter")}
    problem = "" if isinstance(predicted, dict) else "there are no predictions: predicted should be a dictionary with the keys a, b, c, d"
    assert not problem, problem
    for letter, allowed in words.items():
        problem = (
            ""
            if predicted.get(letter) in allowed
            else f"your prediction for {letter} should be one of {', '.join(allowed)}; {predicted.get(letter)!r} is not"
        )
        assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 0
""" # END TEST CONFIG
def test_q5_observed(observed):
    words = dict.fromkeys("abc", ("same", "shuffled alike", "different")) | {"d": ("same", "sharper", "flatter")}
    problem = "" if isinstance(observed, dict) else "observed should be a dictionary with the keys a, b, c, d"
    assert not problem, problem
    for letter, allowed in words.items():
        problem = (
            ""
            if observed.get(letter) in allowed
            else f"what you observed for {letter} should be one of {', '.join(allowed)}; {observed.get(letter)!r} is not"
        )
        assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 0.75
hidden: true
""" # END TEST CONFIG
def test_q5_a(observed):
    right = observed.get("a") == "shuffled alike" and not all_alike(observed)
    problem = "" if right else "a: each token keeps its own output, so the rows move with the tokens: equivariant, not invariant"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 0.75
hidden: true
""" # END TEST CONFIG
def test_q5_b(observed):
    right = observed.get("b") == "same" and not all_alike(observed)
    problem = "" if right else "b: a sum over key-value pairs does not depend on their order, as long as each key keeps its value"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 0.75
hidden: true
""" # END TEST CONFIG
def test_q5_c(observed):
    right = observed.get("c") == "same" and not all_alike(observed)
    problem = (
        ""
        if right
        else "c: the same vector on every key adds the same number to all scores of a query, and a softmax does not see that"
    )
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 0.75
hidden: true
""" # END TEST CONFIG
def test_q5_d(observed):
    right = observed.get("d") == "sharper" and not all_alike(observed)
    problem = "" if right else "d: ten times the query is ten times every score, and larger differences make the softmax sharper"
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
# objective: explain from measured numbers why the scores are divided by the square root of d_k
# rubric:
#     - says that the spread of query · key grows like the square root of d_k (the variance like d_k)
#     - says that large scores make the softmax put nearly all weight on one key
#     - says that the gradient through such a softmax is nearly zero, so that learning stalls
#     - supports it with a number from the table
#     - is three sentences, in own words, and everything in them is true

# %% [markdown] id="q6-question"
# ## Question 6 · Explain (5 points, 10 minutes)
#
# The next cell draws a random query and eight random keys 500 times and reports averages, once for the scores as they
# are and once for the scores divided by $\sqrt{d_k}$. Run it and read the table.

# %% id="q6-given"
generator = torch.Generator().manual_seed(6)
print(f"{'d_k':>5}  {'scores':8} {'spread':>7} {'largest weight':>15} {'gradient':>9}")
for d_k in (4, 64, 1024):
    query, keys = torch.randn(500, 1, d_k, generator=generator), torch.randn(500, 8, d_k, generator=generator)
    for name, divisor in (("plain", 1.0), ("scaled", math.sqrt(d_k))):
        scores = ((query * keys).sum(dim=-1) / divisor).requires_grad_()
        weights = scores.softmax(dim=-1)
        weights.amax(dim=-1).sum().backward()
        print(f"{d_k:5}  {name:8} {scores.std():7.2f} {weights.amax(dim=-1).mean():15.2f} {scores.grad.norm(dim=-1).mean():9.2f}")

# %% [markdown] id="q6-task"
# **In three sentences of your own, explain why attention divides its scores by $\sqrt{d_k}$.** One sentence on what
# happens to the scores as $d_k$ grows, one on what this does to the weights, one on what that does to learning. Name at
# least one number from the table.
#
# You get one point for each of these: the spread of the scores and how it grows · its effect on the weights · its
# effect on the gradient · a number from the table · three true sentences in your own words.

# %% [raw]
# # BEGIN PROMPT

# %% [markdown] id="q6-answer"
# _Write your three sentences here, in place of this line._

# %% [raw]
# # END PROMPT

# %% [raw]
# # BEGIN SOLUTION

# %% [markdown] id="q6-solution"
# **Model answer.** A score is a sum of $d_k$ products, so its spread grows like $\sqrt{d_k}$: in the table it is about
# 2 for $d_k = 4$ and about 32 for $d_k = 1024$. With scores that far apart the softmax gives the best key nearly all
# the weight, whatever the others say. There its slope is nearly zero, so almost no gradient reaches the queries and
# keys and they stop learning; dividing by $\sqrt{d_k}$ keeps the spread at 1 for every $d_k$.

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
