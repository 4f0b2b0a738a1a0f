# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [raw]
# # ASSIGNMENT CONFIG
# name: 05_transformer
# init_cell: false
# export_cell: false
# generate: true
# python_version: "3.11"
# requirements: [numpy==2.4.6, torch==2.13.0]
# tests:
#     files: false
#     ok_format: false

# %% [markdown] id="title"
# # Assignment 05 · The Transformer
#
# *By hand, in code, by prediction, and in words.* Seven questions, 41 points, about 90 minutes.
#
# | question | what you do | points | minutes |
# |---|---|---|---|
# | 1 | feed-forward, residual and norm of one token by hand | 6 | 15 |
# | 2 | write layer norm | 5 | 10 |
# | 3 | write the decoder's mask | 6 | 10 |
# | 4 | predict who notices a change, then run | 5 | 10 |
# | 5 | put a decoder layer together | 8 | 20 |
# | 6 | write a translation word by word | 6 | 15 |
# | 7 | explain a translator that only seems to be good | 5 | 10 |
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
# points: 6
# minutes: 15
# objective: compute a feed-forward network with residual connection and layer norm, post-norm and pre-norm, and count a layer's parameters

# %% [markdown] id="q1-question"
# ## Question 1 · By hand (6 points, 15 minutes)
#
# One token of width 4 is $x = (1,\ 3,\ -1,\ 1)$. The feed-forward network has two hidden units and no biases:
#
# $$
# f(x) = \text{ReLU}(x W_1)\, W_2, \qquad
# W_1 = \begin{pmatrix} 1 & 0 \\ 1 & 0 \\ 0 & 2 \\ 0 & 1 \end{pmatrix}, \qquad
# W_2 = \begin{pmatrix} 2 & 0 & 0 & -1 \\ 0 & 1 & 1 & 0 \end{pmatrix}.
# $$
#
# Layer norm $\text{LN}$ subtracts a token's mean and divides by the root of its variance (the sum of squares over 4). Leave gain, shift
# and $\varepsilon$ out. On paper, with a pocket calculator for the roots:
#
# 1. the two **hidden** units of $x$, after the ReLU;
# 2. what the network **adds**, $f(x)$, four numbers;
# 3. the token after the sublayer in **post-norm**, the paper's order: $\text{LN}(x + f(x))$;
# 4. the token after the sublayer in **pre-norm**: $x + f(\text{LN}(x))$;
# 5. the **number of parameters** of one encoder layer with $d_\text{model} = 8$, 2 heads and $d_\text{ff} = 16$. Here all linear maps have
#    biases (those of query, key, value and output, and the two of the feed-forward network), and each norm has a gain and a shift for
#    each feature.
#
# Write numbers rounded to two decimals.

# %% [raw]
# # BEGIN SOLUTION

# %% id="q1-answer"
hidden_by_hand = [4, 0]  # SOLUTION
added_by_hand = [8, 0, 0, -4]  # SOLUTION
post_norm_by_hand = [1.53, 0.22, -0.65, -1.09]  # SOLUTION
pre_norm_by_hand = [3.83, 3.00, -1.00, -0.41]  # SOLUTION
parameters_by_hand = 600  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0
""" # END TEST CONFIG
def test_q1_filled_in(hidden_by_hand, added_by_hand, post_norm_by_hand, pre_norm_by_hand, parameters_by_hand):
    def diagnose():
        lists = {
            "hidden_by_hand": (hidden_by_hand, 2),
            "added_by_hand": (added_by_hand, 4),
            "post_norm_by_hand": (post_norm_by_hand, 4),
            "pre_norm_by_hand": (pre_norm_by_hand, 4),
        }
        for name, (answer, length) in lists.items():
            if numbers(answer, length) is None:
                return f"{name} is not filled in yet: write a list of {length} numbers"
        return "" if number(parameters_by_hand) is not None else "parameters_by_hand is not filled in yet: write one whole number"

    problem = diagnose()
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
""" # END TEST CONFIG
def test_q1_feed_forward(hidden_by_hand, added_by_hand):
    def meets(answer, wanted):
        return all(abs(a - b) < 0.011 for a, b in zip(numbers(answer, len(wanted)), wanted, strict=True))

    def diagnose():
        if meets(hidden_by_hand, (4, -1)):
            return "a hidden unit is negative: the ReLU makes it 0"
        if meets(hidden_by_hand, (0, 4)):
            return "your hidden units are in the wrong order: the first column of W_1 makes the first"
        if not meets(hidden_by_hand, (4, 0)):
            return "each hidden unit is the dot product of x with one column of W_1, and at least 0"
        if meets(added_by_hand, (9, 3, -1, -3)):
            return "that is x + f(x) already: added_by_hand is f(x) alone"
        return "" if meets(added_by_hand, (8, 0, 0, -4)) else "f(x) is the sum of the rows of W_2, each times its hidden unit"

    problem = diagnose()
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
""" # END TEST CONFIG
def test_q1_post_norm(post_norm_by_hand):
    def meets(answer, wanted):
        return all(abs(a - b) < 0.011 for a, b in zip(numbers(answer, len(wanted)), wanted, strict=True))

    def diagnose():
        if meets(post_norm_by_hand, (1.606, -0.229, -0.229, -1.147)):
            return "that is the norm of f(x): the residual connection adds x first"
        if meets(post_norm_by_hand, (1.964, 0.655, -0.218, -0.655)):
            return "you did not subtract the mean: x + f(x) has the mean 2"
        if meets(post_norm_by_hand, (1.323, 0.189, -0.567, -0.945)):
            return "you divided the sum of squares by 3: layer norm divides it by all 4 features"
        if meets(post_norm_by_hand, (0.333, 0.048, -0.143, -0.238)):
            return "you divided by the variance: divide by its root"
        mean = sum(numbers(post_norm_by_hand, 4)) / 4
        if len(set(numbers(post_norm_by_hand, 4))) == 1:
            return "the four numbers are not all the same: a norm keeps which of them is larger"
        return "" if abs(mean) < 0.011 else f"a normed token has the mean 0, yours has {mean:.2f}"

    problem = diagnose()
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
""" # END TEST CONFIG
def test_q1_pre_norm(pre_norm_by_hand):
    def meets(answer, wanted):
        return all(abs(a - b) < 0.011 for a, b in zip(numbers(answer, len(wanted)), wanted, strict=True))

    def diagnose():
        if meets(pre_norm_by_hand, (2.606, 2.771, -1.229, -0.147)):
            return "you normed what the network returns: pre-norm norms what it is given"
        if meets(pre_norm_by_hand, (2.828, 1.414, -1.414, -1.414)):
            return "you added f to the normed token: the residual connection carries x itself past the norm"
        if meets(pre_norm_by_hand, (2.828, 0, 0, -1.414)):
            return "that is f of the normed token: x is still to be added"
        pre_norm = numbers(pre_norm_by_hand, 4)
        kept = abs(pre_norm[1] - 3) < 0.011 and abs(pre_norm[2] + 1) < 0.011
        return "" if kept else "the network adds nothing to features 2 and 3, so in pre-norm they stay 3 and -1"

    problem = diagnose()
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
""" # END TEST CONFIG
def test_q1_parameters(parameters_by_hand):
    known = {
        544: "you left out the biases: each linear map has one for each number it returns",
        584: "you counted one norm: the layer has two sublayers, and a norm for each",
        568: "you left out the norms: two of them, with a gain and a shift for each feature",
        888: "you multiplied the attention by its heads: heads divide the same four matrices",
        528: "you counted three maps of attention: the output has a map of its own",
        904: "that is a decoder layer: an encoder layer has no cross-attention and only two norms",
    }
    count = number(parameters_by_hand)
    problem = "" if count == 600 else known.get(count, "count 4 maps of attention, 2 of the network, 2 norms")
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
""" # END TEST CONFIG
def test_q1_numbers(post_norm_by_hand, pre_norm_by_hand):
    for name, answer, wanted in (
        ("LN(x + f(x))", post_norm_by_hand, (1.5275, 0.2182, -0.6547, -1.0911)),
        ("x + f(LN(x))", pre_norm_by_hand, (3.8284, 3.0, -1.0, -0.4142)),
    ):
        far = max(abs(a - b) for a, b in zip(numbers(answer, 4), wanted, strict=True))
        problem = "" if far < 0.011 else f"{name} is off by up to {far:.2f}"
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
# objective: write layer norm for a batch of sentences, over the right numbers

