# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [raw]
# # ASSIGNMENT CONFIG
# name: 11_deformable_detr
# init_cell: false
# export_cell: false
# generate: true
# python_version: "3.11"
# requirements: [numpy==2.4.6, torch==2.13.0]
# tests:
#     files: false
#     ok_format: false

# %% [markdown] id="title"
# # Assignment 11 · Deformable DETR
#
# *In code, by prediction, and in words.* Eight questions, 47 points, about 120 minutes.
#
# | question | what you do | points | minutes |
# |---|---|---|---|
# | 1 | sample a small map between its pixels, by hand | 4 | 10 |
# | 2 | write bilinear sampling | 6 | 15 |
# | 3 | turn a reference point and offsets into places on maps of several levels | 6 | 15 |
# | 4 | write deformable attention over several levels | 8 | 25 |
# | 5 | turn what a box head says and a reference point into a box | 6 | 15 |
# | 6 | compute the focal loss of the classes | 7 | 20 |
# | 7 | predict what an untrained layer looks at, then run | 5 | 10 |
# | 8 | explain how ten times fewer epochs became six times fewer hours | 5 | 10 |
#
# **How it works.** Replace every `...` by your answer. After each question a cell says `grader.check(...)`: run it as
# often as you like. It tells you what is wrong, and it needs no network. The checks you see are not all of them: more
# numbers are compared after you hand in. Questions do not build on each other, so if one resists, go on to the next.
#
# You need Python and `torch`. You do not need any other file, and no trained model.
#
# A **place** on a map is (x, y): x as a share of its width and y as a share of its height, from the upper left corner. So (0, 0) is the
# upper left corner of the map and (1, 1) the lower right one, and the first of w pixels in a row has its *centre* at x = 0.5 / w. A
# **shape** is (height, width), in pixels.

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
# objective: sample a map between its pixels by hand, also at its border

# %% [markdown] id="q1-question"
# ## Question 1 · Between the pixels (4 points, 10 minutes)
#
# Here is a map of two rows and three columns, with one number in each pixel.
#
# | | | |
# |---:|---:|---:|
# | 4 | 8 | 20 |
# | 0 | 12 | 16 |
#
# The value at a place is a mean of the four pixels whose centres surround it, each weighted by how near it is: a pixel whose centre is
# $\Delta x$ columns and $\Delta y$ rows away has the weight $(1 - |\Delta x|)(1 - |\Delta y|)$, as long as both are below 1. Outside of the
# map all pixels are 0.
#
# **Compute by hand** the values at the places (x, y)
#
# * **a.** (1/2, 1/4) **b.** (2/3, 1/2) **c.** (0, 0) **d.** (1, 1/4)

# %% [raw]
# # BEGIN SOLUTION

