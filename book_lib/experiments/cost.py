"""What a layer costs: multiplications, numbers kept for the backward pass, matrix products that must wait for each other, and time.

All four are counted or measured on the layer itself, not taken from a formula.
"""

import time

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from book_lib.attention import MultiHeadAttention
from book_lib.sequence import Conv1dLayer, RNNLayer

MATRIX_PRODUCTS = ("AddmmBackward", "MmBackward", "BmmBackward", "BaddbmmBackward")


class CellLoop(nn.Module):
    """Apply a recurrent cell of torch to one token after the other: inputs [b, n, d_in] -> states [b, n, d_hidden].

    torch.nn.GRU and LSTM do the same in one call, where nothing inside can be counted.
    """

    def __init__(self, cell):
        super().__init__()
        self.cell = cell

    def forward(self, inputs):
        state, states = None, []
        for token in inputs.unbind(dim=1):
            state = self.cell(token, state)
            states.append(state[0] if isinstance(state, tuple) else state)       # an LSTM's state is a pair
        return torch.stack(states, dim=1)


class SelfAttentionLayer(nn.Module):
    """One head of self-attention with its four linear maps, returning the output alone: inputs [b, n, d] -> [b, n, d].

    keep_table: compute with the table of weights in memory, as the formula says, or block by block without it.
    """

    def __init__(self, d, *, keep_table=True):
        super().__init__()
        self.attention, self.keep_table = MultiHeadAttention(d, n_heads=1), keep_table

    def forward(self, inputs):
        return self.attention(inputs, need_weights=self.keep_table)[0]


class FullyConnectedLayer(nn.Module):
    """One linear map from all features of all n tokens to all features of all n tokens: inputs [b, n, d] -> [b, n, d], n fixed."""

    def __init__(self, n, d):
        super().__init__()
        self.proj = nn.Linear(n * d, n * d)

    def forward(self, inputs):
        return self.proj(inputs.flatten(1)).view_as(inputs)


def sequence_layers(d, kernel_size=3):
    """The layers of the chapter that mix tokens, each from width d to width d, from a fixed seed: {name: module}."""
    torch.manual_seed(0)
    return {
        "RNN": RNNLayer(d, d),
        "GRU": CellLoop(nn.GRUCell(d, d)),
        "LSTM": CellLoop(nn.LSTMCell(d, d)),
        "convolution": Conv1dLayer(d, d, kernel_size),
        "attention": SelfAttentionLayer(d),
    }


def multiplications(layer, inputs):
    """Count the multiplications of all matrix products in one forward pass (torch's flop counter takes two flops for each)."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        layer(inputs)
    return counter.get_total_flops() // 2


def dependent_products(output):
    """Count the matrix products on the longest path of a result's graph: those that must wait for each other on any machine.

    Elementwise operations are not counted, so that the number does not depend on how PyTorch splits a layer into them.
    """
    depth, stack = {}, [output.grad_fn]
    while stack:
        node = stack[-1]
        before = [n for n, _ in node.next_functions if n is not None]
        waiting = [n for n in before if n not in depth]
        if waiting:
            stack += waiting
        else:
            depth[stack.pop()] = node.name().startswith(MATRIX_PRODUCTS) + max((depth[n] for n in before), default=0)
    return depth[output.grad_fn]


def numbers_kept(function, *inputs):
    """Count the numbers that function(*inputs), a module or not, keeps for the backward pass.

    A module's parameters are left out, and memory that several tensors share is counted once.
    """
    owned = function.parameters() if isinstance(function, nn.Module) else ()
    parameters, kept = {parameter.untyped_storage().data_ptr() for parameter in owned}, {}

    def count(tensor):
        memory = tensor.untyped_storage()
        if memory.data_ptr() not in parameters:
            kept[memory.data_ptr()] = memory.nbytes() // tensor.element_size()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(count, lambda tensor: tensor):
        output = function(*inputs)           # alive until all is counted, so that no memory is counted under two names
        total = sum(kept.values())
    del output
    return total


def seconds(layer, inputs, *, repeats=3):
    """Processor time of one forward and backward pass on this machine, the shortest of a few."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        layer(inputs).sum().backward()
        times.append(time.process_time() - start)
    return min(times)