# %% [markdown] id="q2-question"
# ## Question 2 · Layer norm (5 points, 10 minutes)
#
# Write `layer_norm`. It gives **each token** mean 0 and variance 1, then multiplies by a gain and adds a shift:
#
# $$ \text{LN}(x) = \frac{x - \text{mean}(x)}{\sqrt{\text{variance}(x) + \varepsilon}} \cdot \text{gain} + \text{shift} . $$
#
# * `tokens` is `[b, n, d]`: a batch of sentences of `n` tokens with `d` features. The result has the same shape.
# * `gain` and `shift` are `[d]`.
# * The variance is the mean of the squared deviations (divided by $d$, not by $d - 1$).
#
# Do not use `torch`'s ready-made norms. Leave the tensors you are given as they are, and let a gradient find its way back to them.

# %% [raw]
# # BEGIN SOLUTION

# %% id="q2-answer"
def layer_norm(tokens, gain, shift, eps=1e-5):
    """tokens [b, n, d], gain and shift [d] -> normed tokens [b, n, d]."""
    # BEGIN SOLUTION
    deviation = tokens - tokens.mean(dim=-1, keepdim=True)
    variance = deviation.square().mean(dim=-1, keepdim=True)
    return deviation / torch.sqrt(variance + eps) * gain + shift
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q2_contract(layer_norm):
    import torch

    problem = "" if callable(layer_norm) else "there is no function layer_norm: run the cell that defines it"
    assert not problem, problem
    normed = layer_norm(torch.arange(24.0).reshape(2, 3, 4).sin(), torch.ones(4), torch.zeros(4))
    problem = "" if isinstance(normed, torch.Tensor) else "layer_norm should return a tensor: is `return` missing?"
    assert not problem, problem
    shape = list(normed.shape)
    problem = "" if shape == [2, 3, 4] else f"tokens [2, 3, 4] should stay [2, 3, 4]; yours are {shape}"
    assert not problem, problem
    given = [torch.arange(24.0).reshape(2, 3, 4).sin(), torch.ones(4) * 2, torch.ones(4)]
    library = calls_any(layer_norm, given, "layer_norm", "batch_norm", "rms_norm", "group_norm", "instance_norm")
    problem = "" if not library else f"write it yourself: your function comes down to torch's {library}"
    assert not problem, problem
    problem = "layer_norm changes the tensor it was given" if changes_inputs(layer_norm, *given) else ""
    assert not problem, problem
    first, second = given, [given[0].flip(2), *given[1:]]
    problem = unmoved("layer_norm", layer_norm, first, second)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
""" # END TEST CONFIG
def test_q2_over_the_features(layer_norm):
    import torch

    def diagnose():
        tokens = (torch.arange(40.0) ** 1.5).reshape(2, 5, 4).sin() + torch.tensor([0.0, 1.0, 5.0, -2.0])
        normed = layer_norm(tokens, torch.ones(4), torch.zeros(4)).detach().double()
        if float(normed.abs().max()) < 1e-6:
            return "everything comes out as 0: the tokens are different, their norms are, too"

        def centred(*dims):
            return float(normed.mean(dim=dims).abs().max()) < 1e-4

        if centred(2):
            return ""
        if centred(1):
            return "you norm each feature over the words of its sentence: take mean and variance over the features, the last dimension"
        if centred(0):
            return "you norm over the sentences of the batch only: take mean and variance over the features, the last dimension"
        if centred(0, 1):
            return "you norm each feature over batch and sentence, which is batch norm: take mean and variance over the features"
        if centred(1, 2):
            return "you take one mean for a whole sentence: every token has its own, over its features"
        if centred(0, 1, 2):
            return "you take one mean for the whole batch: every token has its own, over its features"
        return "the mean of each normed token should be 0 (with gain 1 and shift 0): is the mean subtracted?"

    problem = diagnose()
    assert not problem, problem
    first, second = [torch.eye(4)[None], torch.ones(4), torch.zeros(4)], [1 - torch.eye(4)[None], torch.ones(4), torch.zeros(4)]
    problem = unmoved("layer_norm", layer_norm, first, second)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
""" # END TEST CONFIG
def test_q2_variance(layer_norm):
    import torch

    def diagnose():
        token = torch.tensor([[[6.0, -2.0, 0.0, 4.0]]])
        variance = float(layer_norm(token, torch.ones(4), torch.zeros(4))[0, 0].square().mean())
        if abs(variance - 0.75) < 1e-3:
            return "your variance is divided by d - 1, torch's default: divide by d"
        if abs(variance - 0.1) < 1e-3:
            return "you divide by the variance: divide by its root"
        if abs(variance - 10) < 1e-2:
            return "your tokens are centred but not scaled: divide by the root of the variance"
        return "" if abs(variance - 1) < 1e-3 else f"the variance of a normed token should be 1, yours is {variance:.2f}"

    problem = diagnose()
    assert not problem, problem
    first, second = [torch.eye(4)[None], torch.ones(4), torch.zeros(4)], [1 - torch.eye(4)[None], torch.ones(4), torch.zeros(4)]
    problem = unmoved("layer_norm", layer_norm, first, second)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