# %% id="q1-answer"
""" # BEGIN PROMPT
samples = {"a": ..., "b": ..., "c": ..., "d": ...}
""" # END PROMPT
# BEGIN SOLUTION NO PROMPT
samples = {"a": 8, "b": 14, "c": 1, "d": 10}
# END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0
""" # END TEST CONFIG
def test_q1_form(samples):
    def diagnose():
        if not isinstance(samples, dict):
            return "samples should be a dictionary with the keys a, b, c, d"
        empty = [letter for letter in "abcd" if number(samples.get(letter)) is None]
        if empty:
            return f"your value for {empty[0]} should be a number"
        found = [number(samples[letter]) for letter in "abcd"]
        known = [
            ((9, 12.6667, 4, 19), "you stretch the map between its outer centres: they lie half a pixel inside of its edges"),
            ((8, 14, 4, 20), "outside of the map all pixels are 0, also those just beyond the edge: c and d lie on an edge"),
            ((8, 20, 4, 20), "you take the nearest pixel: mix the four pixels around the place"),
            ((4, 11.3333, 1, 1.5), "x counts along a row and y down a column: you have them the other way round"),
            ((14, 16, 4, 0), "the first centre is half a pixel inside the map: subtract one half after multiplying by the width"),
        ]
        for wrong, why in known:
            if all(abs(a - b) < 0.02 for a, b in zip(found, wrong, strict=True)):
                return why
        return ""

    problem = diagnose()
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q1_a(samples):
    right = number(samples.get("a")) is not None and abs(number(samples["a"]) - 8) < 0.01
    problem = "" if right else "a: (1/2, 1/4) is the very centre of a pixel"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q1_b(samples):
    right = number(samples.get("b")) is not None and abs(number(samples["b"]) - 14) < 0.01
    problem = "" if right else "b: (2/3, 1/2) lies in the middle between four pixels"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q1_c(samples):
    right = number(samples.get("c")) is not None and abs(number(samples["c"]) - 1) < 0.01
    problem = "" if right else "c: around the corner of the map lie one of its pixels and three that are outside"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q1_d(samples):
    right = number(samples.get("d")) is not None and abs(number(samples["d"]) - 10) < 0.01
    problem = "" if right else "d: (1, 1/4) lies half-way between the last pixel of the first row and one outside"
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
# objective: write bilinear sampling with zeros outside of the map

# %% [markdown] id="q2-question"
# ## Question 2 · The same in code (6 points, 15 minutes)
#
# Write `sample`: the value of a map at a place, as in question 1. `features` is a tensor `[h, w, d]`, `x` and `y` are numbers, and any
# number may come, also below 0 and above 1: far outside of the map the value is 0. Return a tensor `[d]`.
#
# Do without `grid_sample`. A loop over four pixels is fine.

# %% [raw]
# # BEGIN SOLUTION

# %% id="q2-answer"
def sample(features, x, y):
    """features [h, w, d] and a place, x and y as shares of its width and height -> [d]."""
    # BEGIN SOLUTION
    h, w, _ = features.shape
    columns = (1 - (x * w - 0.5 - torch.arange(w)).abs()).clamp(min=0)
    rows = (1 - (y * h - 0.5 - torch.arange(h)).abs()).clamp(min=0)
    return torch.einsum("r,c,rcd->d", rows.to(features), columns.to(features), features)
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q2_contract(sample):
    import torch

    def diagnose():
        if not callable(sample):
            return "there is no function sample: run the cell that defines it"
        features = torch.arange(12.0).view(2, 2, 3)
        found = sample(features.clone(), 0.5, 0.5)
        if found is None or found is ...:
            return "sample should return a tensor [d]: is `return` missing?"
        if not isinstance(found, torch.Tensor) or list(found.shape) != [3]:
            return "for features [2, 2, 3] sample should return a tensor of three numbers"
        if calls_any(sample, [features, 0.5, 0.5], "grid_sample"):
            return "write it yourself, without grid_sample"
        return "sample changes what it was given" if changes_inputs(sample, features, 0.5, 0.5) else ""

    problem = diagnose()
    assert not problem, problem
    features = torch.arange(12.0).view(2, 2, 3)
    problem = unmoved("sample", sample, [features, 0.25, 0.25], [3 - features, 0.75, 0.75])
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2
""" # END TEST CONFIG
def test_q2_inside(sample):
    import torch

    def diagnose():
        features = torch.tensor([[4.0, 8.0, 20.0], [0.0, 12.0, 16.0]])[..., None]
        places = ((0.5, 0.25), (2 / 3, 0.5), (0.4, 0.35))
        found = torch.cat([sample(features, x, y) for x, y in places])
        known = [
            ((9.0, 12.6667, 8.04), "you stretch the map from the first centre to the last one: align_corners is False here"),
            ((8.0, 8.0, 4.0), "you take one pixel alone, the upper left one: mix the four pixels around the place"),
            ((4.0, 11.3333, 6.32), "the first axis of features is y: x belongs to its width, the second one"),
            ((14.0, 16.0, 12.08), "the first centre is half a pixel inside the map: subtract one half after multiplying by the size"),
        ]
        for wrong, why in known:
            if near(found, torch.tensor(wrong), 1e-3):
                return why
        if near(found[::2], torch.tensor([8.0, 8.0])):
            return "you take the nearest pixel alone: mix the four pixels around the place"
        if near(found[:2], torch.tensor([8.0, 14.0])) and not near(found[2:], torch.tensor([7.12])):
            return "the nearer pixel counts more: in the middle of four pixels you are right, and elsewhere not"
        right = near(found, torch.tensor([8.0, 14.0, 7.12]), 1e-3)
        return "" if right else f"on the map of question 1 the values at {places} should be 8, 14 and 7.12, not {found.tolist()}"

    problem = diagnose()
    assert not problem, problem
    features = torch.tensor([[4.0, 8.0], [0.0, 12.0]])[..., None]
    problem = unmoved("sample", sample, [features, 0.25, 0.25], [features, 0.25, 0.75])
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1.5
""" # END TEST CONFIG
def test_q2_border(sample):
    import torch

    def diagnose():
        features = torch.tensor([[4.0, 8.0, 20.0], [0.0, 12.0, 16.0]])[..., None]
        places = ((0.0, 0.0), (1.0, 0.25), (-0.1, 0.25), (3.0, 0.5))
        found = torch.cat([sample(features, x, y) for x, y in places])
        if near(found[:2], torch.tensor([4.0, 20.0])):
            return "outside of the map all is 0: you repeat its last pixels"
        if near(found[:1], torch.tensor([10.0])):
            return "a pixel number of -1 or beyond the last one comes from the other side of the map with you: there all is 0"
        if near(found[:2], torch.tensor([0.0, 0.0])):
            return "a place on the edge still has the pixels inside of it: only those outside are 0"
        if near(found[1:2], torch.tensor([10.0])) and not near(found[2:3], torch.tensor([0.8])):
            return "below the first centre the pixel on the left is number -1: round down with floor, since int rounds towards 0"
        right = near(found, torch.tensor([1.0, 10.0, 0.8, 0.0]))
        return "" if right else f"at the places {places} the values should be 1, 10, 0.8 and 0; yours are {found.tolist()}"

    problem = diagnose()
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
""" # END TEST CONFIG
def test_q2_numbers(sample):
    import torch

    features = torch.tensor([[[-1.5, -0.25], [1.0, -1.0], [0.25, 1.5]], [[-0.5, 0.75], [-1.25, 0.0], [1.25, -0.75]]])
    wanted = {
        (0.3, 0.6): [-0.71, 0.15],
        (0.95, 0.1): [0.11375, 0.6825],
        (-0.1, 0.4): [-0.24, 0.01],
        (0.5, 1.2): [-0.125, 0.0],
        (1.3, 0.5): [0.0, 0.0],
    }
    for place, numbers_there in wanted.items():
        right = near(sample(features, *place), torch.tensor(numbers_there))
        problem = "" if right else f"wrong value at the place {place} of a map of 2 x 3"
        assert not problem, problem

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q3
# points: 6
# minutes: 15
# objective: turn reference points or boxes and offsets into places on maps of several levels

# %% [markdown] id="q3-question"
# ## Question 3 · Where to look (6 points, 15 minutes)
#
# Write `places_of`. Each object query has a reference, and for each head, level and point an offset (x first, then y).
#
# * `reference` `[n_queries, 2]` is a point (x, y), as shares of the picture. Then an offset counts **pixels of its level**, whose shape
#   (height, width) is in the list `shapes`.
# * `reference` `[n_queries, 4]` is a box (cx, cy, w, h), as shares of the picture. Then the first of two numbers of an offset is
#   multiplied by w / (2 K) and the second by h / (2 K), where K is the number of points, and the result is a share, whatever the level.
#
# `offsets` is `[n_queries, n_heads, n_levels, n_points, 2]`. Return the places, as shares, in the same shape.

# %% [raw]
# # BEGIN SOLUTION

