"""What the lab of chapter 2 counts on layers, against what can be worked out by hand."""

import pytest
import torch
from torch import nn

from book_lib.experiments.cost import (
    CellLoop,
    FullyConnectedLayer,
    SelfAttentionLayer,
    dependent_products,
    multiplications,
    numbers_kept,
    seconds,
    sequence_layers,
)


@pytest.mark.parametrize(("n", "d", "k"), [(5, 8, 3), (8, 8, 5), (16, 8, 7)])
def test_multiplications_are_those_of_the_table(n, d, k):
    layers = sequence_layers(d, kernel_size=k) | {"fully connected": FullyConnectedLayer(n, d)}
    counted = {name: multiplications(layer, torch.zeros(1, n, d)) for name, layer in layers.items()}
    assert counted == {
        "RNN": 2 * n * d**2, "GRU": 6 * n * d**2, "LSTM": 8 * n * d**2, "convolution": k * n * d**2,
        "attention": 4 * n * d**2 + 2 * n**2 * d, "fully connected": n**2 * d**2,
    }


def test_multiplications_grow_with_the_batch():
    layer = SelfAttentionLayer(8)
    assert multiplications(layer, torch.zeros(3, 5, 8)) == 3 * multiplications(layer, torch.zeros(1, 5, 8))


@pytest.mark.parametrize(("cell", "whole"), [(nn.GRUCell, nn.GRU), (nn.LSTMCell, nn.LSTM)])
def test_a_loop_over_cells_is_the_layer(cell, whole):
    torch.manual_seed(0)
    loop, layer = CellLoop(cell(4, 6)).double(), whole(4, 6, batch_first=True).double()
    layer.load_state_dict({f"{name}_l0": tensor for name, tensor in loop.cell.state_dict().items()})
    x = torch.randn(2, 7, 4, dtype=torch.float64)
    assert torch.allclose(loop(x), layer(x)[0], rtol=0, atol=1e-12)


def test_attention_is_the_same_with_and_without_its_table():
    torch.manual_seed(0)
    layer, x = SelfAttentionLayer(8).double(), torch.randn(2, 7, 8, dtype=torch.float64)
    with_table = layer(x)
    layer.keep_table = False
    assert torch.allclose(layer(x), with_table, rtol=0, atol=1e-12)


def test_dependent_products_are_the_longest_path_not_the_number():
    x, w = torch.randn(3, 3), torch.randn(3, 3, requires_grad=True)
    assert dependent_products(x @ w + x @ w) == 1
    assert dependent_products((x @ w) @ w) == 2
    assert dependent_products((x @ w).tanh() * 2 + ((x @ w) @ w).exp()) == 2


@pytest.mark.parametrize("n", [4, 9])
def test_chains_of_the_layers(n):
    chains = {name: dependent_products(layer(torch.randn(1, n, 4))) for name, layer in sequence_layers(4).items()}
    assert chains == {"RNN": n + 1, "GRU": n, "LSTM": n, "convolution": 1, "attention": 4}


def test_numbers_kept_counts_shared_memory_once_and_no_parameters():
    x = torch.randn(5, 3, requires_grad=True)
    assert numbers_kept(torch.exp, x) == 15
    assert numbers_kept(lambda t: t.exp() * t.exp(), x) == 30
    assert numbers_kept(nn.Linear(3, 2), x) == 15                         # the input, for the gradient of the weights
    assert numbers_kept(lambda t: t + 1, x) == 0


def test_without_its_table_attention_keeps_what_grows_with_n_alone():
    def kept(n, keep_table):
        return numbers_kept(SelfAttentionLayer(8, keep_table=keep_table), torch.zeros(1, n, 8))

    assert kept(64, False) == 2 * kept(32, False)
    assert kept(64, True) - 2 * kept(32, True) >= 64**2 - 2 * 32**2


def test_seconds_are_of_a_forward_and_backward_pass():
    layer, x = FullyConnectedLayer(4, 4), torch.randn(1, 4, 4)
    assert seconds(layer, x, repeats=2) >= 0 and layer.proj.weight.grad is not None
