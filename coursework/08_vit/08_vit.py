# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [raw]
# # ASSIGNMENT CONFIG
# name: 08_vit
# init_cell: false
# export_cell: false
# generate: true
# python_version: "3.11"
# requirements: [numpy==2.4.6, torch==2.13.0]
# tests:
#     files: false
#     ok_format: false

# %% [markdown] id="title"
# # Assignment 08 · Vision Transformer
#
# *In code, by prediction, and in words.* Eight questions, 45 points, about 110 minutes.
#
# | question | what you do | points | minutes |
# |---|---|---|---|
# | 1 | count tokens, parameters and scores of a ViT, by hand | 4 | 10 |
# | 2 | cut pictures into patches, and put them together again | 6 | 15 |
# | 3 | turn a matrix into a convolution, and make the sequence with its class token and positions | 6 | 15 |
# | 4 | stretch learned positions to a grid of another size | 6 | 20 |
# | 5 | roll attention out through the layers | 7 | 15 |
# | 6 | learn from a teacher's hard decisions, and answer with two heads | 6 | 15 |
# | 7 | predict which answers notice shuffled and moved pictures, then run | 5 | 10 |
# | 8 | explain accuracies of a ViT and a CNN over the number of pictures | 5 | 10 |
#
# **How it works.** Replace every `...` by your answer. After each question a cell says `grader.check(...)`: run it as
# often as you like. It tells you what is wrong, and it needs no network. The checks you see are not all of them: more
# numbers are compared after you hand in. Questions do not build on each other, so if one resists, go on to the next.
#
# You need Python and `torch`. You do not need any other file, and no trained model.
#
# Pictures are `[b, c, h, w]`: b pictures with c channels, h rows and w columns. A **patch** is a square of p × p pixels. The patches of a
# picture are counted row by row: first those at the top, from left to right. h and w are multiples of p; they may differ.

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
# objective: count the tokens, parameters and attention scores of a ViT

# %% [markdown] id="q1-question"
# ## Question 1 · Count (4 points, 10 minutes)
#
# ViT-B/16 reads pictures of 224 × 224 pixels and three channels in patches of 16 × 16. Each patch becomes a token of 768 numbers by a
# linear map with a bias. A class token stands in front of them, and every token gets a learned position of 768 numbers.
#
# **Compute by hand**
#
# * **a.** how many tokens enter the first block;
# * **b.** how many parameters the linear map has that makes tokens of patches;
# * **c.** how many times as many attention scores a head computes in each layer if the patches are 8 × 8 pixels, and all else stays (two
#   digits after the point);
# * **d.** how many parameters the positions have for pictures of 384 × 384 pixels, in patches of 16 × 16.

# %% [raw]
# # BEGIN SOLUTION

