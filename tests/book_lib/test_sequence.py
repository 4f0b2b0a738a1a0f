"""sequence.py: order, windows, receptive fields, edges, and what is refused."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from book_lib.sequence import Conv1dLayer, RNNLayer, receptive_field


def test_rnn_layer_follows_its_recurrence():
    torch.manual_seed(0)
    layer, tokens = RNNLayer(2, 3).double(), torch.randn(1, 4, 2, dtype=torch.float64)
    state = torch.zeros(3, dtype=torch.float64)
    for t, output in enumerate(layer(tokens)[0]):
        state = torch.tanh(layer.input_proj.weight @ tokens[0, t] + layer.state_proj.weight @ state + layer.input_proj.bias)
        torch.testing.assert_close(output, state, rtol=0, atol=1e-14)


def test_rnn_layer_sees_all_tokens_before_and_none_after():
    tokens = torch.randn(1, 6, 2, requires_grad=True)
    RNNLayer(2, 3)(tokens)[0, 3].sum().backward()
    assert (tokens.grad[0].abs().sum(dim=1) > 0).tolist() == [True] * 4 + [False] * 2


@given(st.integers(1, 5), st.integers(1, 5), st.booleans(), st.integers(0, 1000))
@settings(max_examples=30, deadline=None)
def test_stacked_convolutions_see_exactly_their_receptive_field(n_layers, kernel_size, causal, seed):
    torch.manual_seed(seed)
    tokens = torch.randn(1, 61, 3, dtype=torch.float64, requires_grad=True)
    features = tokens
    for _ in range(n_layers):
        features = Conv1dLayer(3, 3, kernel_size, causal=causal).double()(features)
    features[0, 30].sum().backward()
    reached = (tokens.grad[0].abs().sum(dim=1) > 0).nonzero().flatten().tolist()
    count = receptive_field(n_layers, kernel_size)
    assert count == 1 + n_layers * (kernel_size - 1)
    before = n_layers * (kernel_size - 1 if causal else (kernel_size - 1) // 2)
    assert reached == list(range(30 - before, 30 - before + count))


@pytest.mark.parametrize("layer", [RNNLayer(3, 5), Conv1dLayer(3, 5, 4), Conv1dLayer(3, 5, 3, causal=True)])
@pytest.mark.parametrize("shape", [(2, 0, 3), (0, 4, 3), (2, 1, 3)])
def test_empty_and_single_token_sequences(layer, shape):
    assert list(layer(torch.zeros(shape)).shape) == [*shape[:2], 5]


def test_a_convolution_of_no_layers_sees_its_own_token():
    assert receptive_field(0, 9) == 1


@pytest.mark.parametrize("layer", [RNNLayer(3, 5), Conv1dLayer(3, 5, 2)])
@pytest.mark.parametrize("shape", [(2, 4, 4), (4, 3)])
def test_wrong_shapes_are_named(layer, shape):
    with pytest.raises(ValueError) as error:
        layer(torch.zeros(shape))
    assert error.match(rf"inputs has shape \[{', '.join(map(str, shape))}\], expected \[batch, tokens, 3\]")


@pytest.mark.parametrize(("build", "words"), [
    (lambda: RNNLayer(0, 4), "d_in is 0"), (lambda: RNNLayer(4, -1), "d_hidden is -1"), (lambda: Conv1dLayer(4, 4, 0), "kernel_size is 0"),
    (lambda: Conv1dLayer(4, 4, 2.5), "kernel_size is 2.5"), (lambda: receptive_field(-1, 3), "n_layers is -1"),
    (lambda: receptive_field(2, 0), "kernel_size is 0"),
])
def test_wrong_sizes_are_named(build, words):
    with pytest.raises(ValueError, match=words):
        build()
