"""Published names of ViT, DeiT and iGPT on synthetic files: there and back, every layout, and files that are not what they should be."""

import re

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from book_lib.vision import igpt, vit
from book_lib.vision.igpt import IGPT
from book_lib.vision.vit import ViT
from book_lib.vision_checkpoints import (
    igpt_from_transformers,
    igpt_to_transformers,
    load_pretrained_igpt,
    load_pretrained_vit,
    read_npz,
    vit_from_npz,
    vit_from_transformers,
    vit_to_npz,
)

SMALL = {"patch_size": 4, "d_model": 12, "n_heads": 3, "d_ff": 20, "n_layers": 2}
TINY_PIXELS = {"n_layers": 2, "d_model": 16, "n_heads": 4}


def shaken(model):
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += torch.randn(parameter.shape, generator=generator)
    return model.eval()


def small_vit(**settings):
    return shaken(ViT(image_size=8, n_classes=5, **SMALL | settings))


def small_igpt(**settings):
    return shaken(IGPT(n_colours=8, n_pixels=9, **TINY_PIXELS | settings))


@pytest.fixture
def tiny(monkeypatch):
    """A published size that is small, so that a synthetic file of it is."""
    monkeypatch.setitem(vit.SIZES, "tiny", SMALL)
    monkeypatch.setitem(igpt.SIZES, "tiny", TINY_PIXELS)
    monkeypatch.setattr("book_lib.vision_checkpoints.PUBLISHED_COLOURS", 8)
    monkeypatch.setattr("book_lib.vision_checkpoints.PUBLISHED_PIXELS", 9)


def version_5(state):
    """The names of transformers 5 for our ViT's weights, written down independently of the map under test."""
    theirs = {}
    for name, tensor in state.items():
        for ours, other in (("patch_embedding", "embeddings.patch_embeddings"), ("class_token", "embeddings.cls_token"),
                            ("distillation_token", "embeddings.distillation_token"), ("positions", "embeddings.position_embeddings"),
                            ("blocks.", "layers."), ("norm1", "layernorm_before"), ("norm2", "layernorm_after"), ("linear", "fc")):
            name = name.replace(ours, other)
        name = re.sub(r"^norm", "layernorm", name)
        if name in ("embeddings.cls_token", "embeddings.distillation_token"):
            tensor = tensor[None, None]
        distilled = "distillation_head.bias" in state
        heads = {"head": "cls_classifier" if distilled else "classifier", "distillation_head": "distillation_classifier"}
        path, _, kind = name.rpartition(".")
        name = f"{heads[path]}.{kind}" if path in heads else f"{'deit' if distilled else 'vit'}.{name}"
        theirs[name] = tensor[None] if name.endswith("position_embeddings") else tensor
    return theirs


def version_4(state):
    """The names that published files have."""
    def old(name):
        name = name.replace("vit.layers.", "vit.encoder.layer.").replace(".attention.o_proj.", ".attention.output.dense.")
        name = re.sub(r"\.([qkv])_proj\.", lambda m: f".attention.{ {'q': 'query', 'k': 'key', 'v': 'value'}[m[1]]}.", name)
        return name.replace(".mlp.fc1.", ".intermediate.dense.").replace(".mlp.fc2.", ".output.dense.")
    return {old(name): tensor for name, tensor in version_5(state).items()}


@pytest.mark.parametrize("names", [version_5, version_4])
def test_vit_in_the_names_of_transformers(names):
    model = small_vit()
    theirs = names(model.state_dict())
    assert "vit.encoder.layer.1.attention.attention.key.weight" in version_4(model.state_dict())
    theirs["vit.pooler.dense.weight"] = torch.zeros(12, 12)
    ours = vit_from_transformers(theirs, small_vit())
    assert ours.keys() == model.state_dict().keys()
    assert all(torch.equal(ours[name], tensor) for name, tensor in model.state_dict().items())


def test_deit_in_the_names_of_transformers():
    model = small_vit(readout="distilled")
    ours = vit_from_transformers(version_5(model.state_dict()), model)
    assert all(torch.equal(ours[name], tensor) for name, tensor in model.state_dict().items())


