"""MultiHeadAttention and scaled_dot_product_attention against torch's: outputs, weights, and all gradients."""

import itertools

import pytest
import torch
import torch.nn.functional as F

from book_lib.attention import MultiHeadAttention, causal_mask, padding_mask, scaled_dot_product_attention
from book_lib.book.parity import largest_error
from book_lib.checkpoints import multihead_from_torch, multihead_to_torch

LIMITS = {torch.float32: 1e-6, torch.float64: 1e-12}
BATCH, N, M, WIDTH, HEADS = 3, 7, 9, 24, 4
LENGTHS = [9, 5, 1]


def per_head_mask(n, m):
    mask = torch.rand(BATCH, HEADS, n, m, generator=torch.Generator().manual_seed(0)) < 0.6
    mask[..., 0] = True                                                      # torch has no answer for a query without any key
    return mask


def mask_of_kind(kind, n, m):
    if kind == "none":
        return None
    if kind == "causal":
        return causal_mask(m)[:n]
    return padding_mask(LENGTHS, m)[:, None, None, :] if kind == "key padding" else per_head_mask(n, m)


MASKS = ["none", "causal", "key padding", "per head"]


def random_tokens(dtype, *shapes, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(shape, generator=generator, dtype=dtype).requires_grad_() for shape in shapes]


def copies(tensors):
    return [tensor.detach().clone().requires_grad_() for tensor in tensors]


@pytest.mark.parametrize("dtype", LIMITS)
@pytest.mark.parametrize("kind", MASKS)
def test_scaled_dot_product_attention_equals_torch(dtype, kind):
    shapes = (BATCH, HEADS, N, 6), (BATCH, HEADS, M, 6), (BATCH, HEADS, M, 5), (BATCH, HEADS, N, 5)
    *ours, direction = random_tokens(dtype, *shapes)
    theirs, mask = copies(ours), mask_of_kind(kind, N, M)
    output, _ = scaled_dot_product_attention(*ours, mask)
    expected = F.scaled_dot_product_attention(*theirs, attn_mask=mask)
    assert largest_error(output, expected) <= LIMITS[dtype]
    (output * direction).sum().backward()
    (expected * direction).sum().backward()
    for one, other in zip(ours, theirs, strict=True):
        assert largest_error(one.grad, other.grad) <= LIMITS[dtype]


def torch_masks(kind, mask, n, m):
    """Say the same to torch, which marks what may NOT be attended."""
    if kind == "key padding":
        return {"key_padding_mask": ~padding_mask(LENGTHS, m)}
    return {} if mask is None else {"attn_mask": ~(mask.reshape(BATCH * HEADS, n, m) if mask.dim() == 4 else mask)}


def pair(dtype, *, bias=True, kdim=None, vdim=None):
    torch.manual_seed(1)
    theirs = torch.nn.MultiheadAttention(WIDTH, HEADS, bias=bias, kdim=kdim, vdim=vdim, batch_first=True, dtype=dtype)
    for parameter in theirs.parameters():
        torch.nn.init.normal_(parameter, std=0.2)                            # biases too: torch starts them at zero
    ours = MultiHeadAttention(WIDTH, HEADS, d_key=kdim, d_value=vdim, bias=bias).to(dtype)
    ours.load_state_dict(multihead_from_torch(theirs))
    return ours, theirs


def assert_equal(ours, theirs, tokens, kind, dtype, *, need_weights=True):
    n, m = tokens[0].size(1), tokens[-1].size(1)
    mask, other_tokens = mask_of_kind(kind, n, m), copies(tokens)
    output, weights = ours(*tokens, mask=mask, need_weights=need_weights)
    keys_and_values = (other_tokens * 3)[1:3] if len(tokens) == 1 else other_tokens[1:]
    expected, expected_weights = theirs(
        other_tokens[0], *keys_and_values, **torch_masks(kind, mask, n, m), need_weights=need_weights, average_attn_weights=False)
    assert largest_error(output, expected) <= LIMITS[dtype]
    if need_weights:
        assert largest_error(weights, expected_weights) <= LIMITS[dtype]
    else:
        assert weights is None and expected_weights is None

    (direction,) = random_tokens(dtype, output.shape, seed=5)
    (output * direction).sum().backward()
    (expected * direction).sum().backward()
    for one, other in zip(tokens, other_tokens, strict=True):
        assert largest_error(one.grad, other.grad) <= LIMITS[dtype]
    gradients = multihead_to_torch({name: parameter.grad for name, parameter in ours.named_parameters()})
    assert gradients.keys() == dict(theirs.named_parameters()).keys()
    for name, parameter in theirs.named_parameters():
        assert largest_error(gradients[name], parameter.grad) <= LIMITS[dtype], name