""" # END TEST CONFIG
def test_q2_eps(layer_norm):
    import torch

    def diagnose():
        one, zero = torch.ones(4), torch.zeros(4)
        equal = layer_norm(torch.full((1, 1, 4), 3.0), one, zero)
        if equal.isnan().any():
            return "a token whose features are all equal gives nan (0 / 0): eps belongs under the root"
        small = float(layer_norm(torch.tensor([[[0.001, -0.001, 0.001, -0.001]]]), one, zero)[0, 0, 0])
        if abs(small - 0.9901) < 2e-3:
            return "you add eps to the root: add it to the variance, inside the root"
        return "" if abs(small - 0.3015) < 1e-3 else "a token of features ±0.001 should become ±0.30 with eps = 1e-5: where is eps added?"

    problem = diagnose()
    assert not problem, problem
    first, second = [torch.eye(4)[None], torch.ones(4), torch.zeros(4)], [1 - torch.eye(4)[None], torch.ones(4), torch.zeros(4)]
    problem = unmoved("layer_norm", layer_norm, first, second)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q2_gain_and_shift(layer_norm):
    import torch

    def diagnose():
        token = torch.tensor([[[1.0, -1.0, 1.0, -1.0]]])
        normed = layer_norm(token, torch.tensor([1.0, 2.0, 3.0, 4.0]), torch.tensor([5.0, 5.0, 0.0, 0.0]))
        features = [round(float(number), 2) for number in normed[0, 0]]
        if features == [1, -1, 1, -1]:
            return "gain and shift change nothing: multiply by the gain, then add the shift"
        if features == [6, 8, 3, -4]:
            return "you add the shift before you multiply: first the gain, then the shift"
        wanted = f"(1, -1, 1, -1) with gain (1, 2, 3, 4) and shift (5, 5, 0, 0) should give (6, 3, 3, -4); you return {features}"
        if features != [6, 3, 3, -4]:
            return wanted
        plain = layer_norm(token, torch.ones(4), torch.zeros(4))
        return "" if near(plain, token, atol=1e-3) else "with gain 1 and shift 0 (1, -1, 1, -1) should stay what it is"

    problem = diagnose()
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q2_numbers(layer_norm):
    import torch

    tokens = torch.tensor([[[0.5, 2.0, -1.0], [3.0, 3.5, 1.0]], [[0.0, 0.0, 9.0], [-4.0, 1.0, 0.25]]])
    before = tokens.clone()
    normed = layer_norm(tokens, torch.tensor([1.0, 0.5, -2.0]), torch.tensor([0.0, 1.0, 0.1]))
    problem = "" if same(tokens, before) else "layer_norm changes the tensor it was given"
    assert not problem, problem
    flows = all(gradient_flows(layer_norm, [tokens, torch.ones(3), torch.zeros(3)], of=place) for place in range(3))
    problem = "" if flows else "no gradient finds its way to tokens, gain and shift: .item(), .detach(), float(…) and NumPy cut it off"
    assert not problem, problem
    expected = torch.tensor([[[0.0, 1.6124, 2.5495], [0.4629, 1.4629, 2.8774]], [[-0.7071, 0.6464, -2.7284], [-1.4005, 1.4353, -0.9598]]])
    problem = "" if near(normed, expected, atol=1e-3) else "wrong numbers for tokens [2, 2, 3] with gain and shift"
    assert not problem, problem

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q3
# points: 6
# minutes: 10
# objective: write one boolean mask for the decoder that hides later words and padding

# %% [markdown] id="q3-question"
# ## Question 3 · The decoder's mask (6 points, 10 minutes)
#
# Write `decoder_mask`. From the words of a batch of targets it makes the mask of the decoder's self-attention.
#
# * `target` is `[b, n]`, whole numbers; **0 is padding**, everything else is a word (1 is START).
# * The result is boolean, `[b, 1, n, n]`: sentence, a place for the heads, the word that asks, the word that is asked.
# * **`True` means: may be attended.** A word may attend to itself and to earlier words, but never to padding.
# * A padded place follows the same rule as a word: it may attend to the words before it. (Nobody reads what comes out there, but it
#   should have something to attend to.)

# %% [raw]
# # BEGIN SOLUTION

# %% id="q3-answer"
def decoder_mask(target):
    """target [b, n], 0 = padding -> mask [b, 1, n, n], True = may be attended."""
    # BEGIN SOLUTION
    n = target.shape[1]
    causal = torch.ones(n, n, dtype=torch.bool).tril()
    return causal & (target != 0)[:, None, None, :]
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q3_contract(decoder_mask):
    import torch

    problem = "" if callable(decoder_mask) else "there is no function decoder_mask: run the cell that defines it"
    assert not problem, problem
    words = torch.tensor([[1, 5, 6, 7], [1, 5, 0, 0]])
    problem = "decoder_mask changes the words it was given" if changes_inputs(decoder_mask, words) else ""
    assert not problem, problem
    mask = decoder_mask(words)
    problem = "" if isinstance(mask, torch.Tensor) else "decoder_mask should return a tensor: is `return` missing?"
    assert not problem, problem
    shape = list(mask.shape)
    hints = {
        (2, 4, 4): ": add the place for the heads, such as with [:, None]",
        (4, 4): ": that is one mask for all sentences, but each has its own padding",
        (2, 1, 1, 4): ": that is the padding alone, the same for every word that asks",
    }
    wanted = f"for targets [2, 4] the mask should be [2, 1, 4, 4]; yours is {shape}{hints.get(tuple(shape), '')}"
    problem = "" if shape == [2, 1, 4, 4] else wanted
    assert not problem, problem
    kind = str(mask.dtype).removeprefix("torch.")
    problem = "" if mask.dtype == torch.bool else f"the mask should be boolean, yours is {kind}: True or False for each pair of words"
    assert not problem, problem
    first, second = [torch.tensor([[1, 5, 6]])], [torch.tensor([[1, 5]])]
    problem = unmoved("decoder_mask", decoder_mask, first, second)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2.5
""" # END TEST CONFIG
def test_q3_no_later_word(decoder_mask):
    import torch

    def diagnose():
        mask = decoder_mask(torch.tensor([[1, 5, 6, 7]]))[0, 0]
        full = torch.ones(4, 4, dtype=torch.bool)
        known = {
            "your mask is True where it should hide: True means may be attended": full.triu(1),
            "a word may not attend to itself in your mask: the diagonal should be True": full.tril(-1),
            "your words attend to later words: rows are the words that ask, columns those that are asked": full.triu(),
            "a word may attend to everything in your mask: hide the later words": full,
        }
        if same(mask, full) and int(decoder_mask(torch.tensor([[1, 5, 0, 0]])).sum()) == 11:
            return "you allow what one of the two rules allows: both have to (&, not |)"
        for message, wrong in known.items():
            if same(mask, wrong):
                return message
        if same(mask, full.tril()) and list(decoder_mask(torch.tensor([[1, 5, 6]])).shape) != [1, 1, 3, 3]:
            return "for three words the mask should be [1, 1, 3, 3]"
        return "" if same(mask, full.tril()) else "without padding, word t may attend to the words 0 … t and to no other"

    problem = diagnose()
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
""" # END TEST CONFIG
def test_q3_no_padding(decoder_mask):
    import torch

    def diagnose():
        alone = decoder_mask(torch.tensor([[1, 5, 0, 0]]))[0, 0]
        mask = decoder_mask(torch.tensor([[1, 5, 6, 7], [1, 5, 0, 0]]))[:, 0]
        columns = [int(mask[1, row].sum()) for row in range(4)]
        if not same(mask[1], alone):
            return "the mask of a sentence depends on the others in the batch: each has its own padding"
        if columns == [1, 2, 0, 0]:
            return "a padded place may attend to nothing in your mask: padding is hidden from others, but may ask like a word"
        if columns == [1, 2, 3, 4]:
            return "your mask does not know about padding: no word may attend to a 0"
        if int(mask[0].sum()) != 10:
            return "the padding of one sentence hides words of another: each has its own padding"
        return "" if columns == [1, 2, 2, 2] else f"in START word PAD PAD the rows should allow 1, 2, 2 and 2 words; yours allow {columns}"

    problem = diagnose()
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q3_padding_in_front(decoder_mask):
    import torch

    mask = decoder_mask(torch.tensor([[0, 0, 1, 5, 8]]))[0, 0].int().tolist()
    expected = [[0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 1, 1, 0], [0, 0, 1, 1, 1]]
    problem = "" if mask == expected else "padding may stand in front of the words, too: look for it word by word"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q3_numbers(decoder_mask):
    import torch

    mask = decoder_mask(torch.tensor([[1, 9, 4, 0, 0], [1, 0, 0, 0, 0], [1, 3, 3, 7, 2]]))
    sums = [mask[row, 0].sum(dim=0).tolist() for row in range(3)]
    problem = "" if sums == [[5, 4, 3, 0, 0], [5, 0, 0, 0, 0], [5, 4, 3, 2, 1]] else "wrong masks for three sentences of 3, 1 and 5 words"
    assert not problem, problem
    single = decoder_mask(torch.tensor([[1]]))
    problem = "" if single.flatten().tolist() == [True] else "START alone, targets [1, 1], should be allowed to attend to itself"
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
# objective: predict which outputs notice a change of a target word, a source word or padding, and correct the prediction by a run

# %% [markdown] id="q4-question"
# ## Question 4 · Predict, then run (5 points, 10 minutes)
#
# A Transformer of two encoder and two decoder layers, not trained, reads a source of four words and one padding, and a target of six
# words, `START` to the fifth word. It has a causal mask and a padding mask. Places are counted from 0. Which of the decoder's six outputs
# change when
#
# * **a.** the target word at place 3 is replaced by another word?
# * **b.** the source word at place 1 is replaced?
# * **c.** the vector of `PAD` in the embedding is replaced, so that the padding is another vector?
# * **d.** the target is cut after place 3, so that the words at 4 and 5 are gone? (Which of the outputs 0 to 3 change?)
#
# Answer with a list of places, such as `[0, 5]`, or `[]` for none. **Write down your predictions before you run anything.** They are worth
# a point whether or not they turn out right. So do not correct them afterwards.

# %% [raw]
# # BEGIN SOLUTION

# %% id="q4-predicted"
""" # BEGIN PROMPT
predicted = {"a": "?", "b": "?", "c": "?", "d": "?"}
""" # END PROMPT
# BEGIN SOLUTION NO PROMPT
predicted = {"a": [3], "b": [1, 2, 3, 4, 5], "c": [], "d": [0, 1, 2, 3]}
# END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [markdown] id="q4-run"
# Now find out. The first experiment is there; the other three are yours.

# %% id="q4-given"
torch.manual_seed(5)
model = torch.nn.Transformer(16, 2, 2, 2, 32, dropout=0.0, batch_first=True).double()
embedding, places = torch.randn(12, 16, dtype=torch.float64), torch.randn(6, 16, dtype=torch.float64)


def outputs(source, target, embedding=embedding):
    """What the decoder returns for a source and a target, lists of words: one row of 16 numbers for each target word."""
    source, target = torch.tensor([source]), torch.tensor([target])
    m, n, padding = source.shape[1], target.shape[1], source == 0  # in torch.nn a mask is True where it hides
    masks = {"src_mask": padding.expand(m, m), "memory_mask": padding.expand(n, m), "tgt_mask": torch.ones(n, n).triu(1).bool()}
    read, write = (embedding[words] + places[: words.shape[1]] for words in (source, target))
    return model(read, write, **masks)[0].detach()


def changed(before, after):
    """The places at which two outputs differ."""
    return [place for place, (old, new) in enumerate(zip(before, after, strict=True)) if (old - new).abs().max() > 1e-9]


source, target = [5, 7, 4, 9, 0], [1, 6, 3, 8, 10, 4]
before = outputs(source, target)
print("a:", changed(before, outputs(source, [1, 6, 3, 11, 10, 4])))

# %% [raw]
# # BEGIN SOLUTION

# %% id="q4-experiments"
# Your experiments for b, c and d.
# BEGIN SOLUTION NO PROMPT
print("b:", changed(before, outputs([5, 11, 4, 9, 0], target)))
another = embedding.clone()
another[0] = 3.0
print("c:", changed(before, outputs(source, target, another)))
print("d:", changed(before[:4], outputs(source, target[:4])))
# END SOLUTION

# %% id="q4-answer"
""" # BEGIN PROMPT
observed = {"a": "?", "b": "?", "c": "?", "d": "?"}
""" # END PROMPT
# BEGIN SOLUTION NO PROMPT
observed = {"a": [3, 4, 5], "b": [0, 1, 2, 3, 4, 5], "c": [], "d": []}
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
    def is_places(answer):
        answer = answer.tolist() if hasattr(answer, "tolist") else answer
        places = [number(place) for place in answer] if isinstance(answer, list | tuple) else [None]
        return all(place is not None and place.is_integer() and 0 <= place <= 5 for place in places)

    problem = "" if isinstance(predicted, dict) else "there are no predictions: predicted should be a dictionary with the keys a, b, c, d"
    assert not problem, problem
    empty = [letter for letter in "abcd" if not is_places(predicted.get(letter))]
    problem = f"your prediction for {empty[0]} should be a list of places from 0 to 5" if empty else ""
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 0
""" # END TEST CONFIG
def test_q4_observed(observed):
    def is_places(answer):
        answer = answer.tolist() if hasattr(answer, "tolist") else answer
        places = [number(place) for place in answer] if isinstance(answer, list | tuple) else [None]
        return all(place is not None and place.is_integer() and 0 <= place <= 5 for place in places)

    problem = "" if isinstance(observed, dict) else "observed should be a dictionary with the keys a, b, c, d"
    assert not problem, problem
    empty = [letter for letter in "abcd" if not is_places(observed.get(letter))]
    problem = f"what you observed for {empty[0]} should be a list of places from 0 to 5" if empty else ""
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q4_a(observed):
    right = sorted(observed.get("a")) == [3, 4, 5] and not all_alike(observed)
    problem = "" if right else "a: the word at place 3 is seen by itself and by all later words, and by no earlier one"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q4_b(observed):
    right = sorted(observed.get("b")) == [0, 1, 2, 3, 4, 5] and not all_alike(observed)
    problem = "" if right else "b: the source is not masked causally: every word of the target looks at all of the memory"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q4_c(observed):
    right = list(observed.get("c")) == [] and not all_alike(observed)
    problem = "" if right else "c: padding is hidden in the encoder and in cross-attention, so what its vector is does not matter"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q4_d(observed):
    right = list(observed.get("d")) == [] and not all_alike(observed)
    problem = "" if right else "d: no output looks at later words, so a beginning gives what it gives within the whole"
    assert not problem, problem

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q5
# points: 8
# minutes: 20
# objective: put a post-norm decoder layer together from attention, feed-forward network and norms

