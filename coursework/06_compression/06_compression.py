# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [raw]
# # ASSIGNMENT CONFIG
# name: 06_compression
# init_cell: false
# export_cell: false
# generate: true
# python_version: "3.11"
# requirements: [numpy==2.4.6, torch==2.13.0]
# tests:
#     files: false
#     ok_format: false

# %% [markdown] id="title"
# # Assignment 06 · Smaller and faster
#
# *In code, by prediction, and in words.* Seven questions, 41 points, about 105 minutes.
#
# | question | what you do | points | minutes |
# |---|---|---|---|
# | 1 | prune a weight matrix by size, and by the n:m pattern | 6 | 15 |
# | 2 | round weights to int8, with one scale for each output | 6 | 15 |
# | 3 | multiply whole numbers only, and scale the result | 7 | 20 |
# | 4 | factorise a matrix, and say up to which rank it pays | 6 | 15 |
# | 5 | compute the loss of a student that learns from a teacher | 6 | 20 |
# | 6 | predict what an outlier does to the other weights, then run | 5 | 10 |
# | 7 | explain why zeros do not make a network faster | 5 | 10 |
#
# **How it works.** Replace every `...` by your answer. After each question a cell says `grader.check(...)`: run it as
# often as you like. It tells you what is wrong, and it needs no network. The checks you see are not all of them: more
# numbers are compared after you hand in. Questions do not build on each other, so if one resists, go on to the next.
#
# You need Python and `torch`. You do not need any other file, and no trained model.
#
# A weight matrix has the shape `[n_out, n_in]`, as in `torch.nn.Linear`: each row belongs to one output.

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
# points: 6
# minutes: 15
# objective: prune a weight matrix by magnitude and by the n:m pattern

# %% [markdown] id="q1-question"
# ## Question 1 · Which weights stay? (6 points, 15 minutes)
#
# **a.** Write `prune_smallest`. Of all numbers in `weight`, a tensor of any shape, the smallest in size (in absolute value) become 0:
# exactly `round(sparsity * weight.numel())` of them. `sparsity` is a share from 0 to 1. Where several are equally small, it does not
# matter which of them go, but no more may go than that.
#
# **b.** Write `prune_n_of_m`. In each row of `weight` `[n_out, n_in]`, every m neighbours form a group: the first m numbers, the next m,
# and so on; `n_in` is a multiple of m. In each group the n largest in size stay, and the others become 0. The 2:4 pattern is
# `prune_n_of_m(weight, 2, 4)`.
#
# Both return a new tensor of the shape of `weight`; the numbers that stay are unchanged.

# %% [raw]
# # BEGIN SOLUTION

# %% id="q1-answer"
def prune_smallest(weight, sparsity):
    """weight of any shape and a share from 0 to 1 -> the weight with this share of its numbers, the smallest in size, at 0."""
    # BEGIN SOLUTION
    pruned = weight.clone().flatten()
    pruned[pruned.abs().argsort()[: round(sparsity * pruned.numel())]] = 0
    return pruned.view(weight.shape)
    # END SOLUTION


