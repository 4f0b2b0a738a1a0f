"""Files of compressed weights: as large as their kind says, and read back as what was rounded."""

import functools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file
from torch import nn

from book_lib.compressed_files import KINDS, load_compressed, own_weights, save_compressed
from book_lib.compression import clustered, magnitude_mask, rounded, share_layers

ROUND = {
    "float32": lambda weight: weight,
    "float16": lambda weight: weight.half().float(),
    "int8": rounded,
    "int8, one scale": functools.partial(rounded, per_channel=False),
    "int4": functools.partial(rounded, bits=4),
    "codebook4": clustered,
    "sparse": lambda weight: weight,
    "sparse int8": rounded,
    "sparse int4": functools.partial(rounded, bits=4),
}


def weights(n_out=64, n_in=96, sparsity=0.0, seed=0):
    matrix = torch.randn(n_out, n_in, generator=torch.Generator().manual_seed(seed))
    return {"layer.weight": matrix * magnitude_mask(matrix, sparsity), "layer.bias": torch.arange(float(n_out)), "count": torch.tensor(3)}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_read_back_is_the_rounded_weight(kind, tmp_path):
    given_weights = weights(sparsity=0.5)
    save_compressed(tmp_path / "a.safetensors", given_weights, kind)
    back = load_compressed(tmp_path / "a.safetensors")
    assert back.keys() == given_weights.keys()
    assert torch.equal(back["layer.weight"], ROUND[kind](given_weights["layer.weight"]))
    assert torch.equal(back["layer.bias"], given_weights["layer.bias"]) and back["count"] == 3


@given(st.integers(1, 9), st.integers(1, 9), st.sampled_from(KINDS), st.floats(0, 1))
@settings(max_examples=40, deadline=None)
def test_odd_sizes_and_any_sparsity_come_back(tmp_path_factory, n_out, n_in, kind, sparsity):
    path, given_weights = tmp_path_factory.mktemp("odd") / "a.safetensors", weights(n_out, n_in, sparsity)
    save_compressed(path, given_weights, kind)
    assert torch.equal(load_compressed(path)["layer.weight"], ROUND[kind](given_weights["layer.weight"]))


@pytest.mark.parametrize("kind, size", [
    ("float32", 4 * 64 * 96), ("float16", 2 * 64 * 96), ("int8", 64 * 96 + 4 * 64), ("int8, one scale", 64 * 96 + 4),
    ("int4", 64 * 96 // 2 + 4 * 64), ("codebook4", 64 * 96 // 2 + 4 * 16), ("sparse", 64 * 96 // 8 + 4 * 64 * 96 // 4),
    ("sparse int8", 64 * 96 // 8 + 64 * 96 // 4 + 4 * 64), ("sparse int4", 64 * 96 // 8 + 64 * 96 // 8 + 4 * 64),
])
def test_the_file_is_as_large_as_its_kind_says(kind, size, tmp_path):
    bytes_written = save_compressed(tmp_path / "a.safetensors", weights(sparsity=0.75), kind)
    assert bytes_written == (tmp_path / "a.safetensors").stat().st_size
    fewer = {"sparse int8": 64 * 96 // 20, "sparse int4": 64 * 96 // 16}.get(kind, 0)        # rounding makes a few more zeros there
    assert -fewer <= bytes_written - size - 64 * 4 - 8 - header(tmp_path / "a.safetensors") <= 0


def header(path):
    return 8 + int.from_bytes(path.read_bytes()[:8], "little")


def test_kinds_may_differ_by_tensor_and_vectors_stay_as_they_are(tmp_path):
    given_weights = weights() | {"other.weight": torch.randn(4, 4)}
    save_compressed(tmp_path / "a.safetensors", given_weights, {"layer.weight": "int8"})
    back = load_compressed(tmp_path / "a.safetensors")
    same = {name: torch.equal(back[name], given_weights[name]) for name in back}
    assert same == {"layer.weight": False, "layer.bias": True, "count": True, "other.weight": True}


def test_convolutions_have_one_scale_for_each_output(tmp_path):
    kernel = torch.randn(8, 3, 5, 5, generator=torch.Generator().manual_seed(0))
    save_compressed(tmp_path / "a.safetensors", {"weight": kernel}, "int8")
    assert torch.equal(load_compressed(tmp_path / "a.safetensors")["weight"], rounded(kernel))


def test_files_of_others_are_read_as_they_are(tmp_path):
    save_file({"weight": torch.ones(2, 3)}, tmp_path / "a.safetensors", {"format": "pt"})
    assert torch.equal(load_compressed(tmp_path / "a.safetensors")["weight"], torch.ones(2, 3))


def test_shared_layers_are_stored_once_and_loaded_for_all(tmp_path):
    def stack(seed):
        torch.manual_seed(seed)
        return share_layers(nn.ModuleList(nn.Linear(30, 30) for _ in range(4)))

    layers, others = stack(0), stack(1)
    size = save_compressed(tmp_path / "a.safetensors", own_weights(layers))
    assert size < 2 * 4 * (900 + 30)
    others.load_state_dict(load_compressed(tmp_path / "a.safetensors"), strict=False)
    assert torch.equal(others[3].weight, layers[0].weight)


@pytest.mark.parametrize("path, kind, words", [
    ("a.bin", "int8", "ends in .safetensors"),
    ("a.safetensors", "int3", "'int3' for 'layer.weight'"),
    ("a.safetensors", {"nobody": "int8"}, "'int8' for 'nobody'"),
])
def test_what_cannot_be_stored_is_refused(path, kind, words, tmp_path):
    with pytest.raises(ValueError, match=words):
        save_compressed(tmp_path / path, weights(), kind)
