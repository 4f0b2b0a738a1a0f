"""Compression: what each method leaves alone, how far it is off, and that the fast ways say what the readable ones say."""

import copy
import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from book_lib import compression
from book_lib.attention import MultiHeadAttention
from book_lib.compression import (
    Quantised,
    break_even_rank,
    calibrate,
    channel_scores,
    clustered,
    codebook,
    distillation_loss,
    factorise,
    fast_integer_product,
    fixed_point,
    fold_batch_norm,
    group_heads,
    integer_product,
    linear_attention,
    linearise,
    magnitude_mask,
    maps_of,
    mask_heads,
    n_of_m_mask,
    prune_channels,
    prune_weights,
    quantise,
    quantise_between,
    rescale,
    round_activations,
    round_weights,
    rounded,
    settle,
    share_layers,
    sparsity_of,
    torch_int8,
    truncated_svd,
)
from book_lib.experiments.heads import prune_heads
from book_lib.transformer import EncoderLayer, FeedForward, Transformer

SEEDS = st.integers(0, 10_000)


def matrix(seed, *shape, dtype=torch.float64):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def near(ours, theirs, bound=1e-12):
    return ours.shape == theirs.shape and (ours - theirs).abs().max().item() <= bound


def layer(seed=0, **sizes):
    torch.manual_seed(seed)
    return MultiHeadAttention(16, 4, **sizes).double().eval()


def network(seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 6, 3, padding=1), nn.Flatten(),
                         nn.Linear(6 * 16, 5)).double().eval()


@given(SEEDS, st.floats(0, 1))
@settings(max_examples=40, deadline=None)
def test_magnitude_pruning_removes_so_many_and_the_smallest(seed, sparsity):
    weight = matrix(seed, 7, 9)
    mask = magnitude_mask(weight, sparsity)
    assert (~mask).sum() == round(sparsity * 63)
    if 0 < mask.sum() < 63:
        assert weight[mask].abs().min() >= weight[~mask].abs().max()


def test_magnitude_pruning_keeps_its_share_among_equal_weights():
    assert magnitude_mask(torch.ones(4, 5), 0.5).sum() == 10


@given(SEEDS, st.sampled_from([(2, 4), (1, 4), (4, 8), (3, 3)]))
@settings(max_examples=30, deadline=None)
def test_n_of_m_leaves_the_n_largest_of_each_m(seed, n_of_m):
    n, m = n_of_m
    weight = matrix(seed, 5, 24)
    groups, kept = weight.view(-1, m).abs(), n_of_m_mask(weight, n, m).view(-1, m)
    assert (kept.sum(1) == n).all()
    assert (groups.masked_fill(~kept, math.inf).min(1).values >= groups.masked_fill(kept, 0).max(1).values).all()


def test_n_of_m_counts_all_that_one_output_of_a_convolution_reads():
    weight = matrix(0, 6, 4, 3, 3)
    assert torch.equal(n_of_m_mask(weight), n_of_m_mask(weight.flatten(1)).view(6, 4, 3, 3))


@pytest.mark.parametrize("change", [
    lambda model: settle(prune_weights(model, lambda weight: magnitude_mask(weight, 0.0))),
    lambda model: settle(prune_weights(model, lambda weight: n_of_m_mask(weight, 3, 3))),
    lambda model: settle(round_weights(model, lambda weight: weight)),
], ids=["no weight pruned", "3 of 3", "rounded to itself"])
def test_no_compression_is_the_original(change):
    model, images = network(), matrix(1, 2, 3, 4, 4)
    expected, names = model(images), set(model.state_dict())
    assert torch.equal(change(model)(images), expected)
    assert set(model.state_dict()) == names


def test_a_full_rank_is_the_original():
    weight = matrix(0, 6, 10)
    left, right = truncated_svd(weight, 6)
    assert left @ right == pytest.approx(weight.numpy(), abs=1e-12)


def test_pruned_weights_stay_zero_in_training_and_the_others_learn():
    model = nn.Linear(8, 4)
    start = model.weight.detach().clone()
    prune_weights(nn.Sequential(model), lambda weight: magnitude_mask(weight, 0.5))
    kept = model.weight != 0
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        model(torch.ones(2, 8)).square().sum().backward()
        optimizer.step()
    settle(model)
    assert torch.equal(model.weight != 0, kept) and (model.weight[kept] != start[kept]).all()
    assert sparsity_of(nn.Sequential(model)) == 0.5