# %% id="q3-answer"
def places_of(reference, offsets, shapes):
    """reference [n_queries, 2 or 4], offsets [n_queries, n_heads, n_levels, n_points, 2], shapes [(h, w), …] -> places as offsets."""
    # BEGIN SOLUTION
    centre = reference[:, None, None, None, :2]
    if reference.shape[1] == 4:
        return centre + offsets * reference[:, None, None, None, 2:] / (2 * offsets.shape[3])
    sizes = torch.tensor([[w, h] for h, w in shapes]).to(offsets)
    return centre + offsets / sizes[:, None]
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q3_contract(places_of):
    import torch

    def diagnose():
        if not callable(places_of):
            return "there is no function places_of: run the cell that defines it"
        given = [torch.full((3, 2), 0.5), torch.ones(3, 8, 2, 4, 2), [(4, 8), (2, 4)]]
        found = places_of(*given)
        if found is None or found is ...:
            return "places_of should return a tensor: is `return` missing?"
        if not isinstance(found, torch.Tensor) or list(found.shape) != [3, 8, 2, 4, 2]:
            return "places_of should return a tensor of the shape of offsets"
        return "places_of changes what it was given" if changes_inputs(places_of, *given) else ""

    problem = diagnose()
    assert not problem, problem
    offsets, shapes = torch.ones(1, 1, 2, 1, 2), [(4, 8), (2, 4)]
    problem = unmoved("places_of", places_of, [torch.full((1, 2), 0.5), offsets, shapes], [torch.full((1, 2), 0.25), 3 * offsets, shapes])
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2
""" # END TEST CONFIG
def test_q3_points(places_of):
    import torch

    def diagnose():
        reference, offsets = torch.tensor([[0.5, 0.25]]), torch.tensor([1.0, 2.0]).expand(1, 1, 2, 1, 2)
        found = places_of(reference, offsets, [(8, 16), (4, 5)])[0, 0, :, 0]
        known = [
            ([[0.625, 0.375], [0.75, 0.65]], "x is divided by the width and y by the height: a shape is (height, width)"),
            ([[0.5625, 0.5], [0.5625, 0.5]], "every level has a size of its own: you use the first one for all"),
            ([[0.7, 0.75], [0.7, 0.75]], "every level has a size of its own: you use the last one for all"),
            ([[0.0625, 0.25], [0.2, 0.5]], "the reference is missing"),
            ([[1.5, 2.25], [1.5, 2.25]], "an offset counts pixels: divide it by the size of its level"),
            ([[16.5, 16.25], [5.5, 8.25]], "divide an offset by the size of its level, do not multiply"),
            ([[0.09375, 0.28125], [0.3, 0.5625]], "the reference is a share already: only the offset is divided by the size"),
            ([[0.4375, 0.0], [0.3, -0.25]], "the offset is added to the reference, not subtracted"),
        ]
        for wrong, why in known:
            if near(found, torch.tensor(wrong)):
                return why
        right = near(found, torch.tensor([[0.5625, 0.5], [0.7, 0.75]]))
        return "" if right else f"an offset of (1, 2) from (0.5, 0.25) on 8 x 16 should be (0.5625, 0.5); your places are {found.tolist()}"

    problem = diagnose()
    assert not problem, problem
    offsets = torch.tensor([1.0, 2.0]).expand(1, 1, 1, 1, 2)
    one, other = ([torch.tensor([[0.5, 0.25]]), offsets, [(size, size)]] for size in (8, 4))
    problem = unmoved("places_of", places_of, one, other)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1.5
""" # END TEST CONFIG
def test_q3_boxes(places_of):
    import torch

    def diagnose():
        reference, offsets = torch.tensor([[0.5, 0.25, 0.5, 0.125]]), torch.tensor([[[[[3.0, 3.0], [-6.0, 6.0], [0.0, 0.0]]]]])
        found = places_of(reference, offsets, [(8, 16)])[0, 0, 0, :2]
        known = [
            ([[0.6875, 0.625], [0.125, 1.0]], "with a box as reference offsets are parts of it: the size of the level does not matter"),
            ([[1.25, 0.4375], [-1.0, 0.625]], "the offsets are divided by the number of points K, too"),
            ([[1.0, 0.375], [-0.5, 0.5]], "divide by 2 K, not by K: an offset of K ends on the side of the box"),
            ([[2.0, 0.625], [-2.5, 1.0]], "divide the offsets by 2 K before you multiply by the sides of the box"),
            ([[0.5625, 0.5], [0.375, 0.75]], "w belongs to x and h to y: you have them the other way round"),
        ]
        for wrong, why in known:
            if near(found, torch.tensor(wrong)):
                return why
        right = near(found, torch.tensor([[0.75, 0.3125], [0.0, 0.375]]))
        return "" if right else f"from the box (0.5, 0.25, 0.5, 0.125), K = 3, (3, 3) should lead to (0.75, 0.3125), not {found.tolist()}"

    problem = diagnose()
    assert not problem, problem
    one, other = ([torch.tensor([[0.5, 0.25, 0.5, h]]), torch.ones(1, 1, 1, 2, 2), [(8, 16)]] for h in (0.5, 0.25))
    problem = unmoved("places_of", places_of, one, other)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