# %% [markdown] id="q5-question"
# ## Question 5 · A decoder layer (8 points, 20 minutes)
#
# Write `decoder_layer` as in the paper (post-norm): three sublayers, and around each a residual connection and its own norm.
#
# | sublayer | its part | its norm |
# |---|---|---|
# | 1. self-attention over the words written, with `mask` | `parts["self"]` | `parts["norm 1"]` |
# | 2. cross-attention to the memory, with `memory_mask` | `parts["cross"]` | `parts["norm 2"]` |
# | 3. feed-forward network | `parts["feed-forward"]` | `parts["norm 3"]` |
#
# * `tokens` is `[b, n, d]` (the words written), `memory` is `[b, m, d]` (the encoder's output). The result is `[b, n, d]`.
# * The three functions in the next cell are given. Each takes its part first.

# %% id="q5-given"
def attend(part, asking, asked, mask=None):
    """Attention with one head: queries from `asking` [b, n, d], keys and values from `asked` [b, m, d] -> [b, n, d]."""
    scores = (asking @ part["query"]) @ (asked @ part["key"]).transpose(-2, -1) / math.sqrt(asking.shape[-1])
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf)
    return scores.softmax(dim=-1) @ (asked @ part["value"]) @ part["output"]


def feed_forward(part, x):
    """Two linear maps with a ReLU between: [b, n, d] -> [b, n, d]."""
    return (x @ part["W_1"] + part["b_1"]).relu() @ part["W_2"] + part["b_2"]