@pytest.mark.parametrize("heads", [[1], [0, 3], [0, 1, 2]])
def test_pruned_heads_equal_masked_heads(heads):
    whole, tokens = layer(), matrix(1, 2, 5, 16)
    smaller = prune_heads(whole, heads)
    masked = mask_heads(copy.deepcopy(whole), heads)
    assert near(smaller(tokens)[0], masked(tokens)[0])
    assert sum(p.numel() for p in smaller.parameters()) < sum(p.numel() for p in masked.parameters())
    kept = [head for head in range(4) if head not in heads]
    assert near(smaller(tokens)[1], masked(tokens)[1][:, kept])


def test_pruned_heads_equal_masked_heads_to_the_last_bit_where_sums_are_exact():
    whole, tokens = layer(), torch.ones(1, 3, 16, dtype=torch.float64)       # equal tokens: every weight of attention is 1 / 3
    with torch.no_grad():
        for parameter in whole.parameters():
            parameter.copy_((4 * parameter).round())                         # whole numbers add up exactly in any order
        one = tokens[:, :1]                                                  # and one token has a weight of 1
        assert torch.equal(prune_heads(whole, [2])(one)[0], mask_heads(copy.deepcopy(whole), [2])(one)[0])


def test_pruned_channels_equal_channels_set_to_zero():
    feed, tokens, kept = FeedForward(6, 10).double().eval(), matrix(1, 2, 3, 6), [0, 4, 7]
    first, second = prune_channels(feed.linear1, feed.linear2, kept)
    others = [i for i in range(10) if i not in kept]
    hidden = F.relu(feed.linear1(tokens))
    hidden[..., others] = 0
    assert near(second(F.relu(first(tokens))), feed.linear2(hidden))
    assert first.weight.shape == (3, 6) and second.weight.shape == (6, 3)


def test_pruned_channels_of_convolutions_take_their_batch_norm_along():
    model, images = network(), matrix(1, 2, 3, 4, 4)
    model[1].running_mean.normal_(generator=torch.Generator().manual_seed(3))
    first, second, norm = prune_channels(model[0], model[3], [1, 2, 5], model[1])
    hidden = F.relu(model[1](model[0](images)))
    hidden[:, [0, 3, 4, 6, 7]] = 0
    ours = second(F.relu(norm(first(images))))
    assert near(ours, model[3](hidden)) and norm.num_features == 3


def test_a_channel_that_nothing_reads_or_makes_scores_zero():
    feed = FeedForward(4, 6)
    with torch.no_grad():
        feed.linear2.weight[:, 2] = 0
        feed.linear1.weight[5] = 0
    scores = channel_scores(feed.linear1, feed.linear2)
    assert (scores == 0).nonzero().flatten().tolist() == [2, 5]


def test_a_folded_batch_norm_changes_nothing():
    model, images = network(), matrix(1, 2, 3, 4, 4)
    model[1].running_mean.normal_(generator=torch.Generator().manual_seed(3))
    model[1].running_var.uniform_(0.5, 2, generator=torch.Generator().manual_seed(4))
    expected = model[1](model[0](images))
    assert near(fold_batch_norm(model[0], model[1])(images), expected)


def test_a_batch_norm_is_folded_into_a_factorised_convolution_too():
    model, images = network(), matrix(1, 2, 3, 4, 4)
    model[1].running_mean.normal_(generator=torch.Generator().manual_seed(3))
    factorise(model, 0.5, ["0"])
    expected = model[1](model[0](images))
    assert near(fold_batch_norm(model[0], model[1])(images), expected) and near(model[1](model[0](images)), expected)


@given(SEEDS, st.integers(1, 6))
@settings(max_examples=30, deadline=None)
def test_the_truncated_svd_is_off_by_the_singular_values_it_lacks_and_nothing_is_nearer(seed, rank):
    weight = matrix(seed, 6, 9)
    left, right = truncated_svd(weight, rank)
    error = (weight - left @ right).square().sum()
    assert error == pytest.approx(torch.linalg.svdvals(weight)[rank:].square().sum().item(), abs=1e-10)
    other = matrix(seed + 1, 6, rank)
    assert error <= (weight - other @ torch.linalg.lstsq(other, weight).solution).square().sum() + 1e-10