def prune_n_of_m(weight, n, m):
    """weight [n_out, n_in] -> the weight with the n largest of every m neighbours of a row, and 0 for the others."""
    # BEGIN SOLUTION
    groups = weight.view(-1, m)
    kept = groups.abs().topk(n, dim=1).indices
    return torch.zeros_like(groups).scatter(1, kept, groups.gather(1, kept)).view(weight.shape)
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q1_contract(prune_smallest, prune_n_of_m):
    import torch

    def diagnose():
        weight = torch.tensor([[0.5, -0.75, 0.25, 1.0]])
        for name, function, more in (("prune_smallest", prune_smallest, [0.5]), ("prune_n_of_m", prune_n_of_m, [2, 4])):
            if not callable(function):
                return f"there is no function {name}: run the cell that defines it"
            found = function(weight.clone(), *more)
            if found is None or found is ...:
                return f"{name} should return a tensor: is `return` missing?"
            if not isinstance(found, torch.Tensor) or found.shape != weight.shape:
                return f"{name} should return a tensor of the shape of weight"
            if found.dtype == torch.bool:
                return f"{name} should return the weights that are left, not which ones stay"
            if changes_inputs(function, weight, *more):
                return f"{name} changes the weight that it is given: clone it first"
        return ""

    problem = diagnose()
    assert not problem, problem
    one, other = torch.tensor([[0.5, -0.75, 0.25, 1.0]]), torch.tensor([[-1.5, 0.875, 2.0, -0.125]])
    problem = unmoved("prune_smallest", prune_smallest, [one, 0.5], [other, 0.5])
    assert not problem, problem
    problem = unmoved("prune_n_of_m", prune_n_of_m, [one, 2, 4], [other, 2, 4])
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2
""" # END TEST CONFIG
def test_q1_smallest(prune_smallest):
    import torch

    def diagnose():
        weight = torch.tensor([[0.125, -1.0, 0.375, -0.25], [0.875, -0.625, 0.75, 0.5]])
        found = prune_smallest(weight, 0.5)
        known = [
            ([[0.0, 0.0, 0.375, 0.0], [0.875, 0.0, 0.75, 0.5]], "negative numbers far from 0 are large: go by the absolute value"),
            ([[0.125, 0.0, 0.375, -0.25], [0.0, 0.0, 0.0, 0.5]], "you remove the largest weights: the smallest should go"),
            ([[0.0, -1.0, 0.375, 0.0], [0.875, 0.0, 0.75, 0.0]], "half of each row goes with you: take the smallest of the whole tensor"),
            ([[0.0, 1.0, 0.0, 0.0], [0.875, 0.625, 0.75, 0.0]], "the weights that stay have lost their signs"),
            ([[0.0, 1.0, 0.0, 0.0], [1.0, 1.0, 1.0, 0.0]], "return the weights that stay, not ones in their places"),
        ]
        for wrong, why in known:
            if near(found, torch.tensor(wrong)):
                return why
        if not near(found, torch.tensor([[0.0, -1.0, 0.0, 0.0], [0.875, -0.625, 0.75, 0.0]])):
            return f"of eight weights the four smallest should be 0: 0.125, -0.25, 0.375 and 0.5; yours are {found.tolist()}"
        zeros = int((prune_smallest(weight, 0.25) == 0).sum())
        if zeros == 6:
            return "sparsity is the share that becomes 0, not the share that stays"
        if zeros != 2:
            return f"with a sparsity of 0.25 two of eight weights should be 0; with you {zeros} are"
        if int((prune_smallest(weight, 0.0) == 0).sum()) or int((prune_smallest(weight, 1.0) == 0).sum()) != 8:
            return "a sparsity of 0 leaves everything as it is, and one of 1 leaves nothing"
        equal = int((prune_smallest(torch.tensor([0.5, -0.5, 0.5, 0.5, 1.0, 0.25, 1.0, 1.0]), 0.25) == 0).sum())
        return "" if equal == 2 else f"of eight weights two should become 0, with you {equal} do: several weights are equally small"

    problem = diagnose()
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1.5
""" # END TEST CONFIG
def test_q1_n_of_m(prune_n_of_m):
    import torch

    def diagnose():
        weight = torch.tensor([[8.0, -7.0, 6.0, 5.0, 4.0, 3.0, 2.0, -1.0]]) / 8
        found = prune_n_of_m(weight, 2, 4) * 8
        if near(found, torch.tensor([[8.0, -7.0, 6.0, 5.0, 0.0, 0.0, 0.0, 0.0]])):
            return "a group is made of neighbours: here the first four numbers and the next four"
        if near(found, torch.tensor([[0.0, 0.0, 6.0, 5.0, 0.0, 0.0, 2.0, -1.0]])):
            return "the n largest of a group stay, not the smallest"
        if near(found, torch.tensor([[8.0, 0.0, 6.0, 0.0, 4.0, 3.0, 0.0, 0.0]])):
            return "-7 is larger in size than 6: compare absolute values in a group"
        if not near(found, torch.tensor([[8.0, -7.0, 0.0, 0.0, 4.0, 3.0, 0.0, 0.0]])):
            return f"for 2 of 4 the weights 8, -7, 6, 5 | 4, 3, 2, -1 should become 8, -7, 0, 0 | 4, 3, 0, 0; yours are {found.tolist()}"
        found = prune_n_of_m(weight, 1, 4) * 8
        if near(found, torch.tensor([[8.0, -7.0, 6.0, 0.0, 4.0, 3.0, 2.0, 0.0]])):
            return "n of m numbers stay: you remove n"
        if not near(found, torch.tensor([[8.0, 0.0, 0.0, 0.0, 4.0, 0.0, 0.0, 0.0]])):
            return "for n = 1 and m = 4 one number of each group should stay"
        square = torch.tensor([[1.0, 5.0, 9.0, 13.0], [2.0, 6.0, 10.0, 14.0], [3.0, 7.0, 11.0, 15.0], [4.0, 8.0, 12.0, 16.0]])
        found = prune_n_of_m(square, 2, 4)
        if near(found, torch.cat((torch.zeros(2, 4), square[2:]))):
            return "the groups lie in the rows, not in the columns: a row is what one output reads"
        right = near(found, torch.cat((torch.zeros(4, 2), square[:, 2:]), dim=1))
        return "" if right else "in a matrix of four rows, two numbers of each row should stay for n = 2 and m = 4"

    problem = diagnose()
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
""" # END TEST CONFIG
def test_q1_numbers(prune_smallest, prune_n_of_m):
    import torch

    first = [0.12, -0.55, 0.31, 0.07, -0.92, 0.44, -0.18, 0.63]
    weight = torch.tensor([first, [-0.27, 0.81, 0.05, -0.36, 0.49, -0.71, 0.23, -0.02]])
    wanted = [[0.0, -0.55, 0.31, 0.0, -0.92, 0.44, 0.0, 0.63], [-0.27, 0.81, 0.0, -0.36, 0.49, -0.71, 0.0, 0.0]]
    problem = "" if near(prune_smallest(weight, 0.375), torch.tensor(wanted)) else "prune_smallest: wrong weights at a sparsity of 0.375"
    assert not problem, problem
    three = prune_smallest(weight.view(2, 2, 2, 2), 0.375)
    problem = "" if near(three, torch.tensor(wanted).view(2, 2, 2, 2)) else "prune_smallest: wrong weights for a tensor of four axes"
    assert not problem, problem
    wanted = [[0.0, -0.55, 0.0, 0.0, -0.92, 0.0, 0.0, 0.63], [0.0, 0.81, 0.0, 0.0, 0.49, -0.71, 0.0, 0.0]]
    problem = "" if near(prune_n_of_m(weight, 3, 8), torch.tensor(wanted)) else "prune_n_of_m: wrong weights for 3 of 8"
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
# objective: round a weight matrix to int8 with one scale for each output

# %% [markdown] id="q2-question"
# ## Question 2 · Eight bits (6 points, 15 minutes)
#
# Write `to_int8`. Each row of `weight` `[n_out, n_in]` gets a scale, so that its largest number in size becomes 127 or −127:
#
# $$\text{scale}_i = \frac{\max_j |w_{ij}|}{127}, \qquad q_{ij} = \text{round}\!\left(\frac{w_{ij}}{\text{scale}_i}\right), \qquad
# w_{ij} \approx \text{scale}_i \cdot q_{ij}.$$
#
# Return `(whole, scale)`: whole numbers of dtype `torch.int8`, `[n_out, n_in]`, and scales above 0, `[n_out]`. A row of zeros becomes
# zeros; its scale may be any number above 0. Which way an exact half is rounded does not matter.

# %% [raw]
# # BEGIN SOLUTION

# %% id="q2-answer"
def to_int8(weight):
    """weight [n_out, n_in] -> (whole numbers int8 [n_out, n_in], scale [n_out])."""
    # BEGIN SOLUTION
    top = weight.abs().amax(dim=1)
    scale = torch.where(top > 0, top, 1.0) / 127
    return (weight / scale[:, None]).round().to(torch.int8), scale
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q2_contract(to_int8):
    import torch

    def diagnose():
        if not callable(to_int8):
            return "there is no function to_int8: run the cell that defines it"
        weight = torch.tensor([[0.5, -0.25, 0.125], [1.0, 0.5, 0.0]])
        found = to_int8(weight.clone())
        if found is None or found is ...:
            return "to_int8 should return (whole, scale): is `return` missing?"
        if not isinstance(found, list | tuple) or len(found) != 2 or not all(isinstance(part, torch.Tensor) for part in found):
            return "to_int8 should return two tensors, (whole, scale)"
        whole, scale = found
        if list(whole.shape) != [2, 3]:
            return f"for a weight [2, 3] whole should be [2, 3], not {list(whole.shape)}"
        if whole.dtype != torch.int8:
            return f"whole should have the dtype torch.int8, one byte for each weight; yours has {whole.dtype}"
        if scale.numel() == 1:
            return "one scale for the whole matrix is not enough: each row gets its own"
        if list(scale.shape) == [3]:
            return "you have a scale for each column: an output is a row"
        if list(scale.shape) != [2]:
            return f"for a weight [2, 3] scale should be [2], not {list(scale.shape)}"
        return "to_int8 changes what it was given" if changes_inputs(to_int8, weight) else ""

    problem = diagnose()
    assert not problem, problem
    problem = unmoved("to_int8", to_int8, [torch.tensor([[0.5, 1.0]])], [torch.tensor([[1.0, 0.5]])])
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2.5
""" # END TEST CONFIG
def test_q2_whole(to_int8):
    import torch

    def diagnose():
        whole, scale = to_int8(torch.tensor([[1.27, -0.503, 0.307, 0.0], [0.0334, -0.254, 0.1006, 0.0055]]))
        found, right = whole.tolist(), [[127, -50, 31, 0], [17, -127, 50, 3]]
        if near(scale, torch.tensor([100.0, 500.0]), 0.1):
            return "your scale is upside down: it is what one step is worth, so that weight ≈ scale · whole"
        if near(scale, torch.tensor([1.27, 0.254])):
            return "divide the largest size by 127 to get the scale"
        if near(scale, torch.tensor([0.01, 0.1006 / 127]), 1e-6):
            return "the largest number of the second row is -0.254: go by the absolute value"
        if near(scale, torch.tensor([1.27 / 128, 0.254 / 128]), 1e-6):
            return "divide by 127, not by 128: 128 is no int8"
        if near(scale, torch.tensor([1.27 / 255, 0.254 / 255]), 1e-6):
            return "127 steps lie on each side of 0: divide the largest size by 127, not by 255"
        if near(scale, torch.tensor([0.01, 0.01]), 1e-6):
            return "both rows have the same scale: the second one has smaller weights, and gets a smaller scale"
        if found != right and all(a in (b - 1, b, b + 1) for a, b in zip(sum(found, []), sum(right, []), strict=True)):
            return f"you cut the digits off: round to the nearest whole number; 30.7 becomes 31 ({found} should be {right})"
        if found != right:
            return f"your whole numbers are {found}, and should be {right}"
        return "" if near(scale, torch.tensor([0.01, 0.002]), 1e-6) else "the whole numbers are right, but the scales are not"

    problem = diagnose()
    assert not problem, problem
    problem = unmoved("to_int8", to_int8, [torch.tensor([[1.27, -0.503]])], [torch.tensor([[1.27, 0.503]])])
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
""" # END TEST CONFIG
def test_q2_zeros(to_int8):
    import torch

    def diagnose():
        whole, scale = to_int8(torch.tensor([[0.0, 0.0], [1.27, -0.5]]))
        if not bool(scale.isfinite().all()) or float(scale[0]) <= 0:
            return "the scale of a row of zeros is 0, infinite or NaN with you, and dividing by 0 gives NaN: take any number above 0"
        if whole.tolist() != [[0, 0], [127, -50]]:
            return "a row of zeros should become zeros, and leave the other rows alone"
        whole, scale = to_int8(torch.tensor([[1e-6, -5e-7], [1.27, -0.5]]))
        return "" if int(whole[0, 0]) == 127 else "a row of tiny numbers is no row of zeros: 1e-6 is its largest number and becomes 127"

    problem = diagnose()
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
""" # END TEST CONFIG
def test_q2_numbers(to_int8):
    import torch

    weight = torch.tensor([[0.31, -0.12, 0.07, 0.22], [-0.9, 0.44, 0.333, -0.1], [0.011, 0.024, -0.008, 0.0163]])
    whole, scale = to_int8(weight)
    right = whole.tolist() == [[127, -49, 29, 90], [-127, 62, 47, -14], [58, 127, -42, 86]]
    problem = "" if right else "wrong whole numbers for three rows"
    assert not problem, problem
    problem = "" if near(scale * 1000, torch.tensor([2.440945, 7.086614, 0.188976]), 1e-3) else "wrong scales for three rows"
    assert not problem, problem
    far = (scale[:, None] * whole - weight).abs() / scale[:, None]
    problem = "" if float(far.max()) < 0.501 else "a weight has moved by more than half a scale"
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
# objective: multiply quantised inputs and weights with whole numbers alone and bring the sums back by scales