def norm(part, x):
    """Layer norm with gain and shift: [b, n, d] -> [b, n, d]."""
    return torch.nn.functional.layer_norm(x, x.shape[-1:], part["gain"], part["shift"])

# %% [raw]
# # BEGIN SOLUTION

# %% id="q5-answer"
def decoder_layer(parts, tokens, memory, mask=None, memory_mask=None):
    """tokens [b, n, d], memory [b, m, d], mask [n, n], memory_mask [b, 1, m], True = may be attended -> [b, n, d]."""
    # BEGIN SOLUTION
    tokens = norm(parts["norm 1"], tokens + attend(parts["self"], tokens, tokens, mask))
    tokens = norm(parts["norm 2"], tokens + attend(parts["cross"], tokens, memory, memory_mask))
    return norm(parts["norm 3"], tokens + feed_forward(parts["feed-forward"], tokens))
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q5_contract(decoder_layer):
    import torch

    def parts():
        look = {"query": torch.eye(4), "key": torch.eye(4), "value": torch.eye(4), "output": torch.eye(4)}
        network = {"W_1": torch.ones(4, 8), "b_1": torch.zeros(8), "W_2": torch.ones(8, 4), "b_2": torch.zeros(4)}
        norms = {f"norm {number}": {"gain": torch.ones(4), "shift": torch.zeros(4)} for number in (1, 2, 3)}
        return {"self": look, "cross": look, "feed-forward": network, **norms}

    def run(n, m):
        try:
            return decoder_layer(parts(), torch.arange(n * 4.0).reshape(1, n, 4).sin(), torch.arange(m * 4.0).reshape(1, m, 4).cos()), ""
        except Exception as error:
            return None, f"{type(error).__name__}: {error}"

    def diagnose():
        if not callable(decoder_layer):
            return "there is no function decoder_layer: run the cell that defines it"
        output, failure = run(2, 3)
        if failure and not run(3, 3)[1]:
            return (
                "decoder_layer works only when target and source are equally long: in cross-attention the words written ask, "
                "the memory is asked"
            )
        if failure:
            return f"decoder_layer fails for tokens [1, 2, 4] and memory [1, 3, 4] ({failure})"
        if not isinstance(output, torch.Tensor):
            return "decoder_layer should return a tensor: is `return` missing?"
        shape = list(output.shape)
        return "" if shape == [1, 2, 4] else f"for tokens [1, 2, 4] and memory [1, 3, 4] the output should be [1, 2, 4]; yours is {shape}"

    problem = diagnose()
    assert not problem, problem
    first = (parts(), torch.arange(8.0).reshape(1, 2, 4).sin(), torch.arange(12.0).reshape(1, 3, 4).sin())
    second = (parts(), torch.arange(12.0).reshape(1, 3, 4).cos(), torch.arange(12.0).reshape(1, 3, 4).cos())
    problem = unmoved("decoder_layer", decoder_layer, first, second)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2.5