@pytest.mark.parametrize("n_out, n_in", [(128, 128), (256, 96), (112, 1008), (5, 7)])
def test_a_rank_saves_numbers_just_below_break_even(n_out, n_in):
    rank = break_even_rank(n_out, n_in)
    assert rank * (n_out + n_in) == pytest.approx(n_out * n_in)
    assert math.floor(rank) * (n_out + n_in) <= n_out * n_in < (math.floor(rank) + 1) * (n_out + n_in)


def test_factorised_maps_compute_with_the_product_of_their_matrices():
    model, images = network(), matrix(1, 2, 3, 4, 4)
    plain = copy.deepcopy(model)
    ranks = factorise(model, 0.5)
    assert set(ranks) == set(maps_of(plain)) and sum(p.numel() for p in model.parameters()) < sum(p.numel() for p in plain.parameters())
    with torch.no_grad():
        for name, old in maps_of(plain).items():
            left, right = truncated_svd(old.weight.flatten(1), ranks[name])
            old.weight.copy_((left @ right).view(old.weight.shape))
    assert near(model(images), plain(images), 1e-10)


def test_factorise_leaves_alone_what_it_cannot_shrink():
    model = nn.Sequential(nn.Linear(1, 3), nn.Linear(3, 3))
    assert factorise(model, 0.9) == {"1": 1} and isinstance(model[0], nn.Linear)
    assert factorise(nn.Sequential(nn.Linear(8, 8)), 2.5) == {}


def test_attention_takes_factorised_maps():
    attention, tokens = layer(), matrix(1, 2, 5, 16)
    expected = attention(tokens)[0]
    assert len(factorise(attention, 1.9)) == 4                               # rank 15 of 16
    assert attention(tokens)[0].shape == expected.shape and not torch.equal(attention(tokens)[0], expected)


@given(SEEDS, st.floats(0.5, 8), st.floats(0, 1))
@settings(max_examples=30, deadline=None)
def test_distilling_from_itself_leaves_the_labels_alone(seed, temperature, soft_share):
    logits, labels = matrix(seed, 6, 4), torch.arange(6) % 4
    loss = distillation_loss(logits, logits, labels, temperature=temperature, soft_share=soft_share)
    assert loss.item() == pytest.approx((1 - soft_share) * F.cross_entropy(logits, labels).item(), abs=1e-12)


def test_the_soft_part_of_distillation_by_hand():
    student, teacher, labels = torch.tensor([[0.0, 0.0]]), torch.tensor([[2 * math.log(3.0), 0.0]]), torch.tensor([0])
    by_hand = 4 * (0.75 * math.log(0.75 / 0.5) + 0.25 * math.log(0.25 / 0.5))          # at temperature 2 the teacher says 3 to 1
    assert distillation_loss(student, teacher, labels, soft_share=1.0).item() == pytest.approx(by_hand, abs=1e-6)


def test_softer_answers_have_gradients_of_about_the_same_size():
    teacher, labels, sizes = matrix(0, 50, 8), torch.zeros(50, dtype=torch.long), []
    for temperature in (8.0, 16.0):
        student = matrix(1, 50, 8).requires_grad_()
        distillation_loss(student, teacher, labels, temperature=temperature, soft_share=1.0).backward()
        sizes.append(student.grad.norm().item())
    assert sizes[1] == pytest.approx(sizes[0], rel=0.1)                       # without the factor, a quarter


def test_rows_without_a_label_do_not_count():
    student, teacher, labels = matrix(0, 4, 3), matrix(1, 4, 3), torch.tensor([1, -100, 2, 0])
    kept = [0, 2, 3]
    assert distillation_loss(student, teacher, labels) == distillation_loss(student[kept], teacher[kept], labels[kept])