# %% id="q1-answer"
""" # BEGIN PROMPT
counts = {"a": ..., "b": ..., "c": ..., "d": ...}
""" # END PROMPT
# BEGIN SOLUTION NO PROMPT
counts = {"a": 197, "b": 590592, "c": 15.88, "d": 443136}
# END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0
""" # END TEST CONFIG
def test_q1_form(counts):
    def diagnose():
        if not isinstance(counts, dict):
            return "counts should be a dictionary with the keys a, b, c, d"
        empty = [letter for letter in "abcd" if number(counts.get(letter)) is None]
        if empty:
            return f"your value for {empty[0]} should be a number"
        a, b, c, d = (number(counts[letter]) for letter in "abcd")
        if a == 196:
            return "a: the class token is a token, too"
        if a == 14 or a == 15:
            return "a: 14 patches lie in a row, and there are 14 rows"
        if a == 50176 or a == 50177:
            return "a: this is the number of pixels: a token is a patch"
        if b == 589824:
            return "b: this is without the bias, one number for each of the 768"
        if b in (196608, 197376):
            return "b: a patch has three channels, so 16 · 16 · 3 numbers go into the map"
        if b in (12288, 13056):
            return "b: every number of the token is a sum over all 16 · 16 · 3 numbers of the patch"
        if abs(c - 4) < 0.05 or abs(c - 3.98) < 0.006:
            return "c: this is the ratio of the tokens: every token looks at every token"
        if abs(c - 16) < 0.006:
            return "c: count the class token, too: 197 and 785 tokens"
        if abs(c - 0.063) < 0.001:
            return "c: you have divided the wrong way round: smaller patches mean more scores"
        if d == 442368:
            return "d: the class token has a position, too"
        if d == 151296:
            return "d: this is for 224 x 224 pixels: a larger picture has more patches"
        return "d: this is the number of positions: each has 768 parameters" if d in (576, 577) else ""

    problem = diagnose()
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q1_a(counts):
    problem = "" if number(counts.get("a")) == 197 else "a: 14 times 14 patches, and the class token"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q1_b(counts):
    problem = "" if number(counts.get("b")) == 590592 else "b: 16 · 16 · 3 numbers for each of 768, and 768 biases"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q1_c(counts):
    right = number(counts.get("c")) is not None and abs(number(counts["c"]) - 15.878) < 0.006
    problem = "" if right else "c: the square of the number of tokens: 785 · 785 in place of 197 · 197"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q1_d(counts):
    problem = "" if number(counts.get("d")) == 443136 else "d: 24 times 24 patches and the class token, 768 numbers each"
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
# objective: cut pictures into patches in a given order of pixels and channels, and invert it

# %% [markdown] id="q2-question"
# ## Question 2 · Scissors (6 points, 15 minutes)
#
# **a.** Write `patchify`: `images` `[b, c, h, w]` become `[b, n, c·p·p]`, the n patches row by row. In each patch all pixels of its first
# channel come first, in rows from top to bottom, then all of its second channel, and so on.
#
# **b.** Write `unpatchify`, the way back: `patches` `[b, n, c·p·p]` of pictures with h rows and w columns become `[b, c, h, w]`.

# %% [raw]
# # BEGIN SOLUTION

# %% id="q2-answer"
def patchify(images, p):
    """images [b, c, h, w] -> patches [b, n, c·p·p], row by row; in each its channels one after another."""
    # BEGIN SOLUTION
    b, c, h, w = images.shape
    grid = images.reshape(b, c, h // p, p, w // p, p)
    return grid.permute(0, 2, 4, 1, 3, 5).reshape(b, -1, c * p * p)
    # END SOLUTION


def unpatchify(patches, p, h, w):
    """patches [b, n, c·p·p] -> images [b, c, h, w]."""
    # BEGIN SOLUTION
    grid = patches.reshape(len(patches), h // p, w // p, -1, p, p)
    return grid.permute(0, 3, 1, 4, 2, 5).reshape(len(patches), -1, h, w)
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q2_contract(patchify, unpatchify):
    import torch

    def diagnose():
        for name, function in (("patchify", patchify), ("unpatchify", unpatchify)):
            if not callable(function):
                return f"there is no function {name}: run the cell that defines it"
        images = torch.arange(48.0).view(1, 2, 4, 6)
        found = patchify(images.clone(), 2)
        if found is None or found is ...:
            return "patchify should return patches [b, n, c·p·p]: is `return` missing?"
        if not isinstance(found, torch.Tensor):
            return f"patchify should return a tensor, not a {type(found).__name__}"
        if list(found.shape) in ([1, 12, 4], [1, 2, 6, 4]):
            return "a patch has all channels of its square: they are not patches of their own"
        if list(found.shape) == [1, 8, 6]:
            return "patches and their numbers have changed places: [b, n, c·p·p]"
        if list(found.shape) != [1, 6, 8]:
            return f"for images [1, 2, 4, 6] and p = 2 patchify should return [1, 6, 8], not {list(found.shape)}"
        back = unpatchify(found, 2, 4, 6)
        if not isinstance(back, torch.Tensor) or list(back.shape) not in ([1, 2, 4, 6], [1, 2, 6, 4]):
            return "unpatchify should return pictures [b, c, h, w]"
        if list(back.shape) == [1, 2, 6, 4]:
            return "h is the number of rows and w that of columns: you have them the other way round"
        if changes_inputs(patchify, images, 2) or changes_inputs(unpatchify, found, 2, 4, 6):
            return "patchify or unpatchify changes what it was given"
        return ""

    problem = diagnose()
    assert not problem, problem
    images = torch.arange(16.0).view(1, 1, 4, 4)
    problem = unmoved("patchify", patchify, [images, 2], [images.flip(3), 2])
    assert not problem, problem
    patches = torch.arange(16.0).view(1, 4, 4)
    problem = unmoved("unpatchify", unpatchify, [patches, 2, 4, 4], [patches.flip(1), 2, 4, 4])
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2
""" # END TEST CONFIG
def test_q2_patchify(patchify):
    import torch

    def diagnose():
        found = patchify(torch.arange(48.0).view(1, 2, 4, 6), 2)[0].long()
        first, second, fourth = (tuple(found[place].tolist()) for place in (0, 1, 3))
        known = {
            (0, 1, 2, 3, 4, 5, 6, 7): "these pixels follow each other in memory, and are no square: split rows and columns, then permute",
            (0, 24, 1, 25, 6, 30, 7, 31): "the channels of each pixel stand together: all of the first channel comes first",
            (0, 6, 1, 7, 24, 30, 25, 31): "inside a patch you read down the columns: row by row",
            (0, 24, 6, 30, 1, 25, 7, 31): "inside a patch you read down the columns: row by row",
            (24, 25, 30, 31, 0, 1, 6, 7): "the first channel comes first",
            (0, 3, 12, 15, 24, 27, 36, 39): "a patch is a square of neighbours: you take every third pixel, and every second row",
        }
        if first != (0, 1, 6, 7, 24, 25, 30, 31):
            return known.get(first, f"of pixels 0, 1, 2 … the first patch should be 0, 1, 6, 7, 24, 25, 30, 31; yours is {first}")
        if second == (12, 13, 18, 19, 36, 37, 42, 43):
            return "the patches go down the columns with you: the second one lies to the right of the first"
        if second != (2, 3, 8, 9, 26, 27, 32, 33):
            return f"the second patch lies to the right of the first: 2, 3, 8, 9, 26, 27, 32, 33; yours is {second}"
        right = fourth == (12, 13, 18, 19, 36, 37, 42, 43)
        return "" if right else f"the fourth patch begins the second row of patches; yours is {fourth}"

    problem = diagnose()
    assert not problem, problem
    images = torch.arange(32.0).view(1, 2, 4, 4)
    problem = unmoved("patchify", patchify, [images, 2], [images.flip(2), 2])
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1.5
""" # END TEST CONFIG
def test_q2_unpatchify(unpatchify):
    import torch

    def diagnose():
        images = torch.arange(48.0).view(1, 2, 4, 6)
        squares = [images[:, :, r : r + 2, c : c + 2].reshape(1, 8) for r in (0, 2) for c in (0, 2, 4)]
        patches = torch.stack(squares, dim=1)
        inside = torch.stack([square.view(1, 2, 2, 2).transpose(2, 3).reshape(1, 8) for square in squares], dim=1)
        mixed = torch.stack([square.view(1, 2, 4).transpose(1, 2).reshape(1, 8) for square in squares], dim=1)
        found = unpatchify(patches, 2, 4, 6)
        if near(found, images):
            return ""
        if near(found, patches.view(1, 2, 4, 6)):
            return "a reshape alone does not put squares together: split the axes, permute, then reshape"
        known = [
            (inside, "inside a patch the pixels are read row by row, not down the columns"),
            (mixed, "the channels of a patch come one after another, not pixel by pixel"),
            (patches[:, [0, 3, 1, 4, 2, 5]], "the second patch lies to the right of the first, not below it"),
        ]
        for laid_out, why in known:
            if near(unpatchify(laid_out, 2, 4, 6), images):
                return why
        return "patches that were cut from a picture should give the picture again"

    problem = diagnose()
    assert not problem, problem
    patches = torch.arange(32.0).view(1, 4, 8)
    problem = unmoved("unpatchify", unpatchify, [patches, 2, 4, 4], [patches.flip(2), 2, 4, 4])
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
""" # END TEST CONFIG
def test_q2_numbers(patchify, unpatchify):
    import torch

    images = (torch.arange(216.0).view(2, 3, 9, 4)[:, :, :, :3] * 7) % 31
    wanted = torch.stack([images[:, :, row : row + 3].reshape(2, 27) for row in (0, 3, 6)], dim=1)
    problem = "" if near(patchify(images, 3), wanted) else "wrong patches for two pictures of 9 x 3 pixels and p = 3"
    assert not problem, problem
    problem = "" if near(unpatchify(wanted, 3, 9, 3), images) else "wrong pictures of 9 x 3 pixels from patches with p = 3"
    assert not problem, problem
    wide = (torch.arange(64.0).view(1, 1, 4, 16) * 5) % 23
    wanted = torch.stack([wide[0, 0, :, 4 * column : 4 * column + 4].flatten() for column in range(4)])[None]
    right = near(patchify(wide, 4), wanted) and near(unpatchify(wanted, 4, 4, 16), wide)
    problem = "" if right else "wrong for a wide picture of one channel and one row of patches"
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
# objective: write a linear map of patches as a strided convolution and build the sequence with class token and positions