""" # END TEST CONFIG
def test_q5_residual_connections_and_norms(decoder_layer):
    import torch

    def silent():
        look = {"query": torch.zeros(4, 4), "key": torch.zeros(4, 4), "value": torch.eye(4), "output": torch.zeros(4, 4)}
        network = {"W_1": torch.zeros(4, 8), "b_1": torch.zeros(8), "W_2": torch.zeros(8, 4), "b_2": torch.zeros(4)}
        norms = {f"norm {number}": {"gain": torch.ones(4), "shift": torch.zeros(4)} for number in (1, 2, 3)}
        return {"self": look, "cross": look, "feed-forward": network, **norms}

    def constant(*numbers):
        return {"gain": torch.zeros(4), "shift": torch.tensor(numbers)}

    def diagnose():
        tokens, memory = torch.tensor([[[1.0, 3.0, -1.0, 1.0], [6.0, 0.0, -2.0, 4.0]]]), torch.arange(12.0).reshape(1, 3, 4).sin()
        normed = torch.tensor([[[0.0, 1.4142, -1.4142, 0.0], [1.2649, -0.6325, -1.2649, 0.6325]]])
        output = decoder_layer(silent(), tokens, memory)
        if output.abs().max() < 1e-2:
            from_first = decoder_layer(silent() | {"norm 1": constant(3.0, 1.0, -1.0, -3.0)}, tokens, memory)
            from_second = decoder_layer(silent() | {"norm 2": constant(3.0, 1.0, -1.0, -3.0)}, tokens, memory)
            if from_first.abs().max() > 0.1:
                return "no residual connection around self-attention: add the tokens to what it returns"
            if from_second.abs().max() > 0.1:
                return "no residual connection around cross-attention: add the tokens to what it returns"
            return "no residual connection around the feed-forward network: add the tokens to what it returns"
        if near(output, tokens, atol=1e-2):
            return "the tokens come out without a norm around the sum, as in pre-norm: post-norm is norm(tokens + sublayer(tokens))"
        if not near(output, normed, atol=1e-2):
            return "with sublayers that all return 0, the output should be the normed tokens"
        added = torch.tensor([4.0, 0.0, 0.0, -4.0])
        parts = silent()
        parts["feed-forward"]["b_2"] = added
        if near(decoder_layer(parts, tokens, memory), normed + added, atol=1e-2):
            return "what the feed-forward network returns is added after the norm: add first, then norm the sum"
        return ""

    problem = diagnose()
    assert not problem, problem
    first, second = [silent(), torch.eye(4)[None], torch.eye(4)[None]], [silent(), -torch.eye(4)[None], torch.eye(4)[None]]
    problem = unmoved("decoder_layer", decoder_layer, first, second)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
""" # END TEST CONFIG
def test_q5_each_sublayer_has_its_own_norm(decoder_layer):
    import torch

    def silent():
        look = {"query": torch.zeros(4, 4), "key": torch.zeros(4, 4), "value": torch.eye(4), "output": torch.zeros(4, 4)}
        network = {"W_1": torch.zeros(4, 8), "b_1": torch.zeros(8), "W_2": torch.zeros(8, 4), "b_2": torch.zeros(4)}
        return {"self": look, "cross": look, "feed-forward": network, "norm 3": {"gain": torch.ones(4), "shift": torch.zeros(4)}}

    def constant(*numbers):
        return {"gain": torch.zeros(4), "shift": torch.tensor(numbers)}

    def diagnose():
        tokens, memory = torch.tensor([[[1.0, 3.0, -1.0, 1.0], [6.0, 0.0, -2.0, 4.0]]]), torch.arange(12.0).reshape(1, 3, 4).sin()
        parts = silent() | {"norm 1": constant(1.0, -1.0, 1.0, -1.0), "norm 2": constant(1.0, 1.0, -1.0, -1.0)}
        last = decoder_layer(parts | {"norm 3": constant(5.0, 6.0, 7.0, 8.0)}, tokens, memory)[0, 0]
        if near(last, torch.tensor([1.0, -1.0, 1.0, -1.0]), atol=1e-2):
            return "your last norm is norm 1: each sublayer has a norm of its own, with its own gain and shift"
        if near(last, torch.tensor([1.0, 1.0, -1.0, -1.0]), atol=1e-2):
            return "your last norm is norm 2: the layer ends with the feed-forward network and norm 3"
        if not near(last, torch.tensor([5.0, 6.0, 7.0, 8.0]), atol=1e-2):
            return "the last norm should be norm 3"
        before = decoder_layer(parts, tokens, memory)[0, 0]
        if near(before, torch.tensor([0.0, 1.4142, -1.4142, 0.0]), atol=1e-2):
            return "the norms 1 and 2 change nothing: norm after every sublayer, not only at the end"
        right = near(before, torch.tensor([1.0, 1.0, -1.0, -1.0]), atol=1e-2)
        return "" if right else "norm 2 should follow on norm 1, around cross-attention"

    problem = diagnose()
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
""" # END TEST CONFIG
def test_q5_order_and_memory(decoder_layer):
    import torch

    def silent():
        look = {"query": torch.zeros(4, 4), "key": torch.zeros(4, 4), "value": torch.eye(4), "output": torch.zeros(4, 4)}
        network = {"W_1": torch.zeros(4, 8), "b_1": torch.zeros(8), "W_2": torch.zeros(8, 4), "b_2": torch.zeros(4)}
        norms = {f"norm {number}": {"gain": torch.ones(4), "shift": torch.zeros(4)} for number in (1, 2, 3)}
        return {"self": look, "cross": look, "feed-forward": network, **norms}

    def constant(*numbers):
        return {"gain": torch.zeros(4), "shift": torch.tensor(numbers)}

    def diagnose():
        tokens, memory = torch.tensor([[[1.0, 3.0, -1.0, 1.0], [6.0, 0.0, -2.0, 4.0]]]), torch.tensor([[[0.0, 3.0, 0.0, -3.0]]])
        parts = silent()
        parts["cross"] = parts["cross"] | {"output": torch.eye(4)}
        if near(decoder_layer(parts, tokens, memory), decoder_layer(parts, tokens, -memory), atol=1e-4):
            return "the memory changes nothing: cross-attention takes its keys and values from the memory"
        first = parts | {"norm 1": constant(3.0, 1.0, -1.0, -3.0)}
        if near(decoder_layer(first, tokens, memory), decoder_layer(first, tokens, -memory), atol=1e-4):
            return "cross-attention comes before self-attention in your layer: first look at the words written, then at the memory"
        parts = silent() | {"norm 2": constant(3.0, 1.0, -1.0, -3.0)}
        plain = decoder_layer(parts, tokens, memory)
        parts["feed-forward"]["b_2"] = torch.tensor([0.0, 4.0, 0.0, -4.0])
        if near(decoder_layer(parts, tokens, memory), plain, atol=1e-4):
            return "the feed-forward network does not come last: attention, cross-attention, then the network"
        return ""

    problem = diagnose()
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
""" # END TEST CONFIG
def test_q5_masks(decoder_layer):
    import torch

    def diagnose():
        look = {"query": torch.zeros(4, 4), "key": torch.zeros(4, 4), "value": torch.eye(4), "output": torch.eye(4)}
        network = {"W_1": torch.zeros(4, 8), "b_1": torch.zeros(8), "W_2": torch.zeros(8, 4), "b_2": torch.zeros(4)}
        norms = {f"norm {number}": {"gain": torch.ones(4), "shift": torch.zeros(4)} for number in (1, 2, 3)}
        parts = {"self": look, "cross": look, "feed-forward": network, **norms}
        tokens, memory = torch.arange(12.0).reshape(1, 3, 4).sin(), torch.arange(12.0).reshape(1, 3, 4).cos()
        other_tokens, other_memory = tokens.clone(), memory.clone()
        other_tokens[0, 2], other_memory[0, 0] = torch.tensor([4.0, -4.0, 1.0, 0.0]), torch.tensor([0.0, 5.0, 1.0, -5.0])
        causal, is_word = torch.ones(3, 3, dtype=torch.bool).tril(), torch.tensor([[[False, True, True]]])

        if alike := unmoved("decoder_layer", decoder_layer, (parts, tokens, memory), (parts, -tokens, memory)):
            return alike

        def leaks(mask, memory_mask):
            plain = decoder_layer(parts, tokens, memory, mask, memory_mask)
            later = decoder_layer(parts, other_tokens, memory, mask, memory_mask)
            padded = decoder_layer(parts, tokens, other_memory, mask, memory_mask)
            return float((plain - later)[:, :2].abs().max()) > 1e-4, float((plain - padded).abs().max()) > 1e-4

        later, padded = leaks(causal, is_word)
        if later and padded and not any(leaks(is_word, causal)):
            return "the two masks have changed places: mask is for self-attention, memory_mask for cross-attention"
        if later:
            return "a later word changes earlier outputs: self-attention needs the mask"
        return "padding of the source changes the output: cross-attention needs the memory_mask" if padded else ""

    problem = diagnose()
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
""" # END TEST CONFIG
def test_q5_numbers(decoder_layer):
    import torch

    def matrix(rows, columns, start):
        return ((torch.arange(float(rows * columns)) + start).square() * 0.9).sin().reshape(rows, columns) * 1.5

    def look(start):
        return {name: matrix(4, 4, start + shift) for shift, name in enumerate(("query", "key", "value", "output"))}

    parts = {f"norm {i}": {"gain": 1 + 0.2 * matrix(1, 4, i)[0], "shift": 0.3 * matrix(1, 4, 5 + i)[0]} for i in (1, 2, 3)}
    parts |= {"self": look(0.5), "cross": look(7.5)}
    parts["feed-forward"] = {"W_1": matrix(4, 6, 2.0), "b_1": matrix(1, 6, 3.0)[0], "W_2": matrix(6, 4, 4.0), "b_2": matrix(1, 4, 6.0)[0]}
    tokens, memory = matrix(2 * 2, 4, 1.0).reshape(2, 2, 4), matrix(2 * 3, 4, 9.0).reshape(2, 3, 4)
    mask, memory_mask = torch.ones(2, 2, dtype=torch.bool).tril(), torch.tensor([[[True, True, True]], [[True, True, False]]])
    output = decoder_layer(parts, tokens, memory, mask, memory_mask)
    expected = torch.tensor(
        [
            [[1.3909, -2.3139, 1.1999, 0.2366], [-0.9707, 0.7312, -0.3839, 1.8902]],
            [[1.1743, -1.8022, 1.5151, -0.511], [1.4425, -2.3335, 1.1505, 0.2778]],
        ]
    )
    problem = "" if near(output, expected, atol=2e-3) else "wrong numbers for a batch of two sentences with both masks"
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
# objective: write greedy decoding for a batch, with START, END and sentences of different length

# %% [markdown] id="q6-question"
# ## Question 6 · Word by word (6 points, 15 minutes)
#
# Write `greedy_decode`. It begins with START and takes the likeliest next word again and again.
#
# * `next_logits(source, written)` is the model: source `[b, m]` and the words written so far, `[b, n]`, to logits `[b, n, words]`. The
#   logits at place $t$ are for word $t + 1$.
# * The result is `[b, n]`, whole numbers: START, the translation, END. In a sentence that has ended, every further word is PAD.
# * Stop when **all** sentences have ended, or when `max_length` words are written, START included.
#
# The model in the next cell says the source backwards. You may look at it, but your function should work with any other.

# %% id="q6-given"
PAD, START, END, WHAT = 0, 1, 2, 3


def next_logits(source, written):
    """A model that says the source backwards. It answers WHAT where the words written are not a beginning of that."""
    if written.dim() != 2 or written.shape[1] == 0:
        raise ValueError(f"written has shape {list(written.shape)}, expected [b, n] with at least one word: START")
    logits = (torch.arange(written.numel() * 12).reshape(*written.shape, 12) * 2.3).sin()
    for row, words in enumerate(source.tolist()):
        wanted = [word for word in reversed(words) if word != PAD] + [END]
        said = written[row].tolist()
        for place in range(len(said)):
            right_so_far = said[: place + 1] == [START, *wanted[:place]] and place < len(wanted)
            logits[row, place, wanted[place] if right_so_far else WHAT] = 4.0
    return logits


print(next_logits(torch.tensor([[5, 7, 4]]), torch.tensor([[START, 4]])).argmax(dim=-1))

# %% [raw]
# # BEGIN SOLUTION

# %% id="q6-answer"
def greedy_decode(next_logits, source, max_length=20):
    """source [b, m] -> words [b, n]: START, the likeliest words, END, then PAD."""
    # BEGIN SOLUTION
    written = torch.full((len(source), 1), START)
    ended = torch.zeros(len(source), dtype=torch.bool)
    while written.shape[1] < max_length and not ended.all():
        word = next_logits(source, written)[:, -1].argmax(dim=-1).masked_fill(ended, PAD)
        written = torch.cat([written, word[:, None]], dim=1)
        ended = ended | (word == END)
    return written
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q6_contract(greedy_decode, next_logits):
    import torch

    def diagnose():
        if not callable(greedy_decode):
            return "there is no function greedy_decode: run the cell that defines it"
        try:
            words = greedy_decode(next_logits, torch.tensor([[5, 7, 4], [8, 6, 9]]), 10)
        except Exception as error:
            if "expected [b, n] with at least one word" in str(error):
                return "the model is asked with nothing written: begin with a column of START, one for each sentence"
            return f"greedy_decode fails for two sentences of three words ({type(error).__name__}: {error})"
        if not isinstance(words, torch.Tensor):
            return "greedy_decode should return a tensor [b, n]: is `return` missing?"
        if words.dim() != 2 or len(words) != 2 or words.is_floating_point():
            return f"greedy_decode should return whole numbers [2, n]; yours are {words.dtype}, {list(words.shape)}"
        if words[:, 0].tolist() == [4, 9]:
            return "you return the words without START: the first column should be START"
        return "" if words[:, 0].tolist() == [1, 1] else "the first word of every sentence should be START"

    problem = diagnose()
    assert not problem, problem
    first, second = [next_logits, torch.tensor([[5, 7]]), 10], [next_logits, torch.tensor([[5, 7], [6, 7]]), 10]
    problem = unmoved("greedy_decode", greedy_decode, first, second)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2.5
""" # END TEST CONFIG
def test_q6_one_sentence(greedy_decode, next_logits):
    import torch

    def diagnose():
        words = greedy_decode(next_logits, torch.tensor([[5, 7, 4]]), 9)[0].tolist()
        if words == [1, 4, 7, 5, 2]:
            other = greedy_decode(next_logits, torch.tensor([[8, 6]]), 9)[0].tolist()
            return "" if other == [1, 6, 8, 2] else f"for the source 8, 6 the words should be [1, 6, 8, 2]; you return {other}"
        if words[:5] == [1, 4, 7, 5, 2]:
            return "" if len(words) == 5 else "your loop goes on after END: stop when every sentence has ended"
        if words[:5] == [1, 4, 7, 5] and len(words) == 4:
            return "your sentence lacks its END: it belongs to the result"
        if words[:4] == [1, 4, 4, 4]:
            return "you write the same word again and again: the next word's logits are those at the last place, not the first"
        if words[1] == 0:
            return "your first word is 0 whatever the logits are: take the argmax over the words, the last dimension"
        if words[:3] == [1, 4, 3]:
            return "the model does not recognise what it is given after the first word: give it all the words written, from START on"
        return f"for the source 5, 7, 4 the model wants to say START 4 7 5 END, which is [1, 4, 7, 5, 2]; you return {words}"

    problem = diagnose()
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
""" # END TEST CONFIG
def test_q6_sentences_end_at_different_times(greedy_decode, next_logits):
    import torch

    def diagnose():
        words = greedy_decode(next_logits, torch.tensor([[5, 7, 4], [6, 0, 0]]), 9).tolist()
        if len(words[0]) == 3:
            return "you stop when the first sentence has ended: the others are not ready"
        if words[1][:3] != [1, 6, 2]:
            return f"the second sentence, of one word, should be START 6 END; yours is {words[1]}"
        if words[1][3:] == [2, 2]:
            return "a sentence that has ended goes on with END: fill it up with PAD"
        if any(words[1][3:]):
            return "a sentence that has ended goes on talking: after its END every word is PAD"
        return "" if words[0] == [1, 4, 7, 5, 2] else f"the first sentence should be [1, 4, 7, 5, 2]; yours is {words[0]}"

    problem = diagnose()
    assert not problem, problem
    first, second = [next_logits, torch.tensor([[5, 7]]), 10], [next_logits, torch.tensor([[5, 7], [6, 7]]), 10]
    problem = unmoved("greedy_decode", greedy_decode, first, second)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
""" # END TEST CONFIG
def test_q6_max_length(greedy_decode, next_logits):
    import torch

    words = greedy_decode(next_logits, torch.tensor([[5, 7, 4, 8, 9, 6]]), 4)[0].tolist()
    known = {5: "you write one word too many: max_length counts START", 8: "max_length changes nothing: stop there even without END"}
    wanted = f"with max_length = 4 the words should be [1, 6, 9, 8]; yours are {words}"
    problem = "" if words == [1, 6, 9, 8] else known.get(len(words), wanted)
    assert not problem, problem
    shorter = greedy_decode(next_logits, torch.tensor([[5, 7, 4, 8, 9, 6]]), 3)[0].tolist()
    problem = "" if shorter == [1, 6, 9] else f"with max_length = 3 the words should be [1, 6, 9]; yours are {shorter}"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q6_numbers(greedy_decode, next_logits):
    import torch

    words = greedy_decode(next_logits, torch.tensor([[4, 11, 0, 0], [10, 9, 8, 7], [6, 6, 5, 0]]), 20).tolist()
    expected = [[1, 11, 4, 2, 0, 0], [1, 7, 8, 9, 10, 2], [1, 5, 6, 6, 2, 0]]
    problem = "" if words == expected else "wrong words for three sentences of 2, 4 and 3 words"
    assert not problem, problem
    words = greedy_decode(next_logits, torch.tensor([[4, 0], [7, 8]]), 3).tolist()
    problem = "" if words == [[1, 4, 2], [1, 8, 7]] else "wrong words where max_length ends one sentence of two"
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
# objective: explain why a high accuracy under teacher forcing does not make a translator, and how to notice
# rubric:
#     - says that under teacher forcing the decoder is given the right words so far, but in translating only its own
#     - says that without the causal mask B reads the wanted word from its input, and that this word is not there in translating
#     - names a check that finds the fault, such as a later word that must change no earlier output, or whole translations counted
#     - supports it with numbers from the table
#     - is three or four sentences, in own words, and everything in them is true

