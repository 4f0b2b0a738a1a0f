"""Recorded by torch.export, torch.jit.trace and torch.compile, the models answer as they do in Python, for other sizes too."""

import shutil
import warnings

import pytest
import torch
from torch import nn
from torch.export import Dim

from book_lib.attention import MultiHeadAttention
from book_lib.detection.backbone import ResNet, SmallCNN
from book_lib.detection.dense import DenseDetector
from book_lib.detection.detr import DETR
from book_lib.transformer import Transformer

SIZES = {"n_classes": 5, "n_queries": 7, "d_model": 16, "n_heads": 4, "d_ff": 24, "n_encoder_layers": 1, "n_decoder_layers": 2}
BATCH, HEIGHT, WIDTH = Dim("batch"), Dim("height", min=40), Dim("width", min=40)
SOURCE, TARGET = Dim("source"), Dim("target")


def pictures(b, h, w):
    """A batch with padding in all pictures but one, and one that is hidden altogether where there are three."""
    mask = torch.ones(b, h, w, dtype=torch.bool)
    mask[1:, h // 2 :], mask[2:] = False, False
    return torch.randn(b, 3, h, w, generator=torch.Generator().manual_seed(b)), mask


def sentences(b, m, n):
    generator = torch.Generator().manual_seed(b)
    source, target = torch.randint(3, 11, (b, m), generator=generator), torch.randint(3, 9, (b, n), generator=generator)
    source[0, m // 2 :], target[0, n - 1 :] = 0, 0
    return source, target


def tokens_and_mask(b, n, _):
    """Tokens and a mask by picture, under which the first token of each may attend to nothing."""
    generator = torch.Generator().manual_seed(b)
    mask = torch.rand(b, 1, n, n, generator=generator) < 0.6
    mask[:, :, 0] = False
    return torch.randn(b, n, 16, generator=generator), mask


class Masked(nn.Module):
    """Multi-head attention with the mask as an input."""

    def __init__(self, need_weights):
        super().__init__()
        self.attention, self.need_weights = MultiHeadAttention(16, 4), need_weights

    def forward(self, tokens, mask):
        output, weights = self.attention(tokens, mask=mask, need_weights=self.need_weights)
        return (output, weights) if self.need_weights else output


PICTURES = {0: BATCH, 2: HEIGHT, 3: WIDTH}, {0: BATCH, 1: HEIGHT, 2: WIDTH}
CASES = {                                                        # name: (model, inputs of a size, open axes, recorded size, other sizes)
    "DETR": (lambda: DETR(SmallCNN((8, 16), (2,)), **SIZES), pictures, PICTURES, (2, 48, 64), [(3, 40, 56), (1, 65, 47)]),
    "DETR on a ResNet": (lambda: DETR(ResNet((1, 1, 1, 1), 4), **SIZES), pictures, PICTURES, (2, 96, 128), [(3, 80, 65)]),
    "dense detector": (lambda: DenseDetector(SmallCNN((8, 16), (2,)), n_classes=4, d_model=16), pictures, PICTURES, (2, 48, 64),
                       [(3, 40, 56), (1, 65, 47)]),
    "masked attention": (lambda: Masked(True), tokens_and_mask, ({0: BATCH, 1: SOURCE}, {0: BATCH, 2: SOURCE, 3: SOURCE}), (2, 5, 0),
                         [(3, 8, 0)]),
    "masked attention without weights": (lambda: Masked(False), tokens_and_mask, ({0: BATCH, 1: SOURCE}, {0: BATCH, 2: SOURCE, 3: SOURCE}),
                                         (2, 5, 0), [(3, 8, 0)]),
    "Transformer": (lambda: Transformer(11, 9, d_model=16, n_heads=2, d_ff=24, n_layers=1), sentences,
                    ({0: BATCH, 1: SOURCE}, {0: BATCH, 1: TARGET}), (2, 5, 6), [(3, 8, 4)]),
}
every_case = pytest.mark.parametrize("case", CASES)


def build(case):
    make, inputs, axes, size, others = CASES[case]
    torch.manual_seed(0)
    return make().eval(), inputs, axes, size, others


def assert_same(recorded, model, inputs):
    expected, found = model(*inputs), recorded(*inputs)
    pairs = [(found, expected)] if torch.is_tensor(expected) else zip(found, expected, strict=True)
    for one, other in pairs:
        torch.testing.assert_close(one, other, rtol=0, atol=1e-5)


@every_case
def test_exported_with_open_sizes(case):
    model, inputs, axes, size, others = build(case)
    exported = torch.export.export(model, inputs(*size), dynamic_shapes=axes).module()
    for other in (size, *others):
        assert_same(exported, model, inputs(*other))


@every_case
def test_traced(case):
    model, inputs, _, size, others = build(case)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")                          # of checks that are made once; and that tracing is on its way out
        traced = torch.jit.trace(model, inputs(*size), check_trace=False, strict=False)
    for other in (size, *others):
        assert_same(traced, model, inputs(*other))


@every_case
def test_compiled_as_one_graph(case):
    model, inputs, _, size, others = build(case)
    compiled = torch.compile(model, fullgraph=True, backend="eager", dynamic=True)
    for other in (size, others[0]):
        assert_same(compiled, model, inputs(*other))


@pytest.mark.skipif(not (shutil.which("g++") or shutil.which("clang++")), reason="torch.compile needs a C++ compiler; there is none")
@torch.no_grad()
def test_compiled_to_machine_code():
    model, inputs, _, size, _ = build("masked attention")
    assert_same(torch.compile(model, fullgraph=True), model, inputs(*size))