@pytest.mark.parametrize("settings", [{}, {"readout": "mean"}, {"representation_size": 7}])
def test_vit_in_the_authors_names(settings):
    model = small_vit(**settings)
    arrays = vit_to_npz(model.state_dict(), 3)
    back = vit_from_npz(arrays, model)
    assert back.keys() == model.state_dict().keys()
    assert all(torch.equal(back[name], tensor) for name, tensor in model.state_dict().items())


def test_the_authors_names_and_what_their_arrays_mean():
    """Names and shapes as published, and the mathematics of flax's layers written out on them."""
    model = small_vit()
    arrays = vit_to_npz(model.state_dict(), 3)
    head = "Transformer/encoderblock_1/MultiHeadDotProductAttention_1"
    wanted = {"embedding/kernel": (4, 4, 3, 12), "embedding/bias": (12,), "cls": (1, 1, 12),
              "Transformer/posembed_input/pos_embedding": (1, 5, 12),
              "Transformer/encoderblock_0/LayerNorm_0/scale": (12,), "Transformer/encoderblock_1/LayerNorm_2/bias": (12,),
              f"{head}/query/kernel": (12, 3, 4), f"{head}/value/bias": (3, 4), f"{head}/out/kernel": (3, 4, 12), f"{head}/out/bias": (12,),
              "Transformer/encoderblock_0/MlpBlock_3/Dense_0/kernel": (12, 20), "Transformer/encoderblock_0/MlpBlock_3/Dense_1/bias": (12,),
              "Transformer/encoder_norm/scale": (12,), "head/kernel": (12, 5), "head/bias": (5,)}
    assert {name: arrays[name].shape for name in wanted} == wanted and len(arrays) == 8 + 2 * 16
    tokens = torch.randn(2, 5, 12, dtype=torch.float64)
    theirs = {name.rpartition("_1/")[2]: torch.from_numpy(array).double() for name, array in arrays.items() if name.startswith(head)}
    q, k, v = (torch.einsum("bnd,dhe->bhne", tokens, theirs[f"{part}/kernel"]) + theirs[f"{part}/bias"][:, None]
               for part in ("query", "key", "value"))
    mixed = (q @ k.transpose(-2, -1) / 2).softmax(-1) @ v
    expected = torch.einsum("bhne,hed->bnd", mixed, theirs["out/kernel"]) + theirs["out/bias"]
    assert (model.double().blocks[1].attention(tokens)[0] - expected).abs().max() < 1e-9
    image = torch.randn(1, 3, 8, 8, dtype=torch.float64)
    first = torch.einsum("cyx,yxcd->d", image[0, :, :4, :4], torch.from_numpy(arrays["embedding/kernel"]).double())
    assert (model.patch_embedding(image)[0, 0] - first - model.patch_embedding.projection.bias).abs().max() < 1e-9


@pytest.mark.parametrize("kind", ["npz", "pth", "safetensors", "distilled", "pre_logits"])
def test_vit_from_a_file(tiny, tmp_path, kind):
    npz = kind in ("npz", "pre_logits")
    model = small_vit(gelu="tanh" if npz else "exact", eps=1e-6 if npz else 1e-12, readout="distilled" if kind == "distilled" else "class",
                      representation_size=7 if kind == "pre_logits" else None)
    path = tmp_path / f"vit.{ {'pre_logits': 'npz', 'distilled': 'pth'}.get(kind, kind)}"
    if npz:
        np.savez(path, **vit_to_npz(model.state_dict(), 3))
    elif kind == "safetensors":
        save_file({name: tensor.contiguous() for name, tensor in version_4(model.state_dict()).items()}, path)
    else:
        torch.save({"model": version_5(model.state_dict())}, path)
    loaded = load_pretrained_vit(path, "tiny", image_size=8, n_classes=5, distilled=kind == "distilled")
    images = torch.randn(2, 3, 8, 8)
    assert torch.equal(loaded(images), model(images)) and not loaded.training