# %% [markdown] id="q7-question"
# ## Question 7 · Explain (5 points, 10 minutes)
#
# The next cell trains two small decoders for the same task: translate five words into five other words, last word first. They differ in
# one line, `hide`: **A** has a causal mask, **B** has none. Then each is measured in two ways on new sentences:
#
# * *teacher forcing*: given the right words so far, how often is the next word right?
# * *word by word*: it is given START only and writes the translation itself. How many words are right, how many whole translations?

# %% id="q7-given"
torch.set_num_threads(1)  # for matrices as small as these, one thread is fastest
LEXICON = torch.randperm(8, generator=torch.Generator().manual_seed(0)) + 3


def sentences(count, generator):
    """Random sources [count, 5], and their translations [count, 7] from START (1) to END (2)."""
    source = torch.randint(8, (count, 5), generator=generator)
    start, end = torch.full((count, 1), 1), torch.full((count, 1), 2)
    return source + 3, torch.cat([start, LEXICON[source].flip(1), end], dim=1)


class SmallDecoder(torch.nn.Module):
    def __init__(self, masked, d_model=32):
        super().__init__()
        self.words, self.places = torch.nn.Embedding(11, d_model), torch.nn.Embedding(8, d_model)
        self.layer = torch.nn.TransformerDecoderLayer(d_model, 2, 64, dropout=0.0, batch_first=True)
        self.output = torch.nn.Linear(d_model, 11)
        self.masked = masked

    def forward(self, source, written):
        source, tokens = (self.words(words) + self.places.weight[: words.shape[1]] for words in (source, written))
        n = written.shape[1]
        hide = torch.ones(n, n, dtype=torch.bool).triu(1) if self.masked else None
        return self.output(self.layer(tokens, source, tgt_mask=hide))