# %% [markdown] id="q3-question"
# ## Question 3 · Whole numbers only (7 points, 20 minutes)
#
# Inputs are stored as whole numbers from 0 to 255, weights as whole numbers from −127 to 127. Input `x[i, k]` stands for
# `x_scale * (x[i, k] - zero)`, where `zero` is the zero point, and weight `w[j, k]` for `w_scale[j] * w[j, k]`: each row of the weights,
# an output, has a scale of its own.
#
# **a.** Write `integer_product`. `x` is uint8 `[n, n_in]`, `zero` a Python number from 0 to 255 and `w` int8 `[n_out, n_in]`. Return,
# as int32 `[n, n_out]`,
#
# $$\text{sums}_{ij} = \sum_k (x_{ik} - \text{zero})\, w_{jk}.$$
#
# The sums must be exact. Mind the number types: 8 bits hold neither the products nor the sums.
#
# **b.** Write `product_of_values`. From `sums` `[n, n_out]`, `x_scale` (a number) and `w_scale` `[n_out]` compute the product of the values
# that the whole numbers stand for, float `[n, n_out]`. No whole number is needed a second time.

# %% [raw]
# # BEGIN SOLUTION

# %% id="q3-answer"
def integer_product(x, zero, w):
    """x uint8 [n, n_in] with its zero point, w int8 [n_out, n_in] -> sums int32 [n, n_out]."""
    # BEGIN SOLUTION
    return (x.to(torch.int32) - zero) @ w.to(torch.int32).T
    # END SOLUTION