def test_igpt_there_and_back():
    model = small_igpt(n_classes=3)
    theirs = igpt_to_transformers(model.state_dict())
    assert theirs["transformer.h.1.attn.c_attn.weight"].shape == (16, 48) and theirs["transformer.wte.weight"].shape == (9, 16)
    assert torch.equal(theirs["transformer.wte.weight"][8], model.start) and "score.weight" in theirs
    theirs |= {"transformer.h.0.attn.bias": torch.ones(1, 1, 9, 9), "transformer.h.0.attn.masked_bias": torch.tensor(-1e4),
               "transformer.h.0.mlp.c_fc.bias": torch.zeros(64)}
    back = igpt_from_transformers(theirs, model)
    assert back.keys() == model.state_dict().keys()
    assert all(torch.equal(back[name], tensor) for name, tensor in model.state_dict().items())


def test_igpt_from_a_file(tiny, tmp_path):
    model, path = small_igpt(), tmp_path / "igpt.safetensors"
    save_file({name: tensor.contiguous() for name, tensor in igpt_to_transformers(model.state_dict()).items()}, path)
    loaded, pixels = load_pretrained_igpt(path, "tiny"), torch.randint(8, (2, 9))
    assert torch.equal(loaded(pixels), model(pixels)) and not loaded.training


def without(state, name):
    return {key: tensor for key, tensor in state.items() if key != name}


@pytest.mark.parametrize(("call", "message"), [
    (lambda m, p: vit_from_npz(without(vit_to_npz(m.state_dict(), 3), "cls"), m), r"missing class_token \[12\]"),
    (lambda m, p: vit_from_npz(vit_to_npz(m.state_dict(), 3) | {"odd/bias": np.zeros(2)}, m), "superfluous odd.bias"),
    (lambda m, p: vit_from_npz(vit_to_npz(m.state_dict(), 3) | {"cls": np.zeros(12)}, m), r"cls has shape \[12\], which does not fit"),
    (lambda m, p: vit_from_npz(vit_to_npz(m.state_dict(), 3) | {"head/kernel": np.zeros((12, 6))}, m),
     r"head.weight has shape \[6, 12\], expected \[5, 12\]"),
    (lambda m, p: vit_from_transformers(without(version_5(m.state_dict()), "vit.layernorm.bias"), m), "missing norm.bias"),
    (lambda m, p: vit_from_transformers(version_5(small_vit(readout="distilled").state_dict()), m), "superfluous distillation_token"),
    (lambda m, p: load_pretrained_vit(p / "none.npz"), "expected an existing file"),
    (lambda m, p: load_pretrained_vit(p / "none.pth"), "expected an existing .pth"),
    (lambda m, p: load_pretrained_vit(p / "none.pth", "G/14"), "name is 'G/14', expected one of Ti/16"),
    (lambda m, p: load_pretrained_igpt(p / "none.pth", "XL"), "name is 'XL', expected one of S, M, L"),
    (lambda m, p: igpt_from_transformers(
        igpt_to_transformers(small_igpt().state_dict()) | {"transformer.h.0.attn.c_proj.bias": torch.ones(16)}, small_igpt()), "no biases"),
    (lambda m, p: igpt_from_transformers(without(igpt_to_transformers(small_igpt().state_dict()), "lm_head.weight"), small_igpt()),
     "missing output.weight"),
])
def test_refused(call, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        call(small_vit(), tmp_path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut short", b"<html>"])
def test_a_file_that_is_no_npz(content, tmp_path):
    (tmp_path / "vit.npz").write_bytes(content)
    with pytest.raises(ValueError, match="vit.npz cannot be read as a .npz file of weights"):
        read_npz(tmp_path / "vit.npz")


def test_code_in_an_npz_is_not_run(tmp_path):
    np.savez(tmp_path / "vit.npz", cls=np.array([print], dtype=object))
    with pytest.raises(ValueError, match="cannot be read"):
        read_npz(tmp_path / "vit.npz")