@pytest.mark.parametrize("dtype", LIMITS)
@pytest.mark.parametrize("need_weights", [True, False])
@pytest.mark.parametrize(("kind", "bias"), list(itertools.product(MASKS, [True, False])))
def test_self_attention_equals_torch(dtype, kind, bias, need_weights):
    assert_equal(*pair(dtype, bias=bias), random_tokens(dtype, (BATCH, M, WIDTH)), kind, dtype, need_weights=need_weights)


@pytest.mark.parametrize("dtype", LIMITS)
@pytest.mark.parametrize("need_weights", [True, False])
@pytest.mark.parametrize("kind", MASKS)
def test_cross_attention_with_other_widths_equals_torch(dtype, kind, need_weights):
    tokens = random_tokens(dtype, (BATCH, N, WIDTH), (BATCH, M, 10), (BATCH, M, 15))
    assert_equal(*pair(dtype, kdim=10, vdim=15), tokens, kind, dtype, need_weights=need_weights)


@pytest.mark.parametrize("dtype", LIMITS)
def test_cross_attention_with_equal_widths_equals_torch(dtype):
    tokens = random_tokens(dtype, (BATCH, N, WIDTH), (BATCH, M, WIDTH), (BATCH, M, WIDTH))
    assert_equal(*pair(dtype), tokens, "none", dtype)


@pytest.mark.parametrize("dtype", LIMITS)
@pytest.mark.parametrize("need_weights", [True, False])
@pytest.mark.parametrize("kind", MASKS)
def test_dropout_equals_torchs_under_the_same_random_numbers(dtype, kind, need_weights):
    """In training mode, seeded alike: outputs, weights (those that were used) and all gradients."""
    ours, theirs = pair(dtype)
    ours.dropout = theirs.dropout = 0.3
    (tokens,) = random_tokens(dtype, (BATCH, M, WIDTH))
    (other_tokens,), mask = copies([tokens]), mask_of_kind(kind, M, M)
    torch.manual_seed(7)
    output, weights = ours(tokens, mask=mask, need_weights=need_weights)
    torch.manual_seed(7)
    expected, expected_weights = theirs(*[other_tokens] * 3, **torch_masks(kind, mask, M, M), need_weights=need_weights,
                                        average_attn_weights=False)
    assert largest_error(output, expected) <= LIMITS[dtype]
    if need_weights:
        assert largest_error(weights, expected_weights) <= LIMITS[dtype] and (weights == 0).double().mean() > 0.2
    assert largest_error(output, ours.eval()(tokens, mask=mask)[0]) > 0.01
    (direction,) = random_tokens(dtype, output.shape, seed=5)
    (output * direction).sum().backward()
    (expected * direction).sum().backward()
    assert largest_error(tokens.grad, other_tokens.grad) <= LIMITS[dtype]
    gradients = multihead_to_torch({name: parameter.grad for name, parameter in ours.named_parameters()})
    for name, parameter in theirs.named_parameters():
        assert largest_error(gradients[name], parameter.grad) <= LIMITS[dtype], name