""" # END TEST CONFIG
def test_q3_numbers(places_of):
    import torch

    offsets = torch.arange(48.0).view(2, 2, 2, 3, 2) / 8 - 3
    shapes = [(4, 6), (2, 3)]
    found = places_of(torch.tensor([[0.1, 0.6], [0.9, 0.3]]), offsets, shapes)
    some = torch.stack((found[0, 0, 0, 0], found[0, 1, 1, 2], found[1, 0, 1, 0], found[1, 1, 0, 1]))
    wanted = torch.tensor([[-0.4, -0.11875], [0.016667, 0.5375], [1.15, 0.7375], [1.191667, 0.76875]])
    problem = "" if near(some, wanted) else "wrong places for two reference points, two heads, two levels and three points"
    assert not problem, problem
    found = places_of(torch.tensor([[0.1, 0.6, 0.2, 0.3], [0.9, 0.3, 0.1, 0.4]]), offsets, shapes)
    some = torch.stack((found[0, 0, 0, 0], found[0, 1, 1, 2], found[1, 0, 1, 0], found[1, 1, 0, 1]))
    wanted = torch.tensor([[0.0, 0.45625], [0.091667, 0.59375], [0.9125, 0.358333], [0.929167, 0.425]])
    problem = "" if near(some, wanted) else "wrong places for two reference boxes, two heads, two levels and three points"
    assert not problem, problem

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q4
# points: 8
# minutes: 25
# objective: write multi-scale deformable attention with one softmax over all levels and points of a head

# %% [markdown] id="q4-question"
# ## Question 4 · Deformable attention (8 points, 25 minutes)
#
# Write `deformable`. The next cell has a function `look` that samples a map at a place, as in question 2; use it, or your own code.
#
# * `maps`: a list with one tensor `[h, w, n_heads, d_head]` for each level, the values;
# * `places` `[n_queries, n_heads, n_levels, n_points, 2]`: where each query looks, (x, y) as shares;
# * `logits` `[n_queries, n_heads, n_levels, n_points]`: how much each place counts, before the softmax.
#
# The weights of one query and one head sum to 1 over **all places of all levels**. Each head mixes what *its own* places show of *its own*
# channels. Return `[n_queries, n_heads * d_head]`, the heads side by side: first all numbers of head 0, then those of head 1, and so on.
# Loops are fine.

# %% id="q4-given"
def look(features, x, y):
    """The value of a map [h, w, d] at a place -> [d]."""
    grid = torch.stack((torch.as_tensor(x), torch.as_tensor(y))).to(features) * 2 - 1
    picture = features.permute(2, 0, 1)[None]
    return torch.nn.functional.grid_sample(picture, grid.view(1, 1, 1, 2), align_corners=False)[0, :, 0, 0]

# %% [raw]
# # BEGIN SOLUTION

# %% id="q4-answer"
def deformable(maps, places, logits):
    """maps [h, w, n_heads, d_head] of each level, places […, n_levels, n_points, 2], logits -> [n_queries, n_heads * d_head]."""
    # BEGIN SOLUTION
    weights = logits.flatten(2).softmax(dim=-1).view(logits.shape)
    n_queries, n_heads, n_levels, n_points = logits.shape
    output = torch.zeros(n_queries, n_heads, maps[0].shape[-1])
    for query in range(n_queries):
        for head in range(n_heads):
            for level in range(n_levels):
                for point in range(n_points):
                    seen = look(maps[level][:, :, head], *places[query, head, level, point])
                    output[query, head] += weights[query, head, level, point] * seen
    return output.flatten(1)
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q4_contract(deformable):
    import torch

    def diagnose():
        if not callable(deformable):
            return "there is no function deformable: run the cell that defines it"
        maps, places, logits = [torch.ones(2, 2, 2, 3)], torch.full((1, 2, 1, 4, 2), 0.5), torch.zeros(1, 2, 1, 4)
        found = deformable(maps, places, logits)
        if found is None or found is ...:
            return "deformable should return a tensor [n_queries, n_heads * d_head]: is `return` missing?"
        if not isinstance(found, torch.Tensor):
            return f"deformable should return a tensor, not a {type(found).__name__}"
        if list(found.shape) == [1, 2, 3]:
            return "put the heads side by side: [n_queries, n_heads * d_head], not [n_queries, n_heads, d_head]"
        if list(found.shape) == [1, 3]:
            return "the heads are added up with you: they stay apart, side by side"
        if list(found.shape) != [1, 6]:
            return f"for one query, two heads and d_head = 3 the output should be [1, 6]; yours is {list(found.shape)}"
        return "deformable changes what it was given" if changes_inputs(deformable, maps, places, logits) else ""

    problem = diagnose()
    assert not problem, problem
    one, other = ([[torch.full((2, 2, 1, 1), size)], torch.full((1, 1, 1, 1, 2), 0.5), torch.ones(1, 1, 1, 1)] for size in (1.0, 2.0))
    problem = unmoved("deformable", deformable, one, other)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2.5
""" # END TEST CONFIG
def test_q4_weights(deformable):
    import torch

    def diagnose():
        maps = [torch.full((2, 2, 1, 1), 4.0), torch.full((4, 4, 1, 1), 8.0)]
        places, logits = torch.full((1, 1, 2, 2, 2), 0.5), torch.tensor([[[[0.0, 0.0], [1.0986123, 1.0986123]]]])
        found = number(deformable(maps, places, logits))
        known = [
            (12.0, "the softmax runs over the points of each level apart: it runs over all places of a head, all levels together"),
            (14.0, "the softmax runs over the levels alone: it runs over all places of a head, all levels and points together"),
            (24.0, "your weights are all 1: the softmax runs over the levels and points, not over heads or queries"),
            (17.5778, "the softmax is missing"),
            (1.75, "you take the mean of the weighted values: the weights sum to 1 already, so add up"),
            (5.0, "the levels have changed places between maps and weights"),
            (6.0, "the logits have no influence on your weights"),
            (56.0, "exp alone is no softmax: divide by the sum"),
        ]
        for wrong, why in known:
            if found is not None and abs(found - wrong) < 1e-3:
                return why
        right = found is not None and abs(found - 7) < 1e-3
        return "" if right else f"weights of 1/8, 1/8, 3/8, 3/8 on the values 4, 4, 8, 8 should give 7; yours is {found}"

    problem = diagnose()
    assert not problem, problem
    maps, places = [torch.full((2, 2, 1, 1), 4.0), torch.full((2, 2, 1, 1), 8.0)], torch.full((1, 1, 2, 1, 2), 0.5)
    one, other = ([maps, places, torch.tensor([[[[0.0], [ratio]]]])] for ratio in (0.0, 2.0))
    problem = unmoved("deformable", deformable, one, other)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 3