# %% [markdown] id="q3-question"
# ## Question 3 · From patches to a sequence (6 points, 15 minutes)
#
# **a.** A linear map makes tokens of patches: `matrix` is `[d, c·p·p]`, and a patch is laid out as in question 2, each channel by itself,
# in rows. Write `kernel_of`: the weight with which `torch.nn.functional.conv2d(images, kernel, stride=p)` computes the same tokens from
# the pictures themselves. c is `n_channels`; find p from the size of the matrix.
#
# **b.** Write `sequence_of`. `tokens` `[b, n, d]` are those of the patches, `class_token` is `[d]`, and `positions` is `[1 + n, d]`. The
# class token comes first, in every picture, then the patches. Then each token, the class token too, gets its position added. Return
# `[b, 1 + n, d]`.

# %% [raw]
# # BEGIN SOLUTION

# %% id="q3-answer"
def kernel_of(matrix, n_channels):
    """matrix [d, c·p·p] of a linear map of patches -> the kernel of the convolution that does the same with stride p."""
    # BEGIN SOLUTION
    p = round((matrix.shape[1] / n_channels) ** 0.5)
    return matrix.reshape(-1, n_channels, p, p)
    # END SOLUTION


def sequence_of(tokens, class_token, positions):
    """tokens [b, n, d], class_token [d], positions [1 + n, d] -> the sequence that enters the first block, [b, 1 + n, d]."""
    # BEGIN SOLUTION
    return torch.cat((class_token.expand(len(tokens), 1, -1), tokens), dim=1) + positions
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q3_contract(kernel_of, sequence_of):
    import torch

    def diagnose():
        for name, function in (("kernel_of", kernel_of), ("sequence_of", sequence_of)):
            if not callable(function):
                return f"there is no function {name}: run the cell that defines it"
        matrix = torch.arange(24.0).view(2, 12)
        found = kernel_of(matrix.clone(), 3)
        if found is None or found is ...:
            return "kernel_of should return a kernel [d, c, p, p]: is `return` missing?"
        if not isinstance(found, torch.Tensor):
            return f"kernel_of should return a tensor, not a {type(found).__name__}"
        if list(found.shape) == [3, 2, 2, 2]:
            return "the kernel of a convolution is [outputs, channels, rows, columns]: yours begins with the channels"
        if list(found.shape) == [2, 2, 2, 3]:
            return "the kernel of a convolution is [outputs, channels, rows, columns]: yours has the channels last"
        if list(found.shape) != [2, 3, 2, 2]:
            return f"for a matrix [2, 12] and 3 channels the kernel should be [2, 3, 2, 2], not {list(found.shape)}"
        given = [torch.ones(2, 3, 4), torch.zeros(4), torch.zeros(4, 4)]
        found = sequence_of(*(each.clone() for each in given))
        if not isinstance(found, torch.Tensor):
            return "sequence_of should return a tensor [b, 1 + n, d]: is `return` missing?"
        if list(found.shape) == [2, 3, 4]:
            return "the class token is a token of its own: the sequence becomes one longer"
        if list(found.shape) != [2, 4, 4]:
            return f"for tokens [2, 3, 4] sequence_of should return [2, 4, 4], not {list(found.shape)}"
        if changes_inputs(kernel_of, matrix, 3) or changes_inputs(sequence_of, *given):
            return "kernel_of or sequence_of changes what it was given"
        return ""

    problem = diagnose()
    assert not problem, problem
    matrix = torch.arange(8.0).view(1, 8)
    problem = unmoved("kernel_of", kernel_of, [matrix, 2], [matrix + 1, 2])
    assert not problem, problem
    rest = [torch.zeros(2), torch.zeros(3, 2)]
    problem = unmoved("sequence_of", sequence_of, [torch.ones(1, 2, 2), *rest], [torch.zeros(1, 2, 2), *rest])
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1.5
""" # END TEST CONFIG
def test_q3_kernel(kernel_of):
    import torch

    def diagnose():
        matrix = torch.arange(8.0).view(1, 8)
        found, right = kernel_of(matrix, 2), matrix.view(1, 2, 2, 2)
        known = [
            (right.transpose(2, 3), "rows and columns of the patch are swapped: a patch is laid out in rows"),
            (right.flip(2).flip(3), "torch's conv2d does not turn the kernel round: leave it as it is"),
            (matrix.view(1, 2, 2, 2).permute(0, 3, 1, 2), "a patch has its channels one after another: you read them pixel by pixel"),
            (right.flip(1), "the channels are in the wrong order"),
        ]
        if near(found, right):
            wide = kernel_of(torch.arange(54.0).view(2, 27), 3)
            good = near(wide, torch.arange(54.0).view(2, 3, 3, 3))
            return "" if good else "for a matrix [2, 27] and 3 channels p is 3, and the rows of the matrix are the outputs"
        for wrong, why in known:
            if near(found, wrong):
                return why
        return f"the row 0, 1, … 7 should become the channels 0 1 | 2 3 and 4 5 | 6 7; yours is {found.tolist()}"

    problem = diagnose()
    assert not problem, problem
    matrix = torch.arange(24.0).view(2, 12)
    problem = unmoved("kernel_of", kernel_of, [matrix, 3], [matrix.flip(0), 3])
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2
""" # END TEST CONFIG
def test_q3_sequence(sequence_of):
    import torch

    def diagnose():
        tokens, class_token = torch.tensor([[[10.0, 0.0], [20.0, 0.0]]]), torch.tensor([99.0, 0.0])
        found = sequence_of(tokens, class_token, torch.tensor([[0.0, 1.0], [0.0, 2.0], [0.0, 3.0]]))[0]
        words, places = tuple(found[:, 0].tolist()), tuple(found[:, 1].tolist())
        known = {
            (10.0, 20.0, 99.0): "the class token comes first, before the patches",
            (0.0, 10.0, 20.0): "at the first place stands the learned class token, not zeros",
            (99.0, 109.0, 119.0): "the class token is a token of its own: do not add it to the patches, too",
            (15.0, 10.0, 20.0): "at the first place stands the learned class token, not the mean of the patches",
        }
        if words in known:
            return known[words]
        if words != (99.0, 10.0, 20.0):
            return f"the sequence should be class token, patch, patch; yours is {found.tolist()}"
        known = {
            (0.0, 0.0, 0.0): "the positions are missing",
            (0.0, 2.0, 3.0): "the class token has a position, too: positions[0]",
            (0.0, 1.0, 2.0): "the class token has a position, too: positions[0] is its own, and the first patch has positions[1]",
            (3.0, 1.0, 2.0): "positions[0] belongs to the class token: you give it to the first patch",
            (1.0, 1.0, 1.0): "each token gets a position of its own: you add the first one everywhere",
            (2.0, 4.0, 6.0): "the positions are added once, not twice",
        }
        if places in known:
            return known[places]
        return "" if places == (1.0, 2.0, 3.0) else f"the positions should be added in order; your tokens are {found.tolist()}"

    problem = diagnose()
    assert not problem, problem
    rest = [torch.zeros(1), torch.zeros(3, 1)]
    one, other = [torch.tensor([[[1.0], [2.0]]]), *rest], [torch.tensor([[[2.0], [1.0]]]), *rest]
    problem = unmoved("sequence_of", sequence_of, one, other)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