@given(SEEDS, st.integers(2, 8), st.booleans(), st.floats(1e-3, 1e3))
@settings(max_examples=60, deadline=None)
def test_rounding_moves_no_weight_by_more_than_half_a_step(seed, bits, per_channel, size):
    weight = size * matrix(seed, 5, 11)
    whole, scale, zero = quantise(weight, bits=bits, per_channel=per_channel)
    assert whole.dtype == torch.int8 and whole.abs().max() == 2 ** (bits - 1) - 1 and not zero.any()
    assert ((rounded(weight, bits=bits, per_channel=per_channel) - weight).abs() <= scale / 2 * (1 + 1e-12)).all()
    assert scale.numel() == (5 if per_channel else 1)


def test_one_scale_for_each_output_is_never_worse_and_better_where_outputs_differ_in_size():
    weight = matrix(0, 4, 30) * torch.tensor([1.0, 0.1, 0.01, 0.001], dtype=torch.float64)[:, None]
    per_channel, together = ((rounded(weight, bits=4, per_channel=each) - weight).norm(dim=1) for each in (True, False))
    assert (per_channel <= together).all() and together[3] == weight[3].norm() > 5 * per_channel[3]


def test_zeros_and_a_row_of_zeros_stay_zero():
    weight = matrix(0, 3, 6)
    weight[1], weight[0, 2] = 0, 0
    assert torch.equal(rounded(weight)[1], weight[1]) and rounded(weight)[0, 2] == 0