""" # END TEST CONFIG
def test_q4_heads(deformable):
    import torch

    def diagnose():
        values = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]]])  # one row of two pixels, two heads
        places = torch.tensor([[[[[0.25, 0.5]]], [[[0.75, 0.5]]]], [[[[0.75, 0.5]]], [[[0.75, 0.5]]]]])  # two queries
        found = deformable([values], places, torch.zeros(2, 2, 1, 1))
        known = [
            ([[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]], "every head looks at its own places: you use those of head 0 for all"),
            ([[1.0, 7.0, 2.0, 8.0], [5.0, 7.0, 6.0, 8.0]], "first come all numbers of head 0, then those of head 1"),
            ([[1.0, 2.0, 5.0, 6.0], [5.0, 6.0, 5.0, 6.0]], "every head has its own channels of a map: you use those of head 0 for all"),
            ([[1.0, 2.0, 7.0, 8.0], [1.0, 2.0, 7.0, 8.0]], "every query looks at its own places: you use those of query 0 for all"),
            ([[2.25, 3.0, 3.75, 4.5], [2.25, 3.0, 3.75, 4.5]], "a place is (x, y): x first"),
        ]
        for wrong, why in known:
            if near(found, torch.tensor(wrong)):
                return why
        right = near(found, torch.tensor([[1.0, 2.0, 7.0, 8.0], [5.0, 6.0, 7.0, 8.0]]))
        message = "head 0 of query 0 looks at the left pixel and all others at the right one: [1, 2, 7, 8] and [5, 6, 7, 8]"
        return "" if right else f"{message}; yours are {found.tolist()}"

    problem = diagnose()
    assert not problem, problem
    values = torch.tensor([[[[1.0]], [[5.0]]]])
    one, other = ([[values], torch.tensor([[[[[x, 0.5]]]]]), torch.zeros(1, 1, 1, 1)] for x in (0.25, 0.75))
    problem = unmoved("deformable", deformable, one, other)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
""" # END TEST CONFIG
def test_q4_numbers(deformable):
    import torch

    maps = [((torch.arange(24.0) * 5) % 13 - 6).view(2, 3, 2, 2) / 4, ((torch.arange(8.0) * 3) % 7 - 3).view(1, 2, 2, 2) / 2]
    places = ((torch.arange(32.0) * 7) % 11).view(2, 2, 2, 2, 2) / 10
    logits = ((torch.arange(16.0) * 3) % 5).view(2, 2, 2, 2) / 2 - 1
    wanted = torch.tensor([[0.371, -0.5827, 0.2039, -0.4125], [0.0261, -0.3085, 0.1743, -0.0607]])
    problem = "" if near(deformable(maps, places, logits), wanted, 1e-3) else "wrong output for two queries, heads, levels and points"
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
# objective: turn the output of a box head and a reference into a box by way of the inverse sigmoid

# %% [markdown] id="q5-question"
# ## Question 5 · A box from its reference (6 points, 15 minutes)
#
# Write `boxes_of`. The box head says four numbers for each object query, `raw` `[n_queries, 4]`: without limits, for (cx, cy, w, h). They
# count from the reference, in logits:
#
# $$\text{box} = \sigma\bigl(\text{raw} + \sigma^{-1}(\text{reference})\bigr), \qquad \sigma^{-1}(r) = \log \frac{r}{1 - r}.$$
#
# * If `reference` is `[n_queries, 2]`, a point, this holds for cx and cy, and w and h are $\sigma(\text{raw})$.
# * If it is `[n_queries, 4]`, a box, it holds for all four.
#
# References closer than 0.00001 to 0 or 1, and those beyond, count as if they were 0.00001 or 0.99999. Return `[n_queries, 4]`.

# %% [raw]
# # BEGIN SOLUTION