""" # END TEST CONFIG
def test_q3_numbers(kernel_of, sequence_of):
    import torch

    matrix = (torch.arange(96.0).view(2, 48) * 11) % 17 - 8
    images = (torch.arange(96.0).view(1, 3, 8, 4) * 13) % 29 / 10
    tokens = torch.stack([images[0, :, row : row + 4].flatten() for row in (0, 4)]) @ matrix.T
    found = torch.nn.functional.conv2d(images, kernel_of(matrix, 3).float(), stride=4).flatten(2)[0].T
    problem = "" if near(found, tokens, 1e-3) else "the convolution does not compute the tokens of the linear map, for p = 4"
    assert not problem, problem
    tokens = torch.tensor([[[0.5, -1.0, 2.0], [1.5, 0.25, 0.0]], [[-0.5, 3.0, 1.0], [2.0, 2.0, -2.0]]])
    positions = torch.tensor([[0.01, 0.02, 0.03], [0.1, 0.2, 0.3], [-0.1, 0.0, 0.5]])
    first = [[1.01, -0.98, 0.53], [0.6, -0.8, 2.3], [1.4, 0.25, 0.5]]
    second = [[1.01, -0.98, 0.53], [-0.4, 3.2, 1.3], [1.9, 2.0, -1.5]]
    found = sequence_of(tokens, torch.tensor([1.0, -1.0, 0.5]), positions)
    problem = "" if near(found, torch.tensor([first, second])) else "wrong sequence for two pictures of two patches"
    assert not problem, problem

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q4
# points: 6
# minutes: 20
# objective: stretch learned positions to a grid of another size and keep the one of the class token apart

# %% [markdown] id="q4-question"
# ## Question 4 · A larger picture (6 points, 20 minutes)
#
# A ViT that was trained on one size of picture is to read another. It then has more or fewer patches, and there are no positions for them.
# Write `stretched`. `positions` is `[1 + rows·columns, d]`: the one of the class token, which stays as it is and where it is, then those of
# the patches, row by row. These lie on a grid, `grid = (rows, columns)`, and are interpolated linearly in both directions to the grid
# `new_grid = (new_rows, new_columns)`. The **corners of both grids lie on each other**, so the four corners keep their positions, and the
# new places have equal distances between them. All four numbers are at least 2. Return `[1 + new_rows·new_columns, d]`.
#
# You may use `torch.nn.functional.interpolate`; read its documentation closely if you do.

# %% [raw]
# # BEGIN SOLUTION

# %% id="q4-answer"
def stretched(positions, grid, new_grid):
    """positions [1 + rows·columns, d], two grids (rows, columns) -> positions of the new grid, [1 + new_rows·new_columns, d]."""
    # BEGIN SOLUTION
    maps = positions[1:].T.reshape(1, -1, *grid)
    maps = torch.nn.functional.interpolate(maps, new_grid, mode="bilinear", align_corners=True)
    return torch.cat((positions[:1], maps.flatten(2)[0].T))
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q4_contract(stretched):
    import torch

    def diagnose():
        if not callable(stretched):
            return "there is no function stretched: run the cell that defines it"
        positions = torch.arange(14.0).view(7, 2)
        found = stretched(positions.clone(), (2, 3), (3, 5))
        if found is None or found is ...:
            return "stretched should return positions [1 + new_rows·new_columns, d]: is `return` missing?"
        if not isinstance(found, torch.Tensor):
            return f"stretched should return a tensor, not a {type(found).__name__}"
        if list(found.shape) == [15, 2]:
            return "the position of the class token has got lost: it stays, in front"
        if list(found.shape) == [2, 16]:
            return "the axes have changed places: [1 + new_rows·new_columns, d]"
        if list(found.shape) != [16, 2]:
            return f"for a new grid of 3 x 5 stretched should return [16, 2], not {list(found.shape)}"
        return "stretched changes the positions that it is given" if changes_inputs(stretched, positions, (2, 3), (3, 5)) else ""

    problem = diagnose()
    assert not problem, problem
    positions = torch.arange(10.0).view(5, 2)
    problem = unmoved("stretched", stretched, [positions, (2, 2), (3, 3)], [positions.flip(0), (2, 2), (3, 3)])
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 3
""" # END TEST CONFIG
def test_q4_grid(stretched):
    import torch

    def diagnose():
        rows, columns = torch.arange(2.0)[:, None].expand(2, 3), torch.arange(3.0).expand(2, 3)
        of_patches = torch.stack((100 + 10 * rows, columns), dim=-1).flatten(0, 1)
        positions = torch.cat((torch.tensor([[-7.0, -8.0]]), of_patches))
        found = stretched(positions, (2, 3), (3, 5))
        patches = found[1:].reshape(3, 5, 2)
        if near(found[-1], positions[0]):
            return "the position of the class token comes first, before those of the patches"
        if not near(found[0], positions[0]):
            return "the position of the class token should stay as it is: it belongs to no place of the grid"
        if float(patches[0, 0, 0]) < 99:
            return "the class token has no place on the grid: stretch the positions of the patches alone"
        down, along = patches[:, 0, 0], patches[0, :, 1]
        if near(along, torch.tensor([0.0, 0.4, 1.0, 1.6, 2.0])):
            return "with you the edges of the grids lie on each other, not the corners: align_corners"
        if near(along, torch.tensor([0.0, 0.0, 1.0, 1.0, 2.0])):
            return "you take the nearest position: mix the ones around"
        line = torch.nn.functional.interpolate(of_patches.T[None], 15, mode="linear", align_corners=True)[0].T
        if near(found[1:], line):
            return "you stretch the sequence of patches, not the grid: a patch has neighbours above and below, too"
        if not near(down, torch.tensor([100.0, 105.0, 110.0])):
            return f"a number that grows by 10 from row to row should be 100, 105, 110 down the first column; yours is {down.tolist()}"
        whole = torch.stack((down[:, None].expand(3, 5), torch.arange(5.0).expand(3, 5) / 2), dim=-1)
        return "" if near(patches, whole) else "the rows are right, but not the columns: mix in both directions"

    problem = diagnose()
    assert not problem, problem
    positions = torch.arange(14.0).view(7, 2)
    problem = unmoved("stretched", stretched, [positions, (2, 3), (3, 5)], [positions.flip(1), (2, 3), (3, 5)])
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q4_same(stretched):
    import torch

    positions = torch.arange(14.0).view(7, 2) ** 1.5
    problem = "" if near(stretched(positions, (3, 2), (3, 2)), positions) else "to a grid of the same size nothing changes"
    assert not problem, problem
    problem = unmoved("stretched", stretched, [positions, (3, 2), (3, 2)], [positions + 1, (3, 2), (3, 2)])
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
""" # END TEST CONFIG
def test_q4_numbers(stretched):
    import torch

    given = [[9.0, -9.0], [1.0, 0.0], [4.0, 2.0], [2.0, -1.0], [0.0, 3.0], [5.0, 5.0], [3.0, 1.0], [-2.0, 2.0], [6.0, 0.0], [1.0, 1.0]]
    positions = torch.tensor(given)
    wanted = [[9.0, -9.0], [1.0, 0.0], [3.0, 1.33333], [3.33333, 1.0], [2.0, -1.0]]
    wanted += [[-2.0, 2.0], [3.33333, 0.66667], [4.33333, 0.33333], [1.0, 1.0]]
    right = near(stretched(positions, (3, 3), (2, 4)), torch.tensor(wanted))
    problem = "" if right else "wrong positions from a grid of 3 x 3 to one of 2 x 4"
    assert not problem, problem
    wanted = [[9.0, -9.0], [1.0, 0.0], [4.0, 2.0], [2.0, -1.0], [0.5, 1.5], [4.5, 3.5], [2.5, 0.0], [0.0, 3.0], [5.0, 5.0], [3.0, 1.0]]
    right = near(stretched(positions[:7], (2, 3), (3, 3)), torch.tensor(wanted))
    problem = "" if right else "wrong positions from a grid of 2 x 3 to one of 3 x 3"
    assert not problem, problem
    wanted = [[9.0, -9.0], [1.0, 0.0], [2.0, 0.66667], [3.0, 1.33333], [4.0, 2.0], [2.0, -1.0], [1.33333, 0.33333], [0.66667, 1.66667]]
    wanted += [[0.0, 3.0], [5.0, 5.0], [4.33333, 3.66667], [3.66667, 2.33333], [3.0, 1.0]]
    right = near(stretched(positions[:7], (3, 2), (3, 4)), torch.tensor(wanted))
    problem = "" if right else "wrong positions from a grid of 3 x 2 to one of 3 x 4"
    assert not problem, problem

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q5
# points: 7
# minutes: 15
# objective: follow attention back through all layers to the patches by rollout

# %% [markdown] id="q5-question"
# ## Question 5 · What the class token is made of (7 points, 15 minutes)
#
# In the last layer the class token looks at tokens that have already looked at others. *Attention rollout* follows this back to the
# patches, as if attention and residual connections were all there is.
#
# Write `rollout`. `weights` is a list with one tensor `[n_heads, n, n]` for each layer, the first layer first; row i says where token i
# looks, and token 0 is the class token. For each layer take the mean over its heads, and then half of it plus half of the identity matrix,
# for the residual connection. Multiply the matrices of all layers so that the result says, in row i, of which tokens *before the first
# layer* token i is made after the last. Return the part of each **patch** in the class token: row 0 without its first entry, `[n - 1]`.

# %% [raw]
# # BEGIN SOLUTION

# %% id="q5-answer"
def rollout(weights):
    """A list of weights [n_heads, n, n], the first layer first -> the part of each patch in the class token, [n - 1]."""
    # BEGIN SOLUTION
    made_of = torch.eye(weights[0].shape[-1])
    for layer in weights:
        made_of = (layer.mean(dim=0) + torch.eye(layer.shape[-1])) / 2 @ made_of
    return made_of[0, 1:]
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q5_contract(rollout):
    import torch

    def diagnose():
        if not callable(rollout):
            return "there is no function rollout: run the cell that defines it"
        layer = torch.tensor([[[0.6, 0.3, 0.1], [0.2, 0.5, 0.3], [0.1, 0.1, 0.8]]])
        given = [layer.clone(), layer.clone()]
        found = rollout(given)
        if found is None or found is ...:
            return "rollout should return a tensor [n - 1]: is `return` missing?"
        if not isinstance(found, torch.Tensor):
            return f"rollout should return a tensor, not a {type(found).__name__}"
        if list(found.shape) == [3]:
            return "rollout should return the part of each patch: leave the class token's own part out"
        if list(found.shape) == [3, 3]:
            return "rollout should return one row: what the class token is made of"
        if list(found.shape) != [2]:
            return f"for three tokens rollout should return [2], not {list(found.shape)}"
        return "" if all(torch.equal(each, layer) for each in given) else "rollout changes the weights that it is given"

    problem = diagnose()
    assert not problem, problem
    layer = torch.tensor([[[0.5, 0.25, 0.25], [0.5, 0.25, 0.25], [0.0, 0.0, 1.0]]])
    problem = unmoved("rollout", rollout, [[layer, layer]], [[layer.flip(2), layer.flip(2)]])
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 4
""" # END TEST CONFIG
def test_q5_rollout(rollout):
    import torch

    def diagnose():
        one = [[[0.6, 0.3, 0.1], [0.2, 0.5, 0.3], [0.1, 0.1, 0.8]], [[0.2, 0.7, 0.1], [0.4, 0.4, 0.2], [0.3, 0.3, 0.4]]]
        two = [[[0.2, 0.1, 0.7], [0.6, 0.2, 0.2], [0.1, 0.6, 0.3]], [[0.4, 0.3, 0.3], [0.2, 0.2, 0.6], [0.5, 0.4, 0.1]]]
        found = rollout([torch.tensor(one), torch.tensor(two)])
        known = [
            ([0.2325, 0.255], "the order is wrong: the last layer picks among what the layers before have made, so it stands on the left"),
            ([0.34, 0.38], "the residual connection is missing: half of each token stays itself"),
            ([1.04, 0.98], "half of the mean and half of the identity: with you the rows add up to 2 in each layer"),
            ([0.69, 0.68], "take the mean over the heads, not their sum"),
            ([0.41, 0.3725], "take the mean over the heads, not the largest weight"),
            ([0.145, 0.3525], "you use the first head alone: take the mean over all"),
            ([0.25, 0.2025], "you return the first column: what the tokens have of the class token; the first row is asked for"),
            ([0.1, 0.25], "this is the last layer alone: follow it back through all layers"),
            ([0.2, 0.5], "these are the weights of the last layer: follow them back through all layers"),
            ([0.25, 0.05], "this is the first layer alone: all layers count"),
            ([0.175, 0.15], "the layers follow each other: multiply their matrices, do not take a mean over them"),
            ([0.35, 0.3], "the layers follow each other: multiply their matrices, do not add them"),
            ([0.025, 0.0125], "multiply as matrices, with @: a token looks at what other tokens are made of"),
            ([0.51485, 0.48515], "do not divide by the sum of the patches: the class token keeps a part for itself"),
            ([0.25875, 0.25375], "take the mean over the heads in each layer: a token is made by all heads of a layer together"),
            ([0.17, 0.19], "the identity comes in at every layer, not once at the end"),
        ]
        for wrong, why in known:
            if near(found, torch.tensor(wrong)):
                return why
        right = near(found, torch.tensor([0.26, 0.245]))
        return "" if right else f"the parts of the two patches should be 0.26 and 0.245; yours are {found.tolist()}"

    problem = diagnose()
    assert not problem, problem
    layer = torch.tensor([[[0.5, 0.5, 0.0], [0.5, 0.25, 0.25], [0.0, 0.0, 1.0]]])
    problem = unmoved("rollout", rollout, [[layer, layer.flip(1)]], [[layer.flip(1), layer]])
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2.5
hidden: true
""" # END TEST CONFIG
def test_q5_numbers(rollout):
    import torch

    weights = []
    for layer in range(3):
        raw = (torch.arange(48.0).view(3, 4, 4) * (7 + 2 * layer)) % 11 + 1
        weights.append(raw / raw.sum(dim=-1, keepdim=True))
    problem = "" if near(rollout(weights), torch.tensor([0.23338, 0.23864, 0.22620])) else "wrong parts for three layers of three heads"
    assert not problem, problem
    problem = "" if near(rollout(weights[1:2]), torch.tensor([0.13746, 0.18082, 0.14084])) else "wrong parts for a single layer"
    assert not problem, problem

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q6
# points: 6
# minutes: 15
# objective: compute the hard distillation loss of a ViT with two heads and answer by both

# %% [markdown] id="q6-question"
# ## Question 6 · A second token (6 points, 15 minutes)
#
# DeiT adds a *distillation token* beside the class token, with a head of its own. Both heads give logits, `class_logits` and
# `distillation_logits` `[b, n_classes]`. In training the class token learns the labels, `labels` `[b]`. The distillation token learns what
# a trained CNN **decides**: the class with the largest of the `teacher`'s logits `[b, n_classes]`.
#
# **a.** Write `two_token_loss`: half of the mean cross-entropy of the class head with the labels, plus half of the mean cross-entropy of
# the distillation head with the teacher's decisions. One number in a tensor, through which gradients reach both heads. You may use
# `torch.nn.functional.cross_entropy`.
#
# **b.** Write `answer`: in use there is no teacher, and the class is named for which the mean of both logits is largest. Whole numbers
# `[b]`.

# %% [raw]
# # BEGIN SOLUTION

# %% id="q6-answer"
def two_token_loss(class_logits, distillation_logits, labels, teacher):
    """Logits of both heads and of the teacher [b, n_classes], labels [b] -> one number in a tensor."""
    # BEGIN SOLUTION
    own = torch.nn.functional.cross_entropy(class_logits, labels)
    taught = torch.nn.functional.cross_entropy(distillation_logits, teacher.argmax(dim=-1))
    return (own + taught) / 2
    # END SOLUTION


def answer(class_logits, distillation_logits):
    """Logits of both heads [b, n_classes] -> the class that both name together, [b]."""
    # BEGIN SOLUTION
    return (class_logits + distillation_logits).argmax(dim=-1)
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q6_contract(two_token_loss, answer):
    import torch

    def diagnose():
        for name, function in (("two_token_loss", two_token_loss), ("answer", answer)):
            if not callable(function):
                return f"there is no function {name}: run the cell that defines it"
        logits, teacher = torch.tensor([[1.0, 0.0, 0.5], [0.5, 0.0, 2.0]]), torch.tensor([[0.0, 2.0, 1.0], [3.0, 0.0, 1.0]])
        given = [logits, 0.5 * logits.flip(1), torch.tensor([0, 2]), teacher]
        found = two_token_loss(*(each.clone() for each in given))
        if found is None or found is ...:
            return "two_token_loss should return one number in a tensor: is `return` missing?"
        if isinstance(found, torch.Tensor) and found.numel() > 1:
            return "two_token_loss should return one number: take the mean over the pictures"
        if number(found) is None or not isinstance(found, torch.Tensor):
            return "two_token_loss should return one number in a tensor"
        if not gradient_flows(two_token_loss, given):
            return "no gradient reaches the class head"
        if not gradient_flows(two_token_loss, given, of=1):
            return "no gradient reaches the distillation head"
        said = answer(logits.clone(), teacher.clone())
        if not isinstance(said, torch.Tensor) or list(said.shape) != [2]:
            return "answer should return one class a picture, [b]"
        if said.is_floating_point():
            return "answer should return whole numbers: which class, not how large its logit is"
        if changes_inputs(two_token_loss, *given) or changes_inputs(answer, logits, teacher):
            return "two_token_loss or answer changes what it was given"
        return ""

    problem = diagnose()
    assert not problem, problem
    logits = torch.tensor([[1.0, 0.0], [0.0, 3.0]])
    given = [torch.tensor([0, 1]), torch.tensor([[0.0, 1.0], [0.0, 2.0]])]
    problem = unmoved("two_token_loss", two_token_loss, [logits, logits, *given], [-logits, 2 * logits, *given])
    assert not problem, problem
    problem = unmoved("answer", answer, [logits, logits], [logits.flip(1), logits.flip(1)])
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2
""" # END TEST CONFIG
def test_q6_loss(two_token_loss):
    import torch

    def diagnose():
        first = torch.tensor([[2.0, 0.0, -1.0, 0.5], [0.0, 1.0, 0.75, -1.0], [1.0, 1.5, 0.0, 0.0]])
        second = torch.tensor([[0.5, 1.0, 0.0, 0.0], [1.5, 0.0, -0.5, 1.0], [0.0, 0.5, 2.0, -1.0]])
        teacher = torch.tensor([[1.0, 3.0, 2.0, 0.0], [4.0, 0.0, 1.0, 3.0], [0.0, 1.0, 2.5, 2.0]])
        found = number(two_token_loss(first, second, torch.tensor([0, 2, 1]), teacher))
        known = [
            (1.33519, "half of each part: you add both up whole"),
            (1.33426, "the distillation head learns what the teacher decides, not the labels"),
            (2.0426, "the heads have changed places: the class token learns the labels"),
            (0.9579, "the teacher's decision counts, its class alone: you take its probabilities"),
            (0.48962, "the teacher's decision counts, its class alone: you take the divergence of its probabilities"),
            (1.42054, "the second part is the distillation head's: you use the class head twice"),
            (0.7122, "the teacher's part is missing"),
            (0.62299, "the part of the labels is missing"),
            (2.00279, "take the mean over the pictures, not their sum"),
            (1.4176, "the teacher decides for its largest logit: you take the smallest"),
            (1.15085, "each head learns on its own: the mean of both heads is for the answer in use"),
            (1.37593, "the class token learns the labels, not the teacher's decisions"),
            (-0.6676, "your loss is negative: mind the sign"),
        ]
        for wrong, why in known:
            if found is not None and abs(found - wrong) < 1e-4:
                return why
        right = found is not None and abs(found - 0.66760) < 1e-4
        return "" if right else f"for three pictures the loss should be 0.6676; yours is {found}"

    problem = diagnose()
    assert not problem, problem
    logits = torch.tensor([[1.0, 0.0, 2.0], [0.0, 3.0, 0.5]])
    given = [logits, 0.5 * logits, torch.tensor([0, 2])]
    one, other = [*given, torch.tensor([[0.0, 1.0, 0.0], [2.0, 0.0, 0.0]])], [-logits, logits, torch.tensor([1, 2]), logits]
    problem = unmoved("two_token_loss", two_token_loss, one, other)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1.5