def product_of_values(sums, x_scale, w_scale):
    """sums [n, n_out], a number x_scale, w_scale [n_out] -> the product of the values, float [n, n_out]."""
    # BEGIN SOLUTION
    return sums * (x_scale * w_scale)
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q3_contract(integer_product, product_of_values):
    import torch

    def diagnose():
        for name, function in (("integer_product", integer_product), ("product_of_values", product_of_values)):
            if not callable(function):
                return f"there is no function {name}: run the cell that defines it"
        x, w = torch.tensor([[7, 3, 0]], dtype=torch.uint8), torch.tensor([[3, -2, 1], [3, 1, -2]], dtype=torch.int8)
        found = integer_product(x.clone(), 2, w.clone())
        if found is None or found is ...:
            return "integer_product should return a tensor [n, n_out]: is `return` missing?"
        if not isinstance(found, torch.Tensor):
            return f"integer_product should return a tensor, not a {type(found).__name__}"
        if list(found.shape) == [2, 1]:
            return "your sums are [n_out, n]: the inputs are the rows"
        if list(found.shape) != [1, 2]:
            return f"for one input and two outputs the sums should be [1, 2]; yours are {list(found.shape)}"
        if found.dtype != torch.int32:
            return f"the sums should have the dtype torch.int32; yours have {found.dtype}"
        values = product_of_values(found, 0.5, torch.tensor([0.5, 0.25]))
        if not isinstance(values, torch.Tensor) or list(values.shape) != [1, 2]:
            return "product_of_values should return a tensor [n, n_out]"
        return "integer_product changes what it was given" if changes_inputs(integer_product, x, 2, w) else ""

    problem = diagnose()
    assert not problem, problem
    x, w = torch.tensor([[7, 3]], dtype=torch.uint8), torch.tensor([[3, -2]], dtype=torch.int8)
    problem = unmoved("integer_product", integer_product, [x, 2, w], [x, 2, -w])
    assert not problem, problem
    scale = torch.tensor([0.5, 0.25])
    sums = torch.tensor([[4, 8]], dtype=torch.int32)
    problem = unmoved("product_of_values", product_of_values, [sums, 0.5, scale], [3 * sums, 0.5, scale])
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2.5
""" # END TEST CONFIG
def test_q3_sums(integer_product):
    import torch

    def diagnose():
        x, w = torch.tensor([[7, 3, 0]], dtype=torch.uint8), torch.tensor([[3, -2, 1], [3, 1, -2]], dtype=torch.int8)
        found = integer_product(x, 2, w).tolist()
        known = {
            (15, 24): "the zero point is missing: 7 stands for 7 - zero",
            (19, 28): "you add the zero point: it is subtracted",
            (13, 22): "the zero point is subtracted from each input before the product, not from the sums",
            (267, -492): "0 - 2 is 254 in uint8: go to int32 before you subtract",
        }
        if found != [[11, 20]]:
            message = f"for the inputs 7, 3, 0 with the zero point 2 the sums should be 11 and 20; yours are {found[0]}"
            return known.get(tuple(found[0]), message)
        large = integer_product(torch.full((1, 4), 255, dtype=torch.uint8), 0, torch.full((1, 4), 127, dtype=torch.int8)).tolist()
        if large == [[-508]]:
            return "255 is -1 in int8: an input of uint8 must not be turned into int8"
        if large != [[129540]]:
            return f"4 · 255 · 127 is 129540, with you {large[0][0]}: your products or sums have too few bits"
        w = torch.full((1, 2048), 127, dtype=torch.int8)
        w[0, 0] = 126
        largest = integer_product(torch.full((1, 2048), 255, dtype=torch.uint8), 0, w).tolist()
        if largest != [[66324225]]:
            return f"a sum of 66324225 comes out as {largest[0][0]}: float32 holds whole numbers exactly only up to 2^24, int32 up to 2^31"
        return ""

    problem = diagnose()
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2
""" # END TEST CONFIG
def test_q3_values(product_of_values):
    import torch

    def diagnose():
        found = product_of_values(torch.tensor([[11, 20], [10, 10]], dtype=torch.int32), 0.2, torch.tensor([0.3, 0.1]))
        known = [
            ([[3.3, 2.0], [3.0, 1.0]], "the scale of the inputs is missing"),
            ([[2.2, 4.0], [2.0, 2.0]], "the scales of the weights are missing"),
            ([[0.66, 1.2], [0.2, 0.2]], "you scale by rows: an output is a column of the sums"),
            ([[5.5, 6.0], [5.0, 3.0]], "the two scales are multiplied with each other, not added"),
            ([[183.3333, 1000.0], [166.6667, 500.0]], "multiply by the scales, do not divide"),
            ([[16.5, 40.0], [15.0, 20.0]], "multiply by the scale of the weights, too"),
        ]
        for wrong, why in known:
            if near(found, torch.tensor(wrong), 1e-3):
                return why
        if near(found, torch.tensor([[0.0, 0.0], [0.0, 0.0]])) or not found.is_floating_point():
            return "the product of the values is made of floating-point numbers: do not round it"
        right = near(found, torch.tensor([[0.66, 0.4], [0.6, 0.2]]))
        return "" if right else f"the sums 11 and 20 with the scales 0.2 and (0.3, 0.1) should give 0.66 and 0.4, not {found.tolist()}"

    problem = diagnose()
    assert not problem, problem
    sums = torch.tensor([[4, 8]], dtype=torch.int32)
    one, other = ([sums, 0.5, torch.tensor([0.5, scale])] for scale in (0.25, 0.75))
    problem = unmoved("product_of_values", product_of_values, one, other)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