# %% id="q5-answer"
def boxes_of(raw, reference):
    """raw [n_queries, 4] and reference [n_queries, 2 or 4] -> boxes [n_queries, 4], shares of the picture."""
    # BEGIN SOLUTION
    known = reference.clamp(1e-5, 1 - 1e-5)
    moved = raw.clone()
    moved[:, : known.shape[1]] += torch.log(known / (1 - known))
    return moved.sigmoid()
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q5_contract(boxes_of):
    import torch

    def diagnose():
        if not callable(boxes_of):
            return "there is no function boxes_of: run the cell that defines it"
        raw, reference = torch.zeros(3, 4), torch.full((3, 2), 0.25)
        found = boxes_of(raw.clone(), reference.clone())
        if found is None or found is ...:
            return "boxes_of should return a tensor [n_queries, 4]: is `return` missing?"
        if not isinstance(found, torch.Tensor) or list(found.shape) != [3, 4]:
            return "boxes_of should return a tensor [n_queries, 4], also for references of two numbers"
        return "boxes_of changes what it was given" if changes_inputs(boxes_of, raw, reference) else ""

    problem = diagnose()
    assert not problem, problem
    problem = unmoved("boxes_of", boxes_of, [torch.zeros(1, 4), torch.full((1, 2), 0.25)], [torch.ones(1, 4), torch.full((1, 2), 0.75)])
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2
""" # END TEST CONFIG
def test_q5_points(boxes_of):
    import torch

    def diagnose():
        raw = torch.tensor([[1.0986123, 0.0, 0.0, 1.0986123]])
        found = boxes_of(raw, torch.tensor([[0.5, 0.25]]))
        known = [
            ([[1.25, 0.75, 0.5, 0.75]], "the reference is added before the sigmoid, as a logit: a sum of two shares can leave the picture"),
            ([[0.831816, 0.562177, 0.5, 0.75]], "the reference is a share: take the inverse sigmoid of it before you add"),
            ([[0.75, 0.5, 0.5, 0.75]], "the reference has no influence on your boxes"),
            ([[0.6, 0.2, 0.5, 0.75]], "the inverse sigmoid of r is log(r / (1 - r)), not log(r)"),
            ([[0.75, 0.75, 0.5, 0.75]], "your inverse sigmoid has the wrong sign"),
            ([[0.75, 0.25, 0.5, 0.5]], "a reference point changes cx and cy alone: w and h are the sigmoid of raw"),
            ([[1.0986, -1.0986, 0.0, 1.0986]], "the sigmoid at the end is missing"),
            ([[0.75, 0.25, 0.0, 1.0986]], "w and h are shares, too: they also go through the sigmoid"),
        ]
        for wrong, why in known:
            if near(found, torch.tensor(wrong), 1e-3):
                return why
        right = near(found, torch.tensor([[0.75, 0.25, 0.5, 0.75]]))
        return "" if right else f"from (0.5, 0.25) raw (log 3, 0, 0, log 3) should lead to (0.75, 0.25, 0.5, 0.75), not {found.tolist()}"

    problem = diagnose()
    assert not problem, problem
    problem = unmoved("boxes_of", boxes_of, [torch.zeros(1, 4), torch.full((1, 2), 0.25)], [torch.zeros(1, 4), torch.full((1, 2), 0.75)])
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1.5
""" # END TEST CONFIG
def test_q5_edges(boxes_of):
    import torch

    def diagnose():
        reference = torch.tensor([[0.25, 0.75, 0.125, 0.5]])
        found = boxes_of(torch.zeros(1, 4), reference)
        if near(found, torch.tensor([[0.25, 0.75, 0.5, 0.5]])):
            return "a reference of four numbers is a box: w and h count from it, too"
        if not near(found, reference):
            return f"raw of 0 should leave a reference box where it is; yours is {found.tolist()}"
        far = 11.512925
        found = boxes_of(torch.tensor([[far, -far, 0.0, 0.0]]), torch.tensor([[0.0, 1.0]]))[0, :2]
        if not bool(found.isfinite().all()) or near(found, torch.tensor([0.0, 1.0])):
            return "the logit of 0 or 1 is infinite, so no raw number can move the box away: keep references 0.00001 inside"
        if not near(found, torch.tensor([0.5, 0.5]), 1e-3):
            return f"the margin is 0.00001: from a reference of 0 raw 11.512925 leads to 0.5, with you to {float(found[0]):.4f}"
        found = boxes_of(torch.tensor([[far, -far, 0.0, 0.0]]), torch.tensor([[-0.25, 1.25]]))[0, :2]
        return "" if near(found, torch.tensor([0.5, 0.5]), 1e-3) else "references beyond 0 and 1 count as 0.00001 and 0.99999: no NaN"

    problem = diagnose()
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
""" # END TEST CONFIG
def test_q5_numbers(boxes_of):
    import torch

    raw = torch.tensor([[0.5, -1.0, 2.0, -0.5], [-0.25, 0.75, 0.0, 1.5]])
    found = boxes_of(raw, torch.tensor([[0.2, 0.9], [0.6, 0.05]]))
    wanted = torch.tensor([[0.291875, 0.768031, 0.880797, 0.377541], [0.538788, 0.100251, 0.5, 0.817574]])
    problem = "" if near(found, wanted) else "wrong boxes for two reference points"
    assert not problem, problem
    found = boxes_of(raw, torch.tensor([[0.2, 0.9, 0.1, 0.3], [0.6, 0.05, 0.4, 0.7]]))
    wanted = torch.tensor([[0.291875, 0.768031, 0.450853, 0.206312], [0.538788, 0.100251, 0.4, 0.912719]])
    problem = "" if near(found, wanted) else "wrong boxes for two reference boxes"
    assert not problem, problem

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q6
# points: 7
# minutes: 20
# objective: compute the sigmoid focal loss of the classes, divided by the number of objects

# %% [markdown] id="q6-question"
# ## Question 6 · One yes or no for each class (7 points, 20 minutes)
#
# Deformable DETR has no class *no object*. For each object query and class it asks whether the query shows an object of this class, so each
# logit goes through a sigmoid. Write `class_loss`. `logits` is `[n_queries, n_classes]`; `labels` `[n_queries]` has the class of the object
# that each query was matched with, and −1 where there is none.
#
# With $p = \sigma(\text{logit})$, the focal loss of one logit is
#
# $$\alpha\,(1 - p)^2\,(-\log p) \;\text{ where the answer is yes}, \qquad
# (1 - \alpha)\,p^2\,\bigl(-\log(1 - p)\bigr) \;\text{ where it is no}, \qquad \alpha = 0.25.$$
#
# Sum over **all** queries and classes, and divide by the number of objects, or by 1 where there are none. Return one number in a tensor,
# through which gradients reach the logits. Logits may be as large as 200: `torch.nn.functional.logsigmoid` helps.

# %% [raw]
# # BEGIN SOLUTION

# %% id="q6-answer"
def class_loss(logits, labels):
    """logits [n_queries, n_classes] and labels [n_queries] (-1: no object) -> one number in a tensor."""
    # BEGIN SOLUTION
    p = logits.sigmoid()
    log_p, log_not_p = (torch.nn.functional.logsigmoid(each) for each in (logits, -logits))
    yes = labels[:, None] == torch.arange(logits.shape[1])
    each = torch.where(yes, -0.25 * (1 - p) ** 2 * log_p, -0.75 * p**2 * log_not_p)
    return each.sum() / max(1, int((labels >= 0).sum()))
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q6_contract(class_loss):
    import torch

    def diagnose():
        if not callable(class_loss):
            return "there is no function class_loss: run the cell that defines it"
        given = [torch.tensor([[1.0, 0.0], [0.5, -1.0]]), torch.tensor([1, -1])]
        found = class_loss(*given)
        if found is None or found is ...:
            return "class_loss should return one number in a tensor: is `return` missing?"
        if isinstance(found, torch.Tensor) and found.numel() > 1:
            return "class_loss should return one number: sum over queries and classes"
        if number(found) is None:
            return "class_loss should return one number in a tensor"
        if not isinstance(found, torch.Tensor) or not gradient_flows(class_loss, given):
            return "no gradient reaches the logits: stay with tensors, without .item() and .detach()"
        return "class_loss changes what it was given" if changes_inputs(class_loss, *given) else ""

    problem = diagnose()
    assert not problem, problem
    one, other = [torch.tensor([[1.0, 0.5]]), torch.tensor([0])], [torch.tensor([[-1.0, 3.0]]), torch.tensor([1])]
    problem = unmoved("class_loss", class_loss, one, other)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2
""" # END TEST CONFIG
def test_q6_one(class_loss):
    import torch

    def diagnose():
        logits = torch.tensor([[1.3862944]])  # p = 0.8
        yes, no = (number(class_loss(logits, torch.tensor([label]))) for label in (0, -1))
        known = [
            (0.055786, "the factor (1 - p)² is missing: without it this is no focal loss"),
            (0.0111572, "(1 - p) is squared"),
            (0.0089257, "the factor alpha is missing"),
            (0.0066943, "alpha belongs to yes and 1 - alpha to no: you have them the other way round"),
            (0.0357031, "sure right answers count little: the factor is (1 - p)² where the answer is yes, and p² where it is no"),
            (-0.0022314, "your loss is negative: mind the sign of the logarithm"),
            (0.0, "for one class your loss is 0: each logit goes through a sigmoid, not through a softmax over the classes"),
        ]
        for wrong, why in known:
            if yes is not None and abs(yes - wrong) < 1e-6:
                return why
        if yes is None or abs(yes - 0.0022314) > 1e-6:
            return f"for p = 0.8 and the answer yes the loss should be 0.0022314; yours is {yes}"
        if no is not None and abs(no) < 1e-9:
            return "a query without an object counts, too: the answer to each class is no"
        if no is None or no != no or abs(no) == float("inf"):
            return "without any object you divide by 0: divide by 1 then"
        if abs(no - 0.0482831) < 1e-5:
            return "where the answer is no, the factor is p², not (1 - p)²"
        return "" if abs(no - 0.7725302) < 1e-5 else f"for p = 0.8 and the answer no the loss should be 0.7725302; yours is {no}"

    problem = diagnose()
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2.5
""" # END TEST CONFIG
def test_q6_sum(class_loss):
    import torch

    def diagnose():
        logits = torch.tensor([[1.0, -1.0], [0.5, 0.0], [-2.0, 2.0]])
        found = number(class_loss(logits, torch.tensor([0, -1, 1])))
        known = [
            (0.437485, "divide the sum by the number of objects"),
            (0.145828, "you divide by the number of queries: divide by the number of objects"),
            (0.072914, "you take the mean of all answers: divide the sum by the number of objects"),
            (0.012231, "a query without an object counts, too: the answer to each class is no"),
            (0.003058, "every class of a query counts: the answer to those that are not the label is no"),
            (0.175421, "a label of -1 is not the last class: it says that there is no object"),
        ]
        for wrong, why in known:
            if found is not None and abs(found - wrong) < 1e-5:
                return why
        if found is None or abs(found - 0.218743) > 1e-5:
            return f"for three queries with two objects the loss should be 0.218743; yours is {found}"
        large = number(class_loss(torch.tensor([[-200.0]]), torch.tensor([0])))
        if large is None or not abs(large) < float("inf"):
            return f"a logit of -200 gives {large}: the logarithm of a probability that has become 0; use logsigmoid"
        return "" if abs(large - 50) < 0.01 else f"a logit of -200 where the answer is yes costs 0.25 · 200 = 50; yours is {large}"

    problem = diagnose()
    assert not problem, problem
    one, other = ([torch.tensor([[1.0, 0.5]]), torch.tensor([label])] for label in (0, 1))
    problem = unmoved("class_loss", class_loss, one, other)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
""" # END TEST CONFIG
def test_q6_numbers(class_loss):
    import torch

    logits = torch.tensor([[2.0, 0.0, -1.0], [0.0, 1.0, -3.0], [-2.0, -2.0, 0.5], [1.0, 1.0, 4.0]])
    for labels, wanted in (([-1, 1, -1, 0], 2.622120), ([2, 0, 0, 2], 0.965633), ([-1, -1, -1, -1], 6.285713)):
        found = number(class_loss(logits, torch.tensor(labels)))
        problem = "" if found is not None and abs(found - wanted) < 1e-4 else f"wrong loss for four queries with the labels {labels}"
        assert not problem, problem

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q7
# points: 5
# minutes: 10
# objective: predict where an untrained deformable layer looks, and correct the prediction by a run