""" # END TEST CONFIG
def test_q6_answer(answer):
    import torch

    def diagnose():
        first = torch.tensor([[2.0, 0.0, 1.0], [0.0, 1.0, 0.9], [0.0, 3.0, 0.0]])
        second = torch.tensor([[0.0, 0.5, 1.5], [0.0, 0.2, 1.0], [1.0, 0.0, 2.5]])
        found = answer(first, second).tolist()
        if found == [0, 1, 1]:
            return "you ask the class head alone, or take the surer head: the mean of both heads counts"
        if found == [2, 2, 2]:
            return "you ask the distillation head alone: the mean of both heads counts"
        if found == [1, 0, 0] or found == [1, 0, 2]:
            return "the class with the largest mean is asked for, not with the smallest"
        return "" if found == [2, 2, 1] else f"for three pictures the classes should be 2, 2 and 1; yours are {found}"

    problem = diagnose()
    assert not problem, problem
    logits = torch.tensor([[1.0, 0.0, 2.0], [0.0, 3.0, 0.5]])
    problem = unmoved("answer", answer, [logits, logits], [logits.roll(1, 1), logits.roll(1, 1)])
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
""" # END TEST CONFIG
def test_q6_numbers(two_token_loss, answer):
    import torch

    first = torch.tensor([[0.3, -1.2, 2.0, 0.5], [1.1, 0.0, -0.4, 0.9], [-2.0, 0.7, 0.2, 1.5]])
    second = torch.tensor([[1.0, 0.0, 0.5, -1.0], [0.0, 2.0, 0.25, -0.5], [0.75, 0.5, -1.0, 0.0]])
    teacher = torch.tensor([[0.0, 1.0, 5.0, 2.0], [3.0, -1.0, 0.0, 2.0], [1.0, 1.5, 0.0, -2.0]])
    for labels, said, wanted in (([3, 1, 1], teacher, 1.65124), ([0, 2, 1], -teacher, 1.41790)):
        found = number(two_token_loss(first, second, torch.tensor(labels), said))
        problem = "" if found is not None and abs(found - wanted) < 1e-4 else f"wrong loss of three pictures with the labels {labels}"
        assert not problem, problem
    problem = "" if answer(first, second).tolist() == [2, 1, 3] else "wrong classes for three pictures and four classes"
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
# objective: predict which answers notice shuffled patches and moved pictures, and correct the prediction by a run