""" # END TEST CONFIG
def test_q3_numbers(integer_product, product_of_values):
    import torch

    x = torch.tensor([[200, 3, 77, 128], [0, 255, 10, 90]], dtype=torch.uint8)
    w = torch.tensor([[12, -127, 5, 88], [-3, 64, 127, -100], [1, 2, 3, 4]], dtype=torch.int8)
    found = integer_product(x, 77, w).tolist()
    problem = "" if found == [[15362, -10205, 179], [-22721, 1814, 130]] else "wrong sums for two inputs and three outputs"
    assert not problem, problem
    sums = torch.tensor([[15362, -10205, 179], [-22721, 1814, 130]], dtype=torch.int32)
    found = product_of_values(sums, 0.05, torch.tensor([0.01, 0.02, 0.004]))
    wanted = torch.tensor([[7.681, -10.205, 0.0358], [-11.3605, 1.814, 0.026]])
    problem = "" if near(found, wanted) else "the product of the values is not that of the rounded inputs and weights"
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
# objective: replace a matrix by two thin ones and say from which rank on nothing is saved

# %% [markdown] id="q4-question"
# ## Question 4 · Two thin matrices (6 points, 15 minutes)
#
# **a.** Write `two_factors`. Find `left` `[n_out, rank]` and `right` `[rank, n_in]` whose product is as near as possible to `weight`
# `[n_out, n_in]`: the sum of the squared differences should be the least that this rank allows. You may use `torch.linalg.svd`.
# There are many such pairs, and each is right: only the product counts.
#
# **b.** Write `largest_rank`. Up to which whole rank do the two factors hold **fewer** numbers than the matrix `[n_out, n_in]`? Return a
# whole number, and 0 where even a rank of 1 saves nothing.

# %% [raw]
# # BEGIN SOLUTION

# %% id="q4-answer"
def two_factors(weight, rank):
    """weight [n_out, n_in] -> (left [n_out, rank], right [rank, n_in]), whose product is nearest to it."""
    # BEGIN SOLUTION
    u, sizes, v = torch.linalg.svd(weight, full_matrices=False)
    return u[:, :rank] * sizes[:rank], v[:rank]
    # END SOLUTION


def largest_rank(n_out, n_in):
    """The largest rank at which two factors hold fewer numbers than a matrix [n_out, n_in], 0 where there is none."""
    # BEGIN SOLUTION
    return (n_out * n_in - 1) // (n_out + n_in)
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q4_contract(two_factors, largest_rank):
    import torch

    def diagnose():
        for name, function in (("two_factors", two_factors), ("largest_rank", largest_rank)):
            if not callable(function):
                return f"there is no function {name}: run the cell that defines it"
        weight = torch.tensor([[0.0, 4.0, 0.0], [0.0, 0.0, 2.0]])
        found = two_factors(weight.clone(), 1)
        if found is None or found is ...:
            return "two_factors should return (left, right): is `return` missing?"
        if not isinstance(found, list | tuple) or len(found) != 2 or not all(isinstance(part, torch.Tensor) for part in found):
            return "two_factors should return two tensors, (left, right)"
        shapes = [list(part.shape) for part in found]
        if shapes == [[1, 3], [2, 1]]:
            return "you return (right, left): left comes first"
        if shapes != [[2, 1], [1, 3]]:
            return f"for a weight [2, 3] and rank 1 the factors should be [2, 1] and [1, 3]; yours are {shapes[0]} and {shapes[1]}"
        if number(largest_rank(8, 8)) is None:
            return "largest_rank should return one number: is `return` missing?"
        return "two_factors changes what it was given" if changes_inputs(two_factors, weight, 1) else ""

    problem = diagnose()
    assert not problem, problem
    weight = torch.tensor([[3.0, 1.0, 0.0], [0.0, 1.0, 2.0]])
    problem = unmoved("two_factors", two_factors, [weight, 1], [weight.flip(0), 1])
    assert not problem, problem
    problem = unmoved("largest_rank", largest_rank, [8, 8], [64, 64])
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2.5
""" # END TEST CONFIG
def test_q4_factors(two_factors):
    import torch

    def diagnose():
        weight = torch.tensor([[0.0, 4.0, 0.0], [0.0, 0.0, 2.0], [1.0, 0.0, 0.0]])
        left, right = two_factors(weight, 1)
        found = left @ right
        first = torch.tensor([[0.0, 1.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
        for size, why in ((1.0, "the singular values are missing"),
                          (2.0, "with you one factor has the roots of the singular values: both need them"),
                          (16.0, "the singular values are in both factors: the product has their squares")):
            if near(found.abs(), size * first):
                return why
        if near(found, torch.tensor([[0.0, 0.0, 0.0], [0.0, 0.0, 0.0], [1.0, 0.0, 0.0]])):
            return "you keep the smallest singular value: the largest ones carry most"
        if not near(found, 4 * first):
            return "your product is not the nearest one: torch.linalg.svd returns the right singular vectors as rows, already transposed"
        left, right = two_factors(weight, 3)
        return "" if near(left @ right, weight) else "with the full rank the product should be the weight itself"

    problem = diagnose()
    assert not problem, problem
    weight = torch.tensor([[0.0, 4.0], [2.0, 0.0]])
    problem = unmoved("two_factors", two_factors, [weight, 1], [weight.T, 1])
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1.5
""" # END TEST CONFIG
def test_q4_rank(largest_rank):
    def diagnose():
        found = [number(largest_rank(*sizes)) for sizes in ((128, 128), (512, 128), (100, 7))]
        known = {
            (64, 102, 6): "a rank of 64 takes as many numbers as the matrix of 128 x 128: nothing is saved, so it is one less",
            (128, 128, 7): "this is the full rank: two factors of it hold more numbers than the matrix",
            (127, 127, 6): "less than the full rank is not enough: count the numbers of both factors",
            (32, 51, 3): "the two factors hold rank · (n_out + n_in) numbers, not twice as many",
        }
        if tuple(found) != (63, 102, 6):
            return known.get(tuple(found), f"for 128 x 128, 512 x 128 and 100 x 7 the ranks should be 63, 102 and 6; yours are {found}")
        return "" if number(largest_rank(1, 9)) == 0 else "a matrix with one row cannot be made smaller: 0"

    problem = diagnose()
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1.5
hidden: true
""" # END TEST CONFIG
def test_q4_numbers(two_factors, largest_rank):
    import torch

    weight = torch.tensor([[2.0, 1.0, 0.0, -1.0], [0.0, 3.0, 1.0, 2.0], [1.0, -1.0, 2.0, 0.0]])
    left, right = two_factors(weight, 2)
    wanted = torch.tensor([[1.5115, 0.3410, 1.0830, -0.2995], [0.1060, 3.1430, 0.7650, 1.8480], [1.4885, -0.3410, 0.9170, -0.7005]])
    problem = "" if near(left @ right, wanted, 1e-3) else "the product of rank 2 is not the nearest one"
    assert not problem, problem
    tall, wide = two_factors(weight.T, 1)
    wanted = torch.tensor([[0.0115, 0.3410, 0.0830, 0.2005], [0.1060, 3.1430, 0.7650, 1.8480], [-0.0115, -0.3410, -0.0830, -0.2005]]).T
    problem = "" if near(tall @ wide, wanted, 1e-3) else "for a matrix with more rows than columns the product of rank 1 is wrong"
    assert not problem, problem
    found = [number(largest_rank(*sizes)) for sizes in ((6, 3), (4096, 1024), (2, 2))]
    problem = "" if found == [1, 819, 0] else "wrong ranks for 6 x 3, 4096 x 1024 and 2 x 2"
    assert not problem, problem

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q5
# points: 6
# minutes: 20
# objective: compute a distillation loss with temperature and say what each of its factors is for

# %% [markdown] id="q5-question"
# ## Question 5 · Learn from a teacher (6 points, 20 minutes)
#
# Write `student_loss`. `student` and `teacher` are logits `[n, n_classes]`, `labels` `[n]` the right classes; a label of −100 marks
# padding, and such a row counts in neither part. At least one row counts. With the temperature $T$, let
#
# $$p = \text{softmax}(\text{teacher} / T), \qquad q = \text{softmax}(\text{student} / T).$$
#
# * The *soft* part of a row is the divergence of the student from the teacher, $\sum_k p_k (\log p_k - \log q_k)$.
# * The *hard* part of a row is the usual cross-entropy of the student with its label. No temperature there.
#
# Take the mean of each part over the rows that count, and return
#
# $$\text{soft\_share} \cdot T^2 \cdot \text{soft} + (1 - \text{soft\_share}) \cdot \text{hard},$$
#
# one number in a tensor, through which gradients reach the student. Logits may be as large as 200. You may use the functions of
# `torch.nn.functional`; read their documentation closely if you do.

# %% [raw]
# # BEGIN SOLUTION

# %% id="q5-answer"
def student_loss(student, teacher, labels, temperature, soft_share):
    """student and teacher logits [n, n_classes], labels [n] (-100: padding) -> one number in a tensor."""
    # BEGIN SOLUTION
    student, teacher, labels = (each[labels != -100] for each in (student, teacher, labels))
    log_p, log_q = (logits.div(temperature).log_softmax(dim=-1) for logits in (teacher, student))
    soft = (log_p.exp() * (log_p - log_q)).sum(dim=-1).mean()
    hard = -student.log_softmax(dim=-1).gather(1, labels[:, None]).mean()
    return soft_share * temperature**2 * soft + (1 - soft_share) * hard
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q5_contract(student_loss):
    import torch

    def diagnose():
        if not callable(student_loss):
            return "there is no function student_loss: run the cell that defines it"
        given = [torch.tensor([[1.0, 0.0], [0.0, 0.5]]), torch.tensor([[2.0, 0.0], [0.0, 1.0]]), torch.tensor([0, 1]), 2.0, 0.5]
        found = student_loss(*given)
        if found is None or found is ...:
            return "student_loss should return one number in a tensor: is `return` missing?"
        if isinstance(found, torch.Tensor) and found.numel() > 1:
            return "student_loss should return one number: take the mean over the rows"
        if number(found) is None:
            return "student_loss should return one number in a tensor"
        if not isinstance(found, torch.Tensor) or not gradient_flows(student_loss, given):
            return "no gradient reaches the student: stay with tensors, without .item() and .detach()"
        return "student_loss changes what it was given" if changes_inputs(student_loss, *given) else ""

    problem = diagnose()
    assert not problem, problem
    given = [torch.tensor([[1.0, 0.0]]), torch.tensor([[2.0, 0.0]]), torch.tensor([0]), 2.0]
    problem = unmoved("student_loss", student_loss, [*given, 0.0], [*given, 1.0])
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1.5
""" # END TEST CONFIG
def test_q5_soft(student_loss):
    import torch

    def diagnose():
        student = torch.tensor([[2.0, 0.0, -1.0], [0.0, 1.0, 0.5]])
        teacher = torch.tensor([[1.0, 3.0, 0.0], [2.0, 0.0, 0.0]])
        found = number(student_loss(student, teacher, torch.tensor([1, 0]), 2.0, 1.0))
        known = [
            (0.3162, "the factor T² is missing: without it the gradient of the soft part is T² times too small"),
            (0.6324, "the factor is T squared, not T"),
            (1.2328, "the divergence is the wrong way round: the teacher's probabilities are the weights"),
            (2.9416, "only the student's logits are divided by T: the teacher's are, too"),
            (2.6574, "only the teacher's logits are divided by T: the student's are, too"),
            (4.6283, "the logits are not divided by T"),
            (12.048, "divide the logits by T, do not multiply them"),
            (0.4216, "the mean runs over all numbers: sum over the classes, take the mean over the rows"),
            (2.5294, "you add up the rows: take their mean"),
            (5.0273, "this is the cross-entropy with the teacher: the divergence subtracts what it is for a perfect student"),
            (-1.2647, "your soft part is negative: mind the sign"),
            (3.1898, "the hard part is multiplied by 1 - soft_share"),
            (1.9251, "soft_share and 1 - soft_share have changed places: a share of 1 means the soft part alone"),
        ]
        for wrong, why in known:
            if found is not None and abs(found - wrong) < 1e-3:
                return why
        right = found is not None and abs(found - 1.2647) < 1e-3
        return "" if right else f"with T = 2 and soft_share = 1 the loss of two rows should be 1.2647; yours is {found}"

    problem = diagnose()
    assert not problem, problem
    given = [torch.tensor([0]), 2.0, 1.0]
    rows = torch.tensor([[1.0, 0.0]])
    problem = unmoved("student_loss", student_loss, [rows, rows, *given], [rows, -rows, *given])
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
""" # END TEST CONFIG
def test_q5_hard(student_loss):
    import torch

    def diagnose():
        student = torch.tensor([[2.0, 0.0, -1.0], [0.0, 1.0, 0.5]])
        teacher = torch.tensor([[1.0, 3.0, 0.0], [2.0, 0.0, 0.0]])
        hard, mixed = (number(student_loss(student, teacher, torch.tensor([1, 0]), 2.0, share)) for share in (0.0, 0.25))
        known = [
            (1.4169, "the hard part has no temperature: cross-entropy of the student's logits as they are"),
            (3.8501, "you add up the hard parts of the rows: take their mean"),
            (0.2047, "the hard part is the student's cross-entropy, not the teacher's"),
            (7.7002, "T² belongs to the soft part alone"),
        ]
        for wrong, why in known:
            if hard is not None and abs(hard - wrong) < 1e-3:
                return why
        if hard is None or abs(hard - 1.9251) > 1e-3:
            return f"with soft_share = 0 the loss of two rows should be 1.9251; yours is {hard}"
        return "" if abs(mixed - 1.7600) < 1e-3 else f"with soft_share = 0.25 the loss should be 1.7600; yours is {mixed}"

    problem = diagnose()
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
""" # END TEST CONFIG
def test_q5_rows(student_loss):
    import torch

    def diagnose():
        student = torch.tensor([[2.0, 0.0, -1.0], [0.0, 1.0, 0.5], [5.0, 0.0, 0.0]])
        teacher = torch.tensor([[1.0, 3.0, 0.0], [2.0, 0.0, 0.0], [0.0, 0.0, 5.0]])
        found = number(student_loss(student, teacher, torch.tensor([1, 0, -100]), 2.0, 0.5))
        if found is not None and abs(found - 2.6982) < 1e-3:
            return "padding counts in your soft part: leave rows with the label -100 out"
        if found is not None and abs(found - 1.3841) < 1e-3:
            return "you divide the soft part by all rows, also those of padding"
        if found is None or abs(found - 1.5949) > 1e-3:
            return f"a row with the label -100 should change nothing: 1.5949 for two rows and one of padding; yours is {found}"
        large = number(student_loss(torch.tensor([[200.0, 0.0]]), torch.tensor([[0.0, 200.0]]), torch.tensor([0]), 1.0, 1.0))
        if large is None or not abs(large) < float("inf"):
            return f"logits of 200 give {large}: the logarithm of a probability that has become 0; use log_softmax"
        return "" if abs(large - 200) < 0.01 else f"for logits (200, 0) and (0, 200) with T = 1 the soft part is 200; yours is {large}"

    problem = diagnose()
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
""" # END TEST CONFIG
def test_q5_numbers(student_loss):
    import torch

    student = torch.tensor([[1.5, -0.5, 0.25, 0.0], [0.2, 0.8, -1.0, 0.4], [3.0, 1.0, 0.0, -2.0]])
    teacher = torch.tensor([[2.0, 0.0, 1.0, -1.0], [0.0, 1.5, 0.5, 0.5], [1.0, 2.0, 3.0, 0.0]])
    found = number(student_loss(student, teacher, torch.tensor([0, -100, 2]), 3.0, 0.7))
    problem = "" if found is not None and abs(found - 1.2823) < 1e-3 else "wrong loss at a temperature of 3 with one row of padding"
    assert not problem, problem
    found = number(student_loss(student, teacher, torch.tensor([0, 1, 2]), 1.5, 0.2))
    problem = "" if found is not None and abs(found - 1.3567) < 1e-3 else "wrong loss at a temperature of 1.5"
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
# objective: predict how one large weight changes the rounding of the others, and correct the prediction by a run

# %% [markdown] id="q6-question"
# ## Question 6 · Predict, then run (5 points, 10 minutes)
#
# A matrix of 64 × 64 random weights is rounded to 8 bits. Then *one* of its weights is made 50 times as large as the largest: an
# **outlier**. What happens to
#
# * **a.** the mean error of the weights in the *other rows*, with one scale for the whole matrix;
# * **b.** the same error, with a scale for each row?
#
# Now a whole *column* becomes 50 times as large, and no single weight. What happens to
#
# * **c.** the mean error of the weights in the *other columns*, with a scale for each row?
#
# Back to the single outlier and one scale for the whole matrix. Before rounding you may cut the outlier off: set it to the largest size
# among the other weights. Compared with rounding it as it is, what happens to
#
# * **d.** the sum of the squared errors of *all* weights, the outlier included?
#
# Answer `"larger"`, `"the same"` or `"smaller"`. **Write down your predictions before you run anything.** They are
# worth a point whether or not they turn out right. So do not correct them afterwards.

# %% [raw]
# # BEGIN SOLUTION

# %% id="q6-predicted"
""" # BEGIN PROMPT
predicted = {"a": "?", "b": "?", "c": "?", "d": "?"}
""" # END PROMPT
# BEGIN SOLUTION NO PROMPT
predicted = {"a": "larger", "b": "the same", "c": "the same", "d": "smaller"}
# END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [markdown] id="q6-run"
# Now find out. The first experiment is there; the other three are yours. `torch.fake_quantize_…` rounds numbers and gives back what they
# stand for.

# %% id="q6-given"
weight = torch.randn(64, 64, generator=torch.Generator().manual_seed(6)) / 20
spiked, stretched = weight.clone(), weight.clone()
spiked[3, 5] = 50 * weight.abs().max()
stretched[:, 5] *= 50
other_rows = torch.arange(64) != 3


def rounded(weight, for_each_row):
    """The weight as it is after rounding to 8 bits, with one scale for each row or one for all."""
    scales = weight.abs().amax(1) / 127
    if for_each_row:
        return torch.fake_quantize_per_channel_affine(weight, scales, torch.zeros(64, dtype=torch.int32), 0, -127, 127)
    return torch.fake_quantize_per_tensor_affine(weight, float(scales.max()), 0, -127, 127)


def error_in_other_rows(weight, for_each_row):
    """The mean error of all weights outside of row 3."""
    return (rounded(weight, for_each_row) - weight)[other_rows].abs().mean().item()


before, after = (error_in_other_rows(each, for_each_row=False) for each in (weight, spiked))
print(f"a: {before:.5f} -> {after:.5f}")

# %% [raw]
# # BEGIN SOLUTION

# %% id="q6-experiments"
# Your experiments for b, c and d.
# BEGIN SOLUTION NO PROMPT
before, after = (error_in_other_rows(each, for_each_row=True) for each in (weight, spiked))
print(f"b: {before:.5f} -> {after:.5f}")
other_columns = torch.arange(64) != 5
before, after = ((rounded(each, True) - each)[:, other_columns].abs().mean().item() for each in (weight, stretched))
print(f"c: {before:.5f} -> {after:.5f}")
cut = spiked.clamp(max=weight.abs().max())
before, after = (((rounded(each, False) - spiked) ** 2).sum().item() for each in (spiked, cut))
print(f"d: {before:.0f} -> {after:.0f}")
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
observed = {"a": "larger", "b": "the same", "c": "larger", "d": "larger"}
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
def test_q6_observed(observed):
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
def test_q6_a(observed):
    right = observed.get("a") == "larger" and not all_alike(observed)
    problem = "" if right else "a: the outlier sets the scale for all, so the steps are 50 times as wide for every other weight"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q6_b(observed):
    right = observed.get("b") == "the same" and not all_alike(observed)
    problem = "" if right else "b: the outlier changes the scale of its own row, and no other"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q6_c(observed):
    right = observed.get("c") == "larger" and not all_alike(observed)
    problem = "" if right else "c: a large column has one number in every row, so it sets the scale of every row"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q6_d(observed):
    right = observed.get("d") == "larger" and not all_alike(observed)
    problem = "" if right else "d: cutting off helps all other weights, but the outlier loses 49 of its 50 parts, and that error is squared"
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
# objective: explain from file size, multiplications and time why scattered zeros do not make a network faster
# rubric:
#     - says that an ordinary matrix product multiplies by zeros as by any other number, so the multiplications and the time stay the same
#     - says that the file is smaller because it leaves the zeros out, and that the matrix is unpacked before the product
#     - says that removing whole rows and columns (heads, channels) leaves smaller matrices, and that these save multiplications and time
#     - gives a reason why the time falls by less than the multiplications, such as calls, norms, softmax or memory
#     - is three to five sentences, in own words, and everything in them is true

# %% [markdown] id="q7-question"
# ## Question 7 · Explain (5 points, 10 minutes)
#
# The translator of this book was made smaller in three ways and trained again each time. The file of the pruned one stores a bit
# for each place, and then only the numbers that are not zero.
#
# | | file, MB | multiplications, millions | time for a sentence |
# |---|---|---|---|
# | original | 2.95 | 10.7 | 1.00 |
# | 75 % of the weights are zero, the smallest ones | 1.08 | 10.7 | 1.00 |
# | half of the heads and of the inner channels removed | 1.64 | 5.6 | 0.93 |
# | half of the layers removed | 1.62 | 5.6 | 0.64 |
#
# **In three to five sentences of your own: why is the network with 75 % zeros no faster, although its file is the smallest? Why are the
# other two faster, with more numbers left? And why do these two differ in time, with as many multiplications?**
#
# You get one point for each of these: what a product does with zeros · what the file does with them · what removing heads, channels or
# layers does to the products · what else takes time · true sentences in your own words.

# %% [raw]
# # BEGIN PROMPT

# %% [markdown] id="q7-answer"
# _Write your sentences here, in place of this line._

# %% [raw]
# # END PROMPT

# %% [raw]
# # BEGIN SOLUTION

# %% [markdown]
# **Model answer.** An ordinary matrix product does not look at the numbers that it multiplies: a zero costs a multiplication like any
# other number, so 75 % zeros leave 10.7 million multiplications and the time as it was. The file is smaller because it leaves the zeros
# out, but before a product the matrix is unpacked to its full size. Without half of its heads and inner channels the network has smaller
# matrices, and without half of its layers fewer of them: both really multiply less. But time also goes into everything that is no
# multiplication: calling each operation, softmax, layer norms, fetching the numbers from memory. A small product is called as often as a
# large one, and a layer that is not there is not called at all.

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