# %% [markdown] id="q7-question"
# ## Question 7 · Predict, then run (5 points, 10 minutes)
#
# The offsets and the weights of places are linear maps of a query's state. At the start of training both weight matrices are 0. The bias of
# the offsets is a star: head 0 looks to the right, head 1 to the lower right, and so on round the reference point in eight directions, and
# point k of a head lies k pixels away, k = 1, 2, 3, 4, **on every level**. The bias of the weights is 0.
#
# An untrained layer looks at two maps, of 33 × 33 and of 11 × 11 pixels, from the centre pixel of both. A pixel of the smaller map covers
# 3 × 3 of the larger one. Is the output the same or different
#
# * **a.** if the object query has another state;
# * **b.** if the reference point moves three pixels of the larger map to the right;
# * **c.** if, on the larger map, the pixel that lies 6 pixels to the right of the centre has another value;
# * **d.** if, on the smaller map, the pixel that shows the same part of the picture as that one has another value?
#
# Answer `"same"` or `"different"`. **Write down your predictions before you run anything.** They are worth a point whether or not they turn
# out right. So do not correct them afterwards.

# %% [raw]
# # BEGIN SOLUTION

# %% id="q7-predicted"
""" # BEGIN PROMPT
predicted = {"a": "?", "b": "?", "c": "?", "d": "?"}
""" # END PROMPT
# BEGIN SOLUTION NO PROMPT
predicted = {"a": "different", "b": "different", "c": "same", "d": "same"}
# END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [markdown] id="q7-run"
# Now find out. The first experiment is there; the other three are yours. All places of an untrained layer are centres of pixels here, so no
# value has to be mixed.