@given(SEEDS, st.floats(-5, 5), st.floats(0.01, 10))
@settings(max_examples=60, deadline=None)
def test_activations_are_rounded_within_their_range_and_cut_off_outside(seed, low, width):
    high = low + width
    values = low + width * torch.rand(40, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    q = quantise_between(values, low, high)
    bottom, top = min(low, 0), max(high, 0)
    assert q.whole.dtype == torch.uint8 and q.scale.item() == pytest.approx((top - bottom) / 255)
    assert ((q.values() - values).abs() <= q.scale * (1 + 1e-9)).all()       # half a step, and half for the zero that must be whole
    assert quantise_between(torch.zeros(1, dtype=torch.float64), low, high).values().item() == 0
    outside = quantise_between(torch.tensor([bottom - 9.0, top + 9.0], dtype=torch.float64), low, high)
    assert outside.whole.tolist() == [0, 255]


@given(SEEDS, st.integers(1, 5))
@settings(max_examples=30, deadline=None)
def test_a_codebook_sends_each_weight_to_its_nearest_centre(seed, bits):
    weight = matrix(seed, 6, 20)
    codes, centres = codebook(weight, bits)
    assert centres.shape == (2**bits,) and (centres.diff() >= 0).all()
    nearest = (weight[..., None] - centres).abs().min(-1).values
    assert (weight - centres[codes.long()]).abs() == pytest.approx(nearest.numpy(), abs=1e-12)
    assert torch.equal(clustered(weight, bits=bits), centres[codes.long()])


def test_more_rounds_of_k_means_are_never_worse():
    weight = matrix(0, 30, 30)
    books = [codebook(weight, 3, rounds=n) for n in (1, 5, 40)]
    errors = [(centres[codes.long()] - weight).square().sum().item() for codes, centres in books]
    assert errors[0] > errors[1] >= errors[2]


def test_few_values_are_met_exactly_by_a_codebook():
    weight = torch.tensor([[0.5, -0.25, 0.5], [0.0, -0.25, 0.0]])
    assert clustered(weight, bits=4) == pytest.approx(weight.numpy(), abs=1e-7)


@given(SEEDS, st.integers(1, 6), st.integers(1, 9), st.integers(1, 5))
@settings(max_examples=40, deadline=None)
def test_the_product_of_whole_numbers_is_the_simulated_one(seed, n, n_in, n_out):
    inputs, weight = matrix(seed, n, n_in), matrix(seed + 1, n_out, n_in)
    x, w = quantise_between(inputs, inputs.min(), inputs.max() + 1e-3), quantise(weight)
    sums = integer_product(x, w)
    assert sums.dtype == torch.int32 and torch.equal(sums, fast_integer_product(x, w))
    simulated = x.values() @ w.values().T
    assert sums * x.scale * w.scale.T == pytest.approx(simulated.numpy(), abs=1e-12 * (1 + n_in))
    by_hand = (x.whole.double() - x.zero) @ w.whole.double().T               # whole numbers in float64: not one bit differs
    assert torch.equal(sums.double(), by_hand)


@given(SEEDS, st.floats(1e-6, 0.9))
@settings(max_examples=40, deadline=None)
def test_rescaling_in_whole_numbers_is_the_rounded_product(seed, scale):
    sums = torch.randint(-100_000, 100_000, (200,), generator=torch.Generator().manual_seed(seed), dtype=torch.int32)
    exact = sums.double() * scale + 128
    clear = (exact - exact.floor() - 0.5).abs() > 1e-3                       # not on the edge between two whole numbers
    assert torch.equal(rescale(sums, scale, 128)[clear], exact.round().clamp(0, 255)[clear].to(torch.uint8))


@given(st.floats(1e-9, 1e6))
@settings(max_examples=60, deadline=None)
def test_a_scale_in_whole_numbers_is_the_scale(scale):
    whole, shift = fixed_point(scale)
    assert 2**29 <= whole <= 2**30 and whole / 2**shift == pytest.approx(scale, rel=2**-29)


def test_a_layer_in_whole_numbers_from_end_to_end():
    linear = nn.Linear(12, 7).double()
    inputs = matrix(3, 9, 12)
    outputs = linear(inputs).detach()
    x, w = quantise_between(inputs, inputs.min(), inputs.max()), quantise(linear.weight.detach())
    steps = (outputs.max() - outputs.min()).item() / 255
    zero = round(-outputs.min().item() / steps)
    bias = (linear.bias.detach() / (x.scale * w.scale.flatten())).round().to(torch.int32)
    sums = integer_product(x, w) + bias
    whole = torch.stack([rescale(column, (x.scale * scale).item() / steps, zero)
                         for column, scale in zip(sums.T, w.scale.flatten(), strict=True)], dim=1)
    assert ((whole.double() - zero) * steps - outputs).abs().max() < 0.05 * (outputs.max() - outputs.min())


def test_straight_through_rounds_the_way_up_and_not_the_way_down():
    model = nn.Linear(6, 3)
    master = model.weight.detach().clone()
    round_weights(nn.Sequential(model), lambda weight: rounded(weight, bits=3))
    inputs = torch.ones(2, 6)
    assert torch.allclose(model(inputs), F.linear(inputs, rounded(master, bits=3), model.bias))
    model(inputs).sum().backward()
    gradient = model.parametrizations.weight.original.grad
    assert torch.equal(gradient, torch.full_like(gradient, 2.0))             # what an unrounded weight would get
    settle(model)
    assert torch.equal(model.weight, master + (rounded(master, bits=3) - master))


def test_shared_embeddings_are_rounded_where_they_are_read_and_where_they_answer():
    torch.manual_seed(0)
    model = Transformer(9, 9, d_model=8, n_heads=2, d_ff=8, n_layers=1).eval()
    words = torch.tensor([[3, 4, 5]])
    settle(round_weights(model, lambda weight: torch.zeros_like(weight)))
    assert not model.target_embedding.weight.any() and not model(words, words).any()


def test_calibration_sees_the_range_and_can_leave_out_outliers():
    model = nn.Sequential(nn.Linear(4, 4), nn.ReLU())
    inputs = torch.linspace(-1, 1, 4000).view(-1, 4)
    inputs[0, 0] = -100.0
    assert calibrate(model, lambda network: network(inputs))["0"] == (-100.0, 1.0)
    low, high = calibrate(model, lambda network: network(inputs), share=0.998)["0"]
    assert -1 < low < -0.99 and 0.99 < high < 1
    assert not model[0]._forward_pre_hooks


def test_calibration_remembers_all_batches():
    model = nn.Sequential(nn.Linear(2, 2))
    seen = calibrate(model, lambda network: [network(torch.tensor([[low, high]])) for low, high in ((-1.0, 2.0), (-3.0, 1.0))])
    assert seen == {"0": (-3.0, 2.0)}


def test_a_map_that_reads_zeros_alone_needs_no_range():
    assert calibrate(nn.Sequential(nn.Linear(2, 2, bias=False), nn.Linear(2, 2)), lambda network: network(torch.zeros(1, 2))) == {}


def test_rounded_activations_change_what_a_map_reads_until_the_hooks_are_removed():
    model = nn.Sequential(nn.Linear(3, 2))
    inputs = torch.tensor([[0.1, 0.52, -0.3]])
    expected = model(inputs)
    hooks = round_activations(model, {"0": (-1.0, 1.0)}, bits=2)
    assert torch.equal(model(inputs), F.linear(quantise_between(inputs, -1, 1, bits=2).values(), model[0].weight, model[0].bias))
    for hook in hooks:
        hook.remove()
    assert torch.equal(model(inputs), expected)


def test_torch_runs_linear_maps_in_int8_nearly_as_they_are():
    torch.manual_seed(0)
    model, tokens = EncoderLayer(32, 4, 64).eval(), torch.randn(2, 6, 32)
    fast = torch_int8(model)
    assert not maps_of(fast) and len(maps_of(model)) == 6                    # the original is left alone
    with torch.no_grad():
        ours, theirs = fast(tokens)[0], model(tokens)[0]
    assert not torch.equal(ours, theirs) and (ours - theirs).abs().max() < 0.1


def test_grouping_into_as_many_groups_as_heads_is_the_original():
    attention, tokens = layer(), matrix(1, 2, 5, 16)
    assert torch.equal(group_heads(attention, 4)(tokens)[0], attention(tokens)[0])


def test_grouped_heads_have_the_mean_of_their_keys_and_values():
    attention = layer()
    grouped = group_heads(attention, 2)
    assert near(grouped.k_proj.weight[:4], ((attention.k_proj.weight[:4] + attention.k_proj.weight[4:8]) / 2))
    assert near(grouped.v_proj.bias[4:], ((attention.v_proj.bias[8:12] + attention.v_proj.bias[12:]) / 2))
    again = group_heads(grouped, 1)
    assert near(again.k_proj.weight, attention.k_proj.weight.view(4, 4, 16).mean(0))


def test_heads_with_equal_keys_and_values_lose_nothing_by_sharing_them():
    attention, tokens = layer(), matrix(1, 2, 5, 16)
    with torch.no_grad():
        for proj in (attention.k_proj, attention.v_proj):
            proj.weight[4:8], proj.bias[4:8] = proj.weight[:4], proj.bias[:4]
            proj.weight[12:], proj.bias[12:] = proj.weight[8:12], proj.bias[8:12]
    assert near(group_heads(attention, 2)(tokens)[0], attention(tokens)[0])


@given(SEEDS, st.integers(1, 6), st.integers(1, 7), st.integers(0, 3))
@settings(max_examples=30, deadline=None)
def test_linear_attention_is_the_weighted_mean_that_its_weights_say(seed, n, m, hidden):
    query, key, value = matrix(seed, 2, n, 4), matrix(seed + 1, 2, m, 4), matrix(seed + 2, 2, m, 3)
    mask = torch.arange(m)[None, None] >= hidden
    raw = (F.elu(query) + 1) @ (F.elu(key) + 1).transpose(-2, -1) * mask     # [2, n, m], the matrix that is never formed
    expected = raw / raw.sum(-1, keepdim=True).clamp(min=1e-300) @ value
    assert near(linear_attention(query, key, value, mask), expected)
    if hidden < m:
        assert near(linear_attention(query, key, value, mask), linear_attention(query, key[:, hidden:], value[:, hidden:]))


def test_a_linear_layer_keeps_the_projections_and_says_what_it_attends_to():
    attention, tokens = layer(n_kv_heads=2), matrix(1, 2, 5, 16)
    linear, mask = linearise(attention), torch.tensor([[True] * 5, [True] * 3 + [False] * 2])[:, None, None]
    assert all(torch.equal(linear.state_dict()[name], tensor) for name, tensor in attention.state_dict().items())
    output, weights = linear(tokens, mask=mask)
    assert near(weights.sum(-1), torch.ones(2, 4, 5).double()) and not weights[1, ..., 3:].any()
    values = linear.keys_and_values(tokens, tokens)[1].repeat_interleave(2, dim=1)
    assert near(output, linear.o_proj((weights @ values).transpose(1, 2).flatten(2)))
    assert torch.equal(linear(tokens, mask=mask, need_weights=False)[0], output) and linear(tokens, need_weights=False)[1] is None


def test_linear_attention_costs_as_much_again_for_as_many_tokens_again():
    def cost(n):
        tokens = torch.zeros(1, 4, n, 8)
        with FlopCounterMode(display=False) as counter:
            linear_attention(tokens, tokens, tokens)
        return counter.get_total_flops()

    assert cost(200) == 2 * cost(100)


def test_shared_layers_are_one():
    torch.manual_seed(0)
    layers = nn.ModuleList(EncoderLayer(8, 2, 8) for _ in range(3))
    one = sum(p.numel() for p in layers[0].parameters())
    assert share_layers(layers) is layers and sum(p.numel() for p in layers.parameters()) == one and layers[2] is layers[0]


@pytest.mark.parametrize("call, words", [
    (lambda: magnitude_mask(torch.ones(3), 1.5), "sparsity is 1.5"),
    (lambda: n_of_m_mask(torch.ones(3, 6)), "multiple of m"),
    (lambda: n_of_m_mask(torch.ones(3, 8), 5, 4), "n 5 of m 4"),
    (lambda: prune_weights(nn.Linear(2, 2), lambda weight: weight > 0, ["x"]), "'x', which is no linear map"),
    (lambda: prune_channels(nn.Linear(2, 5), nn.Linear(4, 2), [0]), "5 outputs and out_of 4 inputs"),
    (lambda: prune_channels(nn.Linear(2, 5), nn.Linear(5, 2), []), "at least one of the channels 0 to 4"),
    (lambda: prune_channels(nn.Linear(2, 5), nn.Linear(5, 2), [5]), "channels 0 to 4"),
    (lambda: break_even_rank(0, 4), "n_out is 0"),
    (lambda: truncated_svd(torch.ones(2, 3, 4), 1), r"shape \[2, 3, 4\]"),
    (lambda: truncated_svd(torch.ones(2, 3), 3), "rank is 3, expected 1 to 2"),
    (lambda: factorise(nn.Linear(4, 4), 0), "share is 0"),
    (lambda: distillation_loss(torch.ones(2, 3), torch.ones(2, 4), torch.zeros(2).long()), r"student \[2, 3\], teacher \[2, 4\]"),
    (lambda: distillation_loss(torch.ones(2, 3), torch.ones(2, 3), torch.zeros(2).long(), temperature=0), "temperature is 0"),
    (lambda: quantise(torch.ones(2, 3), bits=1), "bits is 1"),
    (lambda: quantise(torch.ones(2, 3), bits=9), "bits is 9, expected 2 to 8"),
    (lambda: quantise(torch.tensor([[math.nan]])), "finite"),
    (lambda: quantise_between(torch.ones(2), 0, 0), "low is 0.0 and high 0.0"),
    (lambda: quantise_between(torch.ones(2), 0, math.inf), "finite range"),
    (lambda: codebook(torch.ones(2, 3), 9), "bits is 9, expected 1 to 8"),
    (lambda: codebook(torch.tensor([1, 2])), "finite floating-point"),
    (lambda: calibrate(nn.Linear(2, 2), None, share=0), "share is 0"),
    (lambda: round_activations(nn.Sequential(nn.Linear(2, 2)), {"1": (0, 1)}), "'1', which is no linear map"),
    (lambda: integer_product(Quantised(torch.ones(2, 3), torch.ones(2), torch.zeros(1)), quantise(torch.ones(4, 3))), "2 scales"),
    (lambda: fast_integer_product(quantise_between(torch.ones(2, 3), 0, 1), quantise(torch.ones(4, 5))), r"\[2, 3\]"),
    (lambda: fixed_point(0.0), "scale is 0.0"),
    (lambda: linear_attention(*[torch.ones(1, 3, 2)] * 3, torch.ones(1, 3, 3).bool()), r"shape \[1, 3, 3\], expected one row"),
    (lambda: group_heads(layer(), 3), "multiple of n_kv_heads 3"),
    (lambda: group_heads(group_heads(layer(), 2), 4), "n_kv_heads is 4, expected a divisor of the 2"),
])
def test_what_does_not_fit_is_refused_in_words(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_the_names_of_a_model_without_maps_are_none():
    assert compression.maps_of(nn.ReLU()) == {}