# %% [markdown] id="q7-question"
# ## Question 7 · Predict, then run (5 points, 10 minutes)
#
# Two untrained networks read a picture of 16 × 16 pixels. The first is a ViT with patches of 4 × 4 pixels, a class token and one block; it
# can be run with or without positions. The second is a CNN of two layers of 3 × 3 filters, which takes the mean over all places at the end.
# A picture is *moved* to the right; what leaves it at the right edge comes in at the left one, and the filters wrap round in the same way.
# Are the logits the same or different
#
# * **a.** of the ViT without positions, if the sixteen patches change places at random;
# * **b.** of the ViT without positions, if the picture is moved by 3 pixels;
# * **c.** of the ViT with positions, if the picture is moved by 4 pixels;
# * **d.** of the CNN, if the picture is moved by 3 pixels?
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
# Now find out. The first experiment is there; the other three are yours. `torch.roll` moves a picture, and `…, 3, dims=-1` is 3 pixels to
# the right.

# %% id="q7-given"
generator = torch.Generator().manual_seed(8)


def random(*shape):
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


to_token, class_token, position_vectors = random(32, 1, 4, 4) / 4, random(1, 32), random(17, 32)
to_query, to_key, to_value, to_classes = random(32, 32) / 6, random(32, 32) / 6, random(32, 32) / 6, random(32, 5)
first_filters, second_filters, to_cnn_classes = random(8, 1, 3, 3) / 3, random(16, 8, 3, 3) / 8, random(16, 5)


