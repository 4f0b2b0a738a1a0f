"""RNNLayer and Conv1dLayer against torch.nn.RNN and torch.nn.Conv1d: outputs and all gradients."""

import pytest
import torch

from book_lib.book.parity import largest_error
from book_lib.sequence import Conv1dLayer, RNNLayer

LIMITS = {torch.float32: 1e-6, torch.float64: 1e-12}


def two_copies(dtype, *shape):
    tokens = torch.randn(shape, generator=torch.Generator().manual_seed(0), dtype=dtype)
    return tokens.clone().requires_grad_(), tokens.clone().requires_grad_()


def backward_in_one_direction(output, expected):
    direction = torch.randn(expected.shape, generator=torch.Generator().manual_seed(1), dtype=expected.dtype)
    (output * direction).sum().backward()
    (expected * direction).sum().backward()


@pytest.mark.parametrize("dtype", LIMITS)
@pytest.mark.parametrize(("n", "d_in", "d_hidden"), [(12, 5, 8), (1, 3, 4), (30, 6, 6)])
def test_rnn_layer_equals_torch(dtype, n, d_in, d_hidden):
    torch.manual_seed(0)
    ours, theirs = RNNLayer(d_in, d_hidden).to(dtype), torch.nn.RNN(d_in, d_hidden, batch_first=True, dtype=dtype)
    with torch.no_grad():
        theirs.bias_hh_l0.zero_()                                            # torch has two biases that are only ever added
    names = {"input_proj.weight": "weight_ih_l0", "input_proj.bias": "bias_ih_l0", "state_proj.weight": "weight_hh_l0"}
    ours.load_state_dict({name: getattr(theirs, other) for name, other in names.items()})
    tokens, other_tokens = two_copies(dtype, 2, n, d_in)
    output, (expected, _) = ours(tokens), theirs(other_tokens)
    assert largest_error(output, expected) <= LIMITS[dtype]
    backward_in_one_direction(output, expected)
    assert largest_error(tokens.grad, other_tokens.grad) <= LIMITS[dtype]
    for name, parameter in ours.named_parameters():
        assert largest_error(parameter.grad, getattr(theirs, names[name]).grad) <= LIMITS[dtype], name


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")
@pytest.mark.parametrize("dtype", LIMITS)
@pytest.mark.parametrize("kernel_size", [1, 2, 3, 4, 7])
@pytest.mark.parametrize("causal", [False, True])
def test_conv1d_layer_equals_torch(dtype, kernel_size, causal):
    torch.manual_seed(0)
    padding = kernel_size - 1 if causal else "same"
    ours, theirs = Conv1dLayer(5, 6, kernel_size, causal=causal).to(dtype), torch.nn.Conv1d(5, 6, kernel_size, padding=padding, dtype=dtype)
    flat = theirs.weight.transpose(1, 2).flatten(1)                          # [d_out, d_in, k] -> [d_out, k * d_in]
    ours.load_state_dict({"proj.weight": flat, "proj.bias": theirs.bias})
    tokens, other_tokens = two_copies(dtype, 2, 9, 5)
    output, expected = ours(tokens), theirs(other_tokens.transpose(1, 2)).transpose(1, 2)[:, :9]
    assert largest_error(output, expected) <= LIMITS[dtype]
    backward_in_one_direction(output, expected)
    assert largest_error(tokens.grad, other_tokens.grad) <= LIMITS[dtype]
    assert largest_error(ours.proj.weight.grad, theirs.weight.grad.transpose(1, 2).flatten(1)) <= LIMITS[dtype]
    assert largest_error(ours.proj.bias.grad, theirs.bias.grad) <= LIMITS[dtype]