# %% id="q7-given"
generator = torch.Generator().manual_seed(11)
maps = [torch.randn(33, 33, generator=generator), torch.randn(11, 11, generator=generator)]
state, other_state = torch.randn(2, 64, generator=generator)
directions = torch.tensor([(1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1)])  # (x, y) of the eight heads
star = directions[:, None, None] * torch.tensor([1, 2, 3, 4])[:, None]  # [8 heads, 1 for all levels, 4 points, 2]
offset_matrix, weight_matrix = torch.zeros(64, 8 * 2 * 4 * 2), torch.zeros(64, 8 * 2 * 4)


def untrained(maps, state, column=5, row=5):
    """What the eight heads see from a pixel of the smaller map: eight numbers."""
    offsets = (state @ offset_matrix).view(8, 2, 4, 2) + star
    weights = (state @ weight_matrix).view(8, 8).softmax(dim=-1).view(8, 2, 4)
    centres = [(3 * column + 1, 3 * row + 1), (column, row)]  # of the reference point, on both levels
    seen = torch.zeros(8, 2, 4)
    for level, (x, y) in enumerate(centres):
        places = offsets[:, level].round().long()
        seen[:, level] = maps[level][y + places[..., 1], x + places[..., 0]]
    return (weights * seen).sum(dim=(1, 2))


before, after = untrained(maps, state), untrained(maps, other_state)
print("a:", "same" if torch.equal(before, after) else "different")

# %% [raw]
# # BEGIN SOLUTION

# %% id="q7-experiments"
# Your experiments for b, c and d.
# BEGIN SOLUTION NO PROMPT
print("b:", "same" if torch.equal(before, untrained(maps, state, column=6)) else "different")
larger, smaller = (each.clone() for each in maps)
larger[16, 16 + 6] += 1
smaller[5, 5 + 2] += 1
print("c:", "same" if torch.equal(before, untrained([larger, maps[1]], state)) else "different")
print("d:", "same" if torch.equal(before, untrained([maps[0], smaller], state)) else "different")
# END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN SOLUTION

# %% id="q7-answer"
""" # BEGIN PROMPT
observed = {"a": "?", "b": "?", "c": "?", "d": "?"}
""" # END PROMPT
# BEGIN SOLUTION NO PROMPT
observed = {"a": "same", "b": "different", "c": "same", "d": "different"}
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
def test_q7_observed(observed):
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
def test_q7_a(observed):
    right = observed.get("a") == "same" and not all_alike(observed)
    problem = "" if right else "a: with matrices of 0 the state has no say yet: every query has the same star and the same weights"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q7_b(observed):
    right = observed.get("b") == "different" and not all_alike(observed)
    problem = "" if right else "b: the star is laid round the reference point, so it moves along"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q7_c(observed):
    right = observed.get("c") == "same" and not all_alike(observed)
    problem = "" if right else "c: on the larger map the star ends 4 pixels away, and what lies further is not looked at"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q7_d(observed):
    right = observed.get("d") == "different" and not all_alike(observed)
    problem = "" if right else "d: on the smaller map it is 2 pixels away, a point of the star: a coarse level reaches further"
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
# objective: explain from a paper's table how a ratio of epochs and a ratio of hours differ, and why fewer epochs suffice
# rubric:
#     - says that the epochs are ten times fewer and the GPU hours about six times fewer, and that the headline counts epochs
#     - computes from the table that an epoch takes longer, 6.5 GPU hours in place of 4, and names the multiplications as a reason
#     - compares with DETR-DC5, which has as many multiplications, and finds about 21 or 22 times fewer hours
#     - says that attention starts at a few places near a reference point, and so need not be unlearned from a uniform start over all pixels
#     - is four or five sentences, in own words, and everything in them is true

# %% [markdown] id="q8-question"
# ## Question 8 · Explain (5 points, 10 minutes)
#
# From Table 1 of the paper (Zhu et al. 2021; ResNet-50, COCO). DETR-DC5 is DETR with a map of twice the resolution.
#
# | | epochs | AP | AP of small objects | multiplications, billions | GPU hours |
# |---|---|---|---|---|---|
# | DETR | 500 | 42.0 | 20.5 | 86 | 2000 |
# | DETR-DC5 | 500 | 43.3 | 22.5 | 187 | 7000 |
# | Deformable DETR | 50 | 43.8 | 26.4 | 173 | 325 |
#
# A headline says: *Deformable DETR learns ten times as fast.*
#
# **In four or five sentences of your own: by which numbers of the table is this right, and by which is it not? What does an epoch cost
# each of the three? Which of the two DETRs would you compare it with if small objects matter to you, and what is the ratio of hours then?
# And why does it need fewer epochs at all?**
#
# You get one point for each of these: epochs and hours · the cost of an epoch · the comparison with DETR-DC5 · why fewer epochs are
# enough · true sentences in your own words.

# %% [raw]
# # BEGIN PROMPT

# %% [markdown] id="q8-answer"
# _Write your sentences here, in place of this line._

# %% [raw]
# # END PROMPT

# %% [raw]
# # BEGIN SOLUTION

# %% [markdown]
# **Model answer.** The headline counts epochs: 50 in place of 500. Counted in GPU hours, DETR takes 2000 / 325 = 6.2 times as long, since
# an epoch of Deformable DETR costs 6.5 hours and one of DETR 4: it looks at larger maps and multiplies twice as much. For small objects I
# would compare it with DETR-DC5, which also has a map of higher resolution and even more multiplications: there an epoch costs 14 hours,
# and all of them 7000 / 325 = 21.5 times as many as Deformable DETR needs. It needs fewer epochs because each query looks at a few places
# around a reference point from the start, while DETR's attention begins nearly uniform over all pixels and takes long to become sharp.

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