def vit(picture, with_positions):
    """One block of attention over patches: picture [16, 16] -> five logits, read from the class token."""
    patches = torch.nn.functional.conv2d(picture[None, None], to_token, stride=4)[0].flatten(1).T
    tokens = torch.cat((class_token, patches))
    if with_positions:
        tokens = tokens + position_vectors
    weights = ((tokens @ to_query) @ (tokens @ to_key).T / 32**0.5).softmax(dim=-1)
    tokens = tokens + weights @ (tokens @ to_value)
    return tokens[0].relu() @ to_classes


def cnn(picture):
    """Two layers of filters that wrap round, and the mean over all places: picture [16, 16] -> five logits."""
    features = picture[None, None]
    for filters in (first_filters, second_filters):
        features = torch.nn.functional.conv2d(torch.nn.functional.pad(features, (1, 1, 1, 1), mode="circular"), filters).relu()
    return features.mean(dim=(0, 2, 3)) @ to_cnn_classes


def shuffled(picture):
    """The same picture with its sixteen patches in another order."""
    rows = picture.view(4, 4, 4, 4).transpose(1, 2).reshape(16, 4, 4)[torch.randperm(16, generator=generator)]
    return rows.view(4, 4, 4, 4).transpose(1, 2).reshape(16, 16)


