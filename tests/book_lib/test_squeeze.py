"""squeeze.js: what the page does to weight matrices is what book_lib/compression.py does to them, and nothing of it stays."""

import numpy as np
import pytest
import torch

from book_lib.compression import fold_batch_norm, magnitude_mask, maps_of, rounded, truncated_svd
from book_lib.data.scenes import make_scene, scene_batch
from book_lib.data.translation import encode_source, encode_target, make_pairs
from book_lib.experiments.small_detectors import load_detr
from book_lib.experiments.translator import load_translator
from export_page_model import page_model
from page_engine import run_in_node

SHAPES = [(24, 24), (40, 16), (12, 30)]                                      # rows (inputs) and columns (outputs), as the engine lays them
SETTINGS = {
    "half zero": {"method": "sparsity", "level": 0.5},
    "five in six zero": {"method": "sparsity", "level": 0.83},
    "none zero": {"method": "sparsity", "level": 0},
    "rank a quarter": {"method": "rank", "level": 0.25},
    "whole rank": {"method": "rank", "level": 1},
    "3 bits": {"method": "bits", "level": 3, "lines": True},
    "5 bits, one scale": {"method": "bits", "level": 5, "lines": False},
}
ONE = """return data.map(({ rows, columns, numbers, setting, axis }) =>
  squeezed({ rows, columns, data: Float32Array.from(numbers) }, setting, axis));"""
THRICE = """const engine = makeEngine(models.NAME, "NAME", kernel);
const ask = setting => engine.answer(() => NAME(engine, data.input), [], {}, setting)[0];
return [ask(null), ask(data.setting), ask(null)];"""


def by_library(weight, setting):
    """What the library makes of a weight [out, ...] under a setting."""
    level, flat = setting["level"], weight.flatten(1)
    if setting["method"] == "sparsity":
        return weight * magnitude_mask(weight, level)
    if setting["method"] == "bits":
        return rounded(weight, bits=level, per_channel=setting["lines"])
    left, right = truncated_svd(flat, max(1, round(level * min(flat.shape))))
    return (left @ right).view_as(weight)


def in_node(matrices, setting, axis=1):
    return run_in_node(ONE, [{"rows": len(matrix), "columns": matrix.size(1), "numbers": matrix.flatten().tolist(), "setting": setting,
                              "axis": axis} for matrix in matrices])


@pytest.mark.parametrize("name", SETTINGS)
def test_a_matrix_becomes_what_the_library_makes_of_it(name):
    setting, generator = SETTINGS[name], torch.Generator().manual_seed(3)
    matrices = [torch.randn(*shape, generator=generator) for shape in SHAPES]
    for matrix, found in zip(matrices, in_node(matrices, setting), strict=True):
        found = torch.tensor(found).view_as(matrix)
        assert torch.allclose(found, by_library(matrix.T.contiguous(), setting).T, atol=2e-6)
        if setting["method"] == "sparsity":
            assert int((found == 0).sum()) == round(setting["level"] * matrix.numel())


def test_scales_of_rows_are_those_of_words_and_a_matrix_of_zeros_stays_so():
    matrix = torch.randn(6, 9, generator=torch.Generator().manual_seed(4))
    setting = {"method": "bits", "level": 4, "lines": True}
    (found,) = in_node([matrix], setting, axis=0)
    assert torch.allclose(torch.tensor(found).view_as(matrix), rounded(matrix, bits=4), atol=2e-6)
    for setting in SETTINGS.values():
        assert not any(in_node([torch.zeros(4, 4)], setting)[0])


def test_of_equal_numbers_the_first_become_zero_and_eight_bits_change_nothing_that_has_eight():
    equal = torch.tensor([[1.0, -1.0, 1.0], [1.0, 2.0, -1.0]])
    assert in_node([equal], {"method": "sparsity", "level": 0.5}) == [[0, 0, 0, 1, 2, -1]]
    matrix = rounded(torch.randn(20, 30, generator=torch.Generator().manual_seed(5)).T.contiguous(), bits=8).T.contiguous()
    again = torch.tensor(in_node([matrix], {"method": "bits", "level": 8, "lines": True})[0]).view_as(matrix)
    assert torch.allclose(again, matrix, atol=1e-6)


def three_answers(name, given, setting):
    data = {"input": given, "setting": setting}
    before, changed, after = run_in_node(THRICE.replace("NAME", name), data, {name: page_model(name, "float32")})
    assert before == after != changed
    return changed


@torch.no_grad()
@pytest.mark.parametrize("name", ["half zero", "rank a quarter", "3 bits", "5 bits, one scale"])
def test_the_translator_in_the_page_answers_as_pytorch_with_the_same_weights(name):
    setting, model, pair = SETTINGS[name], load_translator()[0], make_pairs(1, seed=7, split="test")[0]
    source, target = encode_source([pair.source]), encode_target([pair.target])[:, :-1]
    for layer in [*maps_of(model).values(), *(one for one in model.modules() if isinstance(one, torch.nn.Embedding))]:
        layer.weight.copy_(by_library(layer.weight, setting))
    found = three_answers("translator", {"source": source[0].tolist(), "target": target[0].tolist()}, setting)
    assert np.array(found["logits"]) == pytest.approx(model(source, target).flatten().numpy(), abs=2e-3)


@torch.no_grad()
@pytest.mark.parametrize("name", ["half zero", "rank a quarter", "3 bits", "5 bits, one scale"])
def test_the_detector_in_the_page_answers_as_pytorch_with_the_same_weights(name):
    setting, model, scene = SETTINGS[name], load_detr(), make_scene(1_000_000, size=(80, 80))
    stem, blocks = model.backbone.stem, model.backbone.blocks
    stem[0], stem[1] = fold_batch_norm(stem[0], stem[1]), torch.nn.Identity()
    for block in blocks:
        block.conv1, block.bn1 = fold_batch_norm(block.conv1, block.bn1), torch.nn.Identity()
        block.conv2, block.bn2 = fold_batch_norm(block.conv2, block.bn2), torch.nn.Identity()
    for layer in maps_of(model).values():
        layer.weight.copy_(by_library(layer.weight, setting))
    found = three_answers("detr", {"pixels": scene.image.flatten().tolist(), "height": 80, "width": 80}, setting)["answers"][-1]
    output = model(*scene_batch([scene])[:2])
    assert np.array(found["logits"]) == pytest.approx(output.logits[-1, 0].flatten().numpy(), abs=5e-3)
    assert np.array(found["boxes"]) == pytest.approx(output.boxes[-1, 0].flatten().numpy(), abs=1e-3)