@pytest.mark.parametrize("dtype", LIMITS)
@pytest.mark.parametrize("need_weights", [True, False])
@pytest.mark.parametrize("n_kv_heads", [1, 2])
@pytest.mark.parametrize("kind", MASKS)
def test_shared_keys_and_values_equal_torchs_grouped_kernel(kind, n_kv_heads, need_weights, dtype):
    torch.manual_seed(1)
    ours = MultiHeadAttention(WIDTH, HEADS, n_kv_heads=n_kv_heads, bias=False).to(dtype)
    (tokens,) = random_tokens(dtype, (BATCH, M, WIDTH))
    (other_tokens,), mask = copies([tokens]), mask_of_kind(kind, M, M)
    parameters = {name: parameter.detach().clone().requires_grad_() for name, parameter in ours.named_parameters()}
    projected = (F.linear(other_tokens, parameters[f"{x}_proj.weight"]) for x in "qkv")
    query, keys, values = (features.unflatten(2, (-1, WIDTH // HEADS)).transpose(1, 2) for features in projected)
    heads = F.scaled_dot_product_attention(query, keys, values, attn_mask=mask, enable_gqa=True)
    expected = F.linear(heads.transpose(1, 2).flatten(2), parameters["o_proj.weight"])
    output, _ = ours(tokens, mask=mask, need_weights=need_weights)
    assert largest_error(output, expected) <= LIMITS[dtype]
    (direction,) = random_tokens(dtype, output.shape, seed=5)
    (output * direction).sum().backward()
    (expected * direction).sum().backward()
    assert largest_error(tokens.grad, other_tokens.grad) <= LIMITS[dtype]
    for name, parameter in ours.named_parameters():
        assert largest_error(parameter.grad, parameters[name].grad) <= LIMITS[dtype], name


@pytest.mark.parametrize("n_kv_heads", [1, 2, 4])
def test_shared_keys_and_values_equal_the_llama_of_transformers(n_kv_heads):
    """Its attention repeats keys and values by repeat_kv; positions that do not turn (cosine 1, sine 0) leave attention alone."""
    from transformers import LlamaConfig
    from transformers.models.llama.modeling_llama import LlamaAttention

    torch.manual_seed(1)
    config = LlamaConfig(hidden_size=WIDTH, num_attention_heads=HEADS, num_key_value_heads=n_kv_heads, attention_bias=False,
                         attn_implementation="eager")
    theirs = LlamaAttention(config, layer_idx=0).double()
    ours = MultiHeadAttention(WIDTH, HEADS, n_kv_heads=n_kv_heads, bias=False).double()
    for parameter in theirs.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    ours.load_state_dict(theirs.state_dict())
    (tokens,) = random_tokens(torch.float64, (BATCH, M, WIDTH))
    (other_tokens,) = copies([tokens])
    still = torch.ones(BATCH, M, WIDTH // HEADS).double(), torch.zeros(BATCH, M, WIDTH // HEADS).double()
    hidden = torch.zeros(M, M).double().masked_fill(~causal_mask(M), -torch.inf)
    (output, weights), (expected, their_weights) = ours(tokens, mask=causal_mask(M)), theirs(other_tokens, still, hidden[None, None])
    assert largest_error(output, expected) <= 1e-6 and largest_error(weights, their_weights) <= 1e-6       # float32 softmax
    output.sin().sum().backward()
    expected.sin().sum().backward()
    assert largest_error(tokens.grad, other_tokens.grad) <= 1e-6
    for name, parameter in ours.named_parameters():
        assert largest_error(parameter.grad, dict(theirs.named_parameters())[name].grad) <= 1e-6, name


def test_torch_has_no_module_for_shared_keys_and_values():
    with pytest.raises(ValueError, match="q_proj.weight has 8 rows and k_proj.weight 4"):
        multihead_to_torch(MultiHeadAttention(8, 4, n_kv_heads=2).state_dict())


@pytest.mark.parametrize("kdim", [None, 10])
@pytest.mark.parametrize("bias", [True, False])
def test_weights_survive_the_way_there_and_back(kdim, bias):
    _, theirs = pair(torch.float32, kdim=kdim, vdim=kdim, bias=bias)
    back = multihead_to_torch(multihead_from_torch(theirs))
    assert back.keys() == theirs.state_dict().keys()
    assert all(torch.equal(back[name], tensor) for name, tensor in theirs.state_dict().items())


def test_torch_packs_query_over_key_over_value():
    ours, theirs = pair(torch.float32)
    for place, projection in enumerate((ours.q_proj, ours.k_proj, ours.v_proj)):
        assert torch.equal(projection.weight, theirs.in_proj_weight[place * WIDTH:(place + 1) * WIDTH])


@pytest.mark.parametrize("option", ["add_bias_kv", "add_zero_attn"])
def test_modules_with_extra_tokens_are_refused(option):
    with pytest.raises(ValueError, match=option):
        multihead_from_torch(torch.nn.MultiheadAttention(8, 2, **{option: True}))


def test_largest_error_is_relative_to_the_largest_entry():
    assert largest_error(torch.tensor([1.0, 101.0]), torch.tensor([1.0, 100.0])) == pytest.approx(0.01)
    assert largest_error(torch.tensor([0.5]), torch.tensor([0.0])) == 0.5
    assert largest_error(torch.zeros(0, 3), torch.zeros(0, 3)) == 0.0
    with pytest.raises(ValueError, match=r"\[2\].*\[3\]"):
        largest_error(torch.zeros(2), torch.zeros(3))