def compare(before, after):
    return "same" if torch.allclose(before, after, atol=1e-9) else "different"


picture = random(16, 16)
print("a:", compare(vit(picture, with_positions=False), vit(shuffled(picture), with_positions=False)))

# %% [raw]
# # BEGIN SOLUTION

# %% id="q7-experiments"
# Your experiments for b, c and d.
# BEGIN SOLUTION NO PROMPT
print("b:", compare(vit(picture, with_positions=False), vit(picture.roll(3, dims=-1), with_positions=False)))
print("c:", compare(vit(picture, with_positions=True), vit(picture.roll(4, dims=-1), with_positions=True)))
print("d:", compare(cnn(picture), cnn(picture.roll(3, dims=-1))))
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
    problem = "" if right else "a: without positions the class token sees a set of patches, and a set has no order"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q7_b(observed):
    right = observed.get("b") == "different" and not all_alike(observed)
    problem = "" if right else "b: 3 pixels are no whole patch, so the scissors cut everything elsewhere: these are other patches"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q7_c(observed):
    right = observed.get("c") == "different" and not all_alike(observed)
    problem = "" if right else "c: the patches are the same ones, but each has another position now"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q7_d(observed):
    right = observed.get("d") == "same" and not all_alike(observed)
    problem = "" if right else "d: a filter does the same at every place, so the map moves along, and its mean stays"
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
# objective: explain from accuracies on seen and on new pictures what a ViT lacks, pictures or steps
# rubric:
#     - says that with 2 500 pictures the ViT knows them by heart and is right for half of the new ones, and that more close the gap
#     - says that after 1 000 steps it is as wrong on seen pictures as on new ones, 51 %, so that it lacks steps there, and not pictures
#     - says that the CNN is ahead in every line, so no number of pictures is shown from which the ViT wins, and none is excluded
#     - gives a reason, such as filters that do the same at every place, while a ViT has to learn this from pictures
#     - is four or five sentences, in own words, and everything in them is true

# %% [markdown] id="q8-question"
# ## Question 8 · Explain (5 points, 10 minutes)
#
# A ViT and a CNN with equally many parameters learned to say which of six kinds of object lies on textured ground. Each had its best of
# three learning rates. Accuracy on pictures that it was trained on (at most 1 000 of them) and on 2 000 new ones, as a mean of five
# trainings:
#
# | pictures | steps | ViT, seen | ViT, new | CNN, seen | CNN, new |
# |---:|---:|---:|---:|---:|---:|
# | 100 | 600 | 100 % | 18 % | 98 % | 23 % |
# | 500 | 1 000 | 100 % | 25 % | 100 % | 58 % |
# | 2 500 | 2 000 | 100 % | 49 % | 100 % | 98 % |
# | 10 000 | 3 000 | 95 % | 78 % | 100 % | 100 % |
# | 50 000 | 4 000 | 96 % | 93 % | 100 % | 100 % |
#
# One ViT was trained on 50 000 pictures for 1 000 steps only: 51 % on seen pictures, 51 % on new ones. A student writes: *A ViT memorises
# its pictures. It only needs enough of them, and then it overtakes the CNN, as in the paper.*
#
# **In four or five sentences of your own: which numbers show that the ViT memorises, and what do more pictures change? What did the ViT of
# 1 000 steps lack, and how do you know? What does the table say about overtaking? And why may a CNN get along with fewer pictures?**
#
# You get one point for each of these: memorising, and what more pictures change · what the ViT of 1 000 steps lacks · what the table says
# about overtaking · a reason · true sentences in your own words.

# %% [raw]
# # BEGIN PROMPT

# %% [markdown] id="q8-answer"
# _Write your sentences here, in place of this line._

# %% [raw]
# # END PROMPT

# %% [raw]
# # BEGIN SOLUTION

# %% [markdown]
# **Model answer.** With 2 500 pictures the ViT knows all of them by heart, 100 %, and is right for only half of the new ones, where the
# CNN is right for 98 %; with 50 000 the gap is 96 to 93 %, so there more pictures were what it lacked. After 1 000 steps, however, it is
# as wrong on pictures that it was trained on as on new ones, 51 % each: nothing is memorised, and it lacks steps, which the 93 % after
# 4 000 show. The CNN is ahead in every line and comes to 100 %, so the table shows no number of pictures from which the ViT wins; nor can
# it say what happens with harder pictures and more of them, as in the paper. A CNN may need fewer since its filters do the same at every
# place, so that it knows an object wherever it lies; a ViT has to learn this from pictures.

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
