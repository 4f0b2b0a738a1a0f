"""attention.py: the chapter's numbers, what must hold for any input, the edges, and what is refused."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from book_lib.attention import MultiHeadAttention, causal_mask, fast_attention, padding_mask, scaled_dot_product_attention

TOKENS = torch.tensor([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 1]], dtype=torch.float64)     # animal, road, it, tired
W_Q = torch.tensor([[1, 0], [0, 0], [2, 1]], dtype=torch.float64)
W_K = torch.tensor([[2, 0], [0, 2], [-1, 0]], dtype=torch.float64)
W_V = torch.tensor([[4, 0], [0, 4], [1, 1]], dtype=torch.float64)
sizes = st.integers(1, 6)
seeds = st.integers(0, 10_000)


def random_tokens(seed, *shapes):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes]


def random_mask(seed, *shape):
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed)) < 0.6


# The running example

def test_running_example_gives_the_numbers_of_the_chapter():
    query, key, value = TOKENS @ W_Q, TOKENS @ W_K, TOKENS @ W_V
    assert query.tolist() == [[1, 0], [0, 0], [2, 1], [3, 1]]
    assert key.tolist() == [[2, 0], [0, 2], [-1, 0], [1, 0]]
    assert value.tolist() == [[4, 0], [0, 4], [1, 1], [5, 1]]
    output, weights = scaled_dot_product_attention(query, key, value)
    scores = [4 / math.sqrt(2), 2 / math.sqrt(2), -2 / math.sqrt(2), 2 / math.sqrt(2)]
    row = [math.exp(score) / sum(map(math.exp, scores)) for score in scores]
    assert weights[2].tolist() == pytest.approx(row, abs=1e-15)
    assert [round(weight, 3) for weight in weights[2].tolist()] == [0.666, 0.162, 0.010, 0.162]
    assert [round(number, 3) for number in output[2].tolist()] == [3.485, 0.820]
    assert weights[1].tolist() == [0.25] * 4


def test_the_ratio_of_two_weights_does_not_depend_on_the_other_words():
    wide = torch.tensor([0, 1, 1], dtype=torch.float64)
    for sentence in (TOKENS, torch.cat([TOKENS[:3], wide[None]])):
        _, weights = scaled_dot_product_attention(sentence @ W_Q, sentence @ W_K, sentence @ W_V)
        assert (weights[2, 0] / weights[2, 1]).item() == pytest.approx(math.exp(2 / math.sqrt(2)), abs=1e-12)


# What holds for any input

@given(sizes, sizes, sizes, sizes, seeds)
@settings(max_examples=40, deadline=None)
def test_equals_the_formula_written_as_loops(n, m, d_k, d_v, seed):
    query, key, value = random_tokens(seed, (n, d_k), (m, d_k), (m, d_v))
    output, weights = scaled_dot_product_attention(query, key, value)
    for i in range(n):
        exponentials = [math.exp(sum(query[i, c].item() * key[j, c].item() for c in range(d_k)) / math.sqrt(d_k)) for j in range(m)]
        for j in range(m):
            assert weights[i, j].item() == pytest.approx(exponentials[j] / sum(exponentials), rel=1e-12)
        mixed = [sum(weights[i, j].item() * value[j, c].item() for j in range(m)) for c in range(d_v)]
        assert output[i].tolist() == pytest.approx(mixed, rel=1e-12, abs=1e-13)


@given(sizes, sizes, seeds, st.booleans())
@settings(max_examples=40, deadline=None)
def test_rows_sum_to_one_or_zero_and_masked_weights_are_zero(n, m, seed, wants_grad):
    query, key, value = random_tokens(seed, (2, n, 3), (2, m, 3), (2, m, 3))
    query.requires_grad_(wants_grad)
    mask = random_mask(seed, n, m)
    _, weights = scaled_dot_product_attention(query, key, value, mask)
    torch.testing.assert_close(weights.sum(dim=-1), mask.any(dim=-1).double().expand(2, n))
    assert (weights >= 0).all() and (weights.masked_select(~mask) == 0).all()


@given(st.integers(1, 7), seeds)
@settings(max_examples=40, deadline=None)
def test_masked_equals_removed(m, seed):
    query, key, value = random_tokens(seed, (4, 3), (m, 3), (m, 2))
    kept = random_mask(seed, m)
    output, weights = scaled_dot_product_attention(query, key, value, kept)
    expected_output, expected_weights = scaled_dot_product_attention(query, key[kept], value[kept])
    torch.testing.assert_close(output, expected_output, rtol=0, atol=1e-14)
    torch.testing.assert_close(weights[:, kept], expected_weights, rtol=0, atol=1e-14)


@given(sizes, seeds)
@settings(max_examples=40, deadline=None)
def test_reordering_the_tokens_reorders_the_output(n, seed):
    torch.manual_seed(seed)
    attention = MultiHeadAttention(6, 3).double()
    (tokens,) = random_tokens(seed, (2, n, 6))
    order = torch.randperm(n)
    output, weights = attention(tokens)
    reordered_output, reordered_weights = attention(tokens[:, order])
    torch.testing.assert_close(reordered_output, output[:, order], rtol=0, atol=1e-13)
    torch.testing.assert_close(reordered_weights, weights[:, :, order][:, :, :, order], rtol=0, atol=1e-13)


@given(sizes, sizes, seeds, st.floats(-50, 50))
@settings(max_examples=40, deadline=None)
def test_adding_one_number_to_all_scores_of_a_row_changes_nothing(n, m, seed, shift):
    query, key, value = random_tokens(seed, (n, 3), (m, 3), (m, 2))
    query = torch.cat([query, torch.ones(n, 1, dtype=torch.float64)], dim=1)
    plain = scaled_dot_product_attention(query, torch.cat([key, torch.zeros(m, 1, dtype=torch.float64)], dim=1), value)
    shifted = scaled_dot_product_attention(query, torch.cat([key, torch.full((m, 1), shift, dtype=torch.float64)], dim=1), value)
    for before, after in zip(plain, shifted, strict=True):
        torch.testing.assert_close(after, before, rtol=0, atol=1e-12)


@given(sizes, sizes, seeds)
@settings(max_examples=20, deadline=None)
def test_with_and_without_gradient_give_the_same_numbers(n, m, seed):
    query, key, value = random_tokens(seed, (2, n, 5), (2, m, 5), (2, m, 3))
    before = [tensor.clone() for tensor in (query, key, value)]
    plain = scaled_dot_product_attention(query, key, value, random_mask(seed, n, m))
    assert all(torch.equal(*pair) for pair in zip(before, (query, key, value), strict=True))
    tracked = scaled_dot_product_attention(query.requires_grad_(), key, value, random_mask(seed, n, m))
    assert all(torch.equal(*pair) for pair in zip(plain, tracked, strict=True))


@given(st.integers(0, 5), st.integers(0, 6), sizes, seeds, st.sampled_from([None, (), (2, 1), (1, 3), (2, 3)]), st.booleans())
@settings(max_examples=80, deadline=None)
def test_the_fast_function_equals_the_formula(n, m, d_k, seed, leading, wants_grad):
    mask = None if leading is None else random_mask(seed, *leading, n, m)     # with queries that may attend to nothing, now and then
    results = []
    for attention in (scaled_dot_product_attention, fast_attention):
        tokens = [one.requires_grad_(wants_grad) for one in random_tokens(seed, (2, 3, n, d_k), (2, 3, m, d_k), (2, 3, m, 4))]
        results.append([*attention(*tokens, mask)])
        if wants_grad:
            ((results[-1][0].sin().sum()) + results[-1][1].square().sum()).backward()
            results[-1] += [one.grad for one in tokens]
    for formula, fast in zip(*results, strict=True):
        torch.testing.assert_close(fast, formula, rtol=0, atol=1e-12)
    output, nothing = fast_attention(*tokens, mask, need_weights=False)
    assert nothing is None
    torch.testing.assert_close(output, results[0][0], rtol=0, atol=1e-12)


def test_causal_attention_never_looks_ahead():
    tokens = random_tokens(0, (1, 7, 8))[0].requires_grad_()
    torch.manual_seed(0)
    output, weights = MultiHeadAttention(8, 2).double()(tokens, mask=causal_mask(7))
    output[0, 3].sum().backward()
    reached = tokens.grad[0].abs().sum(dim=1) > 0
    assert reached.tolist() == [True] * 4 + [False] * 3
    assert (weights.triu(1) == 0).all()


def test_gradients_pass_the_finite_difference_check():
    query, key, value = (tensor.requires_grad_() for tensor in random_tokens(3, (2, 3, 2), (2, 4, 2), (2, 4, 2)))
    mask = random_mask(5, 3, 4)
    mask[1] = False
    assert torch.autograd.gradcheck(lambda *inputs: scaled_dot_product_attention(*inputs, mask), (query, key, value))


# The edges

both = pytest.mark.parametrize("attention", [scaled_dot_product_attention, fast_attention])


@both
@pytest.mark.filterwarnings("ignore:Anomaly Detection has been enabled")
@pytest.mark.parametrize("shape", [(4,), (3, 4), (2, 1, 1, 4), (2, 5, 3, 4)])
def test_a_query_that_may_attend_to_nothing_gets_zeros_and_finite_gradients(attention, shape):
    query, key, value = (tensor.requires_grad_() for tensor in random_tokens(1, (2, 5, 3, 6), (2, 5, 4, 6), (2, 5, 4, 2)))
    mask = torch.ones(shape, dtype=torch.bool)
    mask.view(-1, 4)[0] = False
    blind = ~mask.expand(2, 5, 3, 4).any(dim=-1)
    with torch.autograd.detect_anomaly(check_nan=True):
        output, weights = attention(query, key, value, mask)
        output.square().sum().backward()
    assert blind.any() and (output[blind] == 0).all() and (weights[blind] == 0).all()
    for tensor in (query, key, value):
        assert tensor.grad.isfinite().all()
    assert (query.grad[blind] == 0).all()


@pytest.mark.parametrize(("n", "m"), [(0, 3), (3, 0), (0, 0)])
@pytest.mark.parametrize("masked", [False, True])
def test_empty_sequences(n, m, masked):
    query, key, value = (tensor.requires_grad_() for tensor in random_tokens(1, (2, n, 6), (2, m, 6), (2, m, 4)))
    mask = torch.ones(n, m, dtype=torch.bool) if masked else None
    output, weights = scaled_dot_product_attention(query, key, value, mask)
    assert list(output.shape) == [2, n, 4] and list(weights.shape) == [2, n, m] and (output == 0).all()
    output.sum().backward()
    assert (query.grad == 0).all()


@pytest.mark.parametrize(("n", "m"), [(0, 3), (3, 0)])
def test_multi_head_attention_of_empty_sequences(n, m):
    attention = MultiHeadAttention(6, 2)
    output, weights = attention(torch.zeros(2, n, 6), torch.zeros(2, m, 6))
    assert list(output.shape) == [2, n, 6] and list(weights.shape) == [2, 2, n, m]
    assert torch.equal(output, attention.o_proj.bias.expand(2, n, 6))


def test_an_empty_batch():
    output, weights = MultiHeadAttention(6, 2)(torch.zeros(0, 4, 6))
    assert list(output.shape) == [0, 4, 6] and list(weights.shape) == [0, 2, 4, 4]


def test_queries_of_width_one():
    query, key, value = random_tokens(2, (3, 1), (4, 1), (4, 1))
    _, weights = scaled_dot_product_attention(query, key, value)
    torch.testing.assert_close(weights, (query * key.T).softmax(dim=-1))


@both
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("size", [1e4, "largest"])
def test_huge_scores_pick_the_best_key_without_nan(attention, dtype, size):
    size = torch.finfo(dtype).max * 0.99 if size == "largest" else size
    query = torch.ones(1, 1, dtype=dtype, requires_grad=True)
    key = torch.tensor([[size], [-size], [0.0], [size]], dtype=dtype, requires_grad=True)
    value = torch.arange(4, dtype=dtype)[:, None].requires_grad_()
    for mask, expected in ((None, [0.5, 0, 0, 0.5]), (torch.tensor([False, True, True, False]), [0, 0, 1, 0])):
        output, weights = attention(query, key, value, mask)
        assert weights.tolist() == [expected]
        output.sum().backward()
        assert all(tensor.grad.isfinite().all() for tensor in (query, key, value))


@both
def test_a_masked_key_may_be_the_only_low_score(attention):
    lowest = torch.finfo(torch.float32).min
    _, weights = attention(
        torch.ones(1, 1), torch.tensor([[lowest], [lowest]]), torch.ones(2, 1), torch.tensor([True, False]))
    assert weights.tolist() == [[1, 0]]


def test_in_half_precision_the_fast_function_scales_before_it_multiplies():
    query = torch.full((1, 64), 40.0, dtype=torch.float16)                   # 64 · 40² is above the largest float16, an eighth of it is not
    output, weights = fast_attention(query, torch.cat([query, query / 2]), torch.tensor([[1.0], [2.0]], dtype=torch.float16))
    assert weights.tolist() == [[1, 0]] and output.tolist() == [[1]]


@both
def test_a_mask_hides_tokens_but_does_not_clean_them(attention):
    """What the docstrings say: 0 times NaN is NaN. A masked key of NaN is harmless in the formula alone."""
    query, key, value = random_tokens(0, (2, 3), (3, 3), (3, 2))
    mask = torch.tensor([True, True, False])
    expected, _ = attention(query, key, value, mask)
    dirty_key, dirty_value = key.clone(), value.clone()
    dirty_key[2], dirty_value[2] = torch.nan, torch.nan
    assert attention(query, key, dirty_value, mask)[0].isnan().all()
    if attention is scaled_dot_product_attention:
        torch.testing.assert_close(attention(query, dirty_key, value, mask)[0], expected)


# Dropout on the weights

def test_dropout_acts_on_the_weights_in_training_alone():
    tokens = torch.randn(2, 50, 8, generator=torch.Generator().manual_seed(0))
    torch.manual_seed(0)
    attention = MultiHeadAttention(8, 2, dropout=0.25)
    plain = MultiHeadAttention(8, 2)
    plain.load_state_dict(attention.state_dict())
    output, weights = attention(tokens)
    _, undropped = plain(tokens)
    gone = weights == 0
    assert 0.2 < gone.double().mean() < 0.3
    torch.testing.assert_close(weights, undropped.masked_fill(gone, 0) / 0.75)
    torch.testing.assert_close(output, plain.o_proj((weights @ plain.keys_and_values(tokens, tokens)[1]).transpose(1, 2).flatten(2)))
    for need_weights in (True, False):
        dropped = attention(tokens, need_weights=need_weights)[0]
        assert (dropped - plain(tokens)[0]).abs().max() > 1e-3
    for layer in (attention.eval(), plain.train()):
        for need_weights in (True, False):
            torch.testing.assert_close(layer(tokens, need_weights=need_weights)[0], plain(tokens)[0])


@pytest.mark.parametrize("dropout", [-0.1, 1.5, math.nan])
def test_dropout_is_a_probability(dropout):
    with pytest.raises(ValueError, match=f"dropout is {dropout}, expected a probability from 0 to 1"):
        MultiHeadAttention(8, 2, dropout=dropout)


# The output alone, without the weights

def with_and_without_weights(attention, tokens, mask):
    """(output, gradients of a random function of it: of all tokens and parameters) of both paths."""
    direction = torch.randn(tokens[0].shape, generator=torch.Generator().manual_seed(9)).to(tokens[0])
    for need_weights in (True, False):
        output, weights = attention(*tokens, mask=mask, need_weights=need_weights)
        assert (weights is None) is not need_weights
        yield output, *torch.autograd.grad((output * direction).sum(), [*tokens, *attention.parameters()])


@given(st.integers(0, 5), st.integers(0, 6), seeds, st.sampled_from([None, (), (2, 1), (2, 2), (1, 2)]))
@settings(max_examples=60, deadline=None)
def test_the_output_alone_equals_the_output_with_weights(n, m, seed, leading):
    torch.manual_seed(seed)
    attention = MultiHeadAttention(6, 2, d_key=4, d_value=5).double()
    tokens = [tokens.requires_grad_() for tokens in random_tokens(seed, (2, n, 6), (2, m, 4), (2, m, 5))]
    mask = None if leading is None else random_mask(seed, *(leading or (1, 1)), n, m)     # with rows that see nothing, now and then
    for plain, fused in zip(*with_and_without_weights(attention, tokens, mask), strict=True):
        torch.testing.assert_close(fused, plain, rtol=0, atol=1e-12)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("shape", [(5, 70), (3, 1, 1, 70), (3, 2, 5, 70)])
def test_without_weights_too_a_blind_query_gets_zeros_and_no_nan(dtype, shape):
    attention = MultiHeadAttention(6, 2, bias=False).to(dtype)
    tokens = [tokens.to(dtype).requires_grad_() for tokens in random_tokens(4, (3, 5, 6), (3, 70, 6))]
    mask = random_mask(6, *shape)
    mask[0], mask.view(-1, 70)[-1] = False, False                            # everywhere, and (last shape) in one head only
    blind = ~mask.expand(3, 2, 5, 70).any(dim=-1).any(dim=1)                 # [3, 5]: in every head
    assert blind.any() and not blind.all()
    (_, *expected), (output, *gradients) = with_and_without_weights(attention, tokens, mask)
    assert output.isfinite().all() and (output[blind] == 0).all() and (gradients[0][blind] == 0).all()
    for gradient, other in zip(gradients, expected, strict=True):
        torch.testing.assert_close(gradient, other, rtol=0, atol=1e-5 if dtype == torch.float32 else 1e-13)


def test_without_weights_too_huge_scores_pick_the_best_key():
    attention = MultiHeadAttention(1, 1, bias=False)
    with torch.no_grad():
        for projection in attention.children():
            projection.weight.fill_(1.0)
    key = torch.tensor([[[3e38], [-3e38], [1.0]]], requires_grad=True)
    output, _ = attention(torch.ones(1, 1, 1), key, torch.tensor([[[4.0], [5.0], [6.0]]]), need_weights=False)
    output.backward()
    assert output.item() == 4 and key.grad.isfinite().all()


def test_without_weights_wrong_masks_are_refused_in_the_same_words():
    with pytest.raises(ValueError, match=r"mask has shape \[3, 4\], expected one that broadcasts to \[2, 2, 3, 3\]"):
        MultiHeadAttention(8, 2)(torch.zeros(2, 3, 8), mask=torch.ones(3, 4, dtype=torch.bool), need_weights=False)
    with pytest.raises(ValueError, match="expected torch.bool"):
        MultiHeadAttention(8, 2)(torch.zeros(2, 3, 8), mask=torch.ones(3, 3), need_weights=False)


# Masks

def test_causal_mask():
    assert causal_mask(3).tolist() == [[True, False, False], [True, True, False], [True, True, True]]
    assert causal_mask(0).shape == (0, 0)
    with pytest.raises(ValueError, match="n is -1"):
        causal_mask(-1)


def test_padding_mask():
    assert padding_mask([2, 0, 3]).tolist() == [[True, True, False], [False, False, False], [True, True, True]]
    assert padding_mask(torch.tensor([1]), max_length=2).tolist() == [[True, False]]
    assert padding_mask([]).shape == (0, 0)
    for lengths, longest, words in (([4], 3, "max_length 3"), ([-1], None, "-1"), ([[1]], None, r"\[1, 1\]"), ([1.5], None, "float32")):
        with pytest.raises(ValueError, match=words):
            padding_mask(lengths, longest)


def test_padding_does_not_change_the_answers_of_real_tokens():
    torch.manual_seed(0)
    attention, tokens = MultiHeadAttention(6, 2).double(), random_tokens(0, (2, 5, 6))[0]
    real = padding_mask([5, 3])
    output, _ = attention(tokens, mask=real[:, None, None, :])
    alone, _ = attention(tokens[1:, :3])
    torch.testing.assert_close(output[1:, :3], alone, rtol=0, atol=1e-14)


# What is refused: the message names both shapes

@pytest.mark.parametrize(("shapes", "words"), [
    (((3, 4), (5, 6), (5, 2)), (r"query \[3, 4\]", r"key \[5, 6\]")),
    (((3, 4), (5, 4), (6, 2)), (r"key \[5, 4\]", r"value \[6, 2\]")),
    (((3, 0), (5, 0), (5, 2)), (r"query \[3, 0\]", r"key \[5, 0\]", "at least 1")),
    (((2, 3, 4), (3, 5, 4), (3, 5, 2)), (r"query \[2, 3, 4\]", r"key \[3, 5, 4\]", "leading axes")),
    (((4,), (5, 4), (5, 2)), (r"query has shape \[4\]",)),
    (((3, 4), (5, 4), (5,)), (r"value has shape \[5\]",)),
])
def test_wrong_shapes_are_named(shapes, words):
    with pytest.raises(ValueError) as error:
        scaled_dot_product_attention(*map(torch.zeros, shapes))
    for word in words:
        assert error.match(word)


@pytest.mark.parametrize(("mask", "words"), [
    (torch.ones(3, 4, dtype=torch.bool), r"\[3, 4\].*\[2, 3, 5\]"),
    (torch.ones(7, 2, 3, 5, dtype=torch.bool), r"\[7, 2, 3, 5\].*\[2, 3, 5\]"),
    (torch.ones(3, 5), r"\[3, 5\].*torch.float32.*torch.bool"),
    (torch.ones(3, 5, dtype=torch.int64), r"\[3, 5\].*torch.int64.*torch.bool"),
])
def test_wrong_masks_are_named(mask, words):
    with pytest.raises(ValueError, match=words):
        scaled_dot_product_attention(torch.zeros(2, 3, 4), torch.zeros(2, 5, 4), torch.zeros(2, 5, 4), mask)


def test_whole_numbers_and_mixed_dtypes_are_refused():
    whole = torch.ones(2, 2, dtype=torch.int64)
    with pytest.raises(ValueError, match=r"query has dtype torch.int64"):
        scaled_dot_product_attention(whole, whole, whole)
    with pytest.raises(ValueError, match=r"value has dtype torch.float64"):
        scaled_dot_product_attention(whole.float(), whole.float(), whole.double())


@pytest.mark.parametrize(("arguments", "options", "words"), [
    ((10, 3), {}, "d_model 10.*n_heads 3"), ((0, 1), {}, "d_model is 0"), ((8, 0), {}, "n_heads is 0"), ((8, -2), {}, "n_heads is -2"),
    ((8.0, 2), {}, "d_model is 8.0"), ((True, 1), {}, "d_model is True"),
    ((8, 2), {"d_key": 0}, "d_key is 0"), ((8, 2), {"d_value": 0}, "d_value is 0"),
    ((8, 4), {"n_kv_heads": 3}, "n_heads 4 must be a multiple of n_kv_heads 3"), ((8, 2), {"n_kv_heads": 4}, "multiple of n_kv_heads 4"),
    ((8, 2), {"n_kv_heads": 0}, "n_kv_heads is 0"),
])
def test_wrong_sizes_of_multi_head_attention_are_named(arguments, options, words):
    with pytest.raises(ValueError, match=words):
        MultiHeadAttention(*arguments, **options)


@pytest.mark.parametrize(("shapes", "words"), [
    ([(2, 3, 7)], r"query has shape \[2, 3, 7\], expected \[batch, tokens, 8\]"),
    ([(3, 8)], r"query has shape \[3, 8\]"),
    ([(2, 3, 8), (2, 4, 8)], r"key has shape \[2, 4, 8\], expected \[batch, tokens, 5\]"),
    ([(2, 3, 8), (2, 4, 5), (2, 4, 5)], r"value has shape \[2, 4, 5\], expected \[batch, tokens, 6\]"),
    ([(2, 3, 8), (2, 4, 5), (2, 3, 6)], r"key \[2, 2, 4, 4\] and value \[2, 2, 3, 4\]"),
    ([(2, 3, 8), (1, 4, 5), (1, 4, 6)], r"query \[2, 3, 8\], key \[1, 4, 5\]"),
])
def test_wrong_tokens_of_multi_head_attention_are_named(shapes, words):
    with pytest.raises(ValueError, match=words):
        MultiHeadAttention(8, 2, d_key=5, d_value=6)(*map(torch.zeros, shapes))


def test_a_mask_of_three_axes_is_refused_because_it_could_mean_batch_or_heads():
    with pytest.raises(ValueError, match=r"mask has shape \[2, 3, 3\].*\[3, 3\].*\[2, 2, 3, 3\]"):
        MultiHeadAttention(8, 2)(torch.zeros(2, 3, 8), mask=torch.ones(2, 3, 3, dtype=torch.bool))


@pytest.mark.parametrize("need_weights", [True, False])
def test_a_mask_that_could_be_padding_as_well_as_queries_by_keys_is_refused(need_weights):
    """padding_mask([3, 2, 1]) for three sequences of three tokens, given without its two extra axes, would hide other tokens."""
    attention, tokens, mask = MultiHeadAttention(8, 2).double(), random_tokens(0, (3, 3, 8))[0], padding_mask([3, 2, 1])
    with pytest.raises(ValueError, match=r"shape \[3, 3\], which may mean \[queries, keys\] or \[batch, keys\].*mask\[None, None\]"):
        attention(tokens, mask=mask, need_weights=need_weights)
    with pytest.raises(ValueError, match="there are 3 of both"):
        attention(tokens, torch.zeros(3, 5, 8).double(), mask=torch.ones(3, 5, dtype=torch.bool), need_weights=need_weights)
    as_padding, _ = attention(tokens, mask=mask[:, None, None, :], need_weights=need_weights)
    alone, _ = attention(tokens[1:2, :2], need_weights=need_weights)
    torch.testing.assert_close(as_padding[1:2, :2], alone)
    by_query, _ = attention(tokens, mask=mask[None, None], need_weights=need_weights)
    torch.testing.assert_close(by_query[:2], attention(tokens[:2], mask=mask, need_weights=need_weights)[0])
    one = attention(tokens[:1, :1], mask=padding_mask([1]), need_weights=need_weights)[0]                  # one of both: no difference
    torch.testing.assert_close(one, attention(tokens[:1, :1], need_weights=need_weights)[0])


def test_without_bias_zero_in_gives_zero_out():
    attention = MultiHeadAttention(8, 2, bias=False)
    assert sum(parameter.numel() for parameter in attention.parameters()) == 4 * 8 * 8
    assert (attention(torch.zeros(1, 3, 8))[0] == 0).all()


@pytest.mark.parametrize("n_kv_heads", [1, 2, 4, 8])
def test_heads_that_share_keys_and_values_have_fewer_of_them(n_kv_heads):
    attention, tokens = MultiHeadAttention(16, 8, n_kv_heads=n_kv_heads), random_tokens(0, (3, 5, 16))[0].float()
    keys, values = attention.keys_and_values(tokens, tokens)
    assert keys.shape == values.shape == (3, n_kv_heads, 5, 2)
    assert sum(parameter.numel() for parameter in attention.parameters()) == 2 * (16 * 16 + 16) + 2 * (16 + 1) * 2 * n_kv_heads
    output, weights = attention(tokens)
    assert output.shape == (3, 5, 16) and weights.shape == (3, 8, 5, 5)
    torch.testing.assert_close(output, attention(tokens, need_weights=False)[0])


def test_one_head_of_keys_and_values_serves_neighbouring_queries():
    """A grouped layer equals a full one into which every row of its W_K and W_V is copied for each head of the group."""
    grouped, full = MultiHeadAttention(12, 6, n_kv_heads=2).double(), MultiHeadAttention(12, 6).double()
    rows = torch.tensor([0, 1, 0, 1, 0, 1, 2, 3, 2, 3, 2, 3])
    shared = {name: tensor[rows] if name[:2] in ("k_", "v_") else tensor for name, tensor in grouped.state_dict().items()}
    full.load_state_dict(shared)
    (tokens,) = random_tokens(0, (2, 7, 12))
    for one, other in zip(grouped(tokens), full(tokens), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-12)