def train(model, steps=40, rate=3e-3):
    """Every parameter takes a step against the sign of its gradient; the steps get smaller."""
    generator = torch.Generator().manual_seed(2)
    for step in range(steps):
        source, target = sentences(64, generator)
        logits = model(source, target[:, :-1])
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), target[:, 1:].flatten())
        gradients = torch.autograd.grad(loss, list(model.parameters()))
        with torch.no_grad():
            for parameter, gradient in zip(model.parameters(), gradients, strict=True):
                parameter -= rate * (1 - step / steps) * gradient.sign()
    return model


@torch.no_grad()
def measure(model):
    source, target = sentences(400, torch.Generator().manual_seed(3))
    forced = model(source, target[:, :-1]).argmax(dim=-1) == target[:, 1:]
    words = target[:, :1]
    while words.shape[1] < 7:
        words = torch.cat([words, model(source, words)[:, -1:].argmax(dim=-1)], dim=1)
    alone = words[:, 1:] == target[:, 1:]
    return forced.double().mean(), alone.double().mean(), alone.all(dim=1).double().mean()


print(f"{'':20} {'teacher forcing':>16} {'word by word':>14} {'whole translations':>20}")
for name, masked in (("A: causal mask", True), ("B: no mask", False)):
    torch.manual_seed(1)
    forced, alone, whole = measure(train(SmallDecoder(masked).double()))
    print(f"{name:20} {forced:16.1%} {alone:14.1%} {whole:20.1%}")

# %% [markdown] id="q7-task"
# **In three or four sentences of your own: why does B, whose accuracy under teacher forcing is as high as A's, fail when it translates,
# and how would you have noticed?** Name numbers from the table.
#
# You get one point for each of these: what the decoder is given in the two measurements · what B has learned instead, and why it is of no
# use later · a check that finds the fault · numbers from the table · true sentences in your own words.

# %% [raw]
# # BEGIN PROMPT

# %% [markdown] id="q7-answer"
# _Write your sentences here, in place of this line._

# %% [raw]
# # END PROMPT

# %% [raw]
# # BEGIN SOLUTION

# %% [markdown]
# **Model answer.** Under teacher forcing the decoder is given the right words, all at once; in translating it is given only what it
# has written itself. B has no causal mask, so at place $t$ it can read word $t + 1$, the wanted one, from its input: it has learned to
# copy more than to translate, which is right for nearly all words under teacher forcing, and for next to no whole translation,
# because there the word to be copied does not exist yet. A, with about 98 % a word, gets about nine of ten translations right, which is
# what six words of 98 % each allow. I would have noticed by changing a later word of the target, which must change no earlier output,
# or by counting whole translations instead of words.

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
