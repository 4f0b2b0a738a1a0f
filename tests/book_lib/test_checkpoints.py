"""The published DETR's names and shapes, there and back; files that are not what they should be."""

import argparse
import hashlib
import os

import pytest
import torch
from safetensors.torch import save_file

from book_lib.checkpoints import (
    CLASS_HEAD,
    detr_from_official,
    detr_from_transformers,
    detr_to_official,
    load_pretrained,
    official_detr_shapes,
    with_class_head_for,
)
from book_lib.detection.backbone import ResNet
from book_lib.detection.detr import DETR


def small_detr():
    torch.manual_seed(0)
    layers = {"n_encoder_layers": 2, "n_decoder_layers": 3}
    return DETR(ResNet((1, 2, 1, 1), width=4), n_classes=5, n_queries=7, d_model=16, n_heads=4, d_ff=24, **layers)


@pytest.fixture(scope="module")
def shapes():
    return official_detr_shapes()


def test_the_published_file_has_458_tensors(shapes):
    assert len(shapes) == 458 and sum(name.startswith("backbone.0.body.") for name in shapes) == 265
    assert sum(torch.Size(shape).numel() for shape in shapes.values()) == 41_631_008


@pytest.mark.parametrize(("name", "shape"), [
    ("backbone.0.body.conv1.weight", (64, 3, 7, 7)),
    ("backbone.0.body.bn1.running_var", (64,)),
    ("backbone.0.body.layer1.0.downsample.0.weight", (256, 64, 1, 1)),
    ("backbone.0.body.layer3.5.conv2.weight", (256, 256, 3, 3)),
    ("backbone.0.body.layer4.0.downsample.1.running_mean", (2048,)),
    ("backbone.0.body.layer4.2.bn3.bias", (2048,)),
    ("transformer.encoder.layers.5.self_attn.in_proj_weight", (768, 256)),
    ("transformer.encoder.layers.0.self_attn.in_proj_bias", (768,)),
    ("transformer.encoder.layers.0.self_attn.out_proj.weight", (256, 256)),
    ("transformer.encoder.layers.0.linear1.weight", (2048, 256)),
    ("transformer.encoder.layers.0.norm2.bias", (256,)),
    ("transformer.decoder.layers.5.multihead_attn.in_proj_weight", (768, 256)),
    ("transformer.decoder.layers.3.multihead_attn.out_proj.bias", (256,)),
    ("transformer.decoder.layers.3.self_attn.in_proj_weight", (768, 256)),
    ("transformer.decoder.layers.1.linear2.weight", (256, 2048)),
    ("transformer.decoder.layers.5.norm3.weight", (256,)),
    ("transformer.decoder.norm.weight", (256,)),
    ("class_embed.weight", (92, 256)),
    ("class_embed.bias", (92,)),
    ("bbox_embed.layers.0.weight", (256, 256)),
    ("bbox_embed.layers.1.bias", (256,)),
    ("bbox_embed.layers.2.weight", (4, 256)),
    ("query_embed.weight", (100, 256)),
    ("input_proj.weight", (256, 2048, 1, 1)),
    ("input_proj.bias", (256,)),
])
def test_published_names_and_shapes(shapes, name, shape):
    assert shapes[name] == shape


def test_there_and_back():
    model = small_detr()
    official = detr_to_official(model.state_dict())
    assert {name: tuple(tensor.shape) for name, tensor in official.items()} == official_detr_shapes(model)
    back = detr_from_official(official, model)
    assert back.keys() == model.state_dict().keys()
    assert all(torch.equal(back[name], tensor) for name, tensor in model.state_dict().items())
    again = detr_to_official(back)
    assert again.keys() == official.keys() and all(torch.equal(again[name], tensor) for name, tensor in official.items())


def test_queries_keys_and_values_are_packed_in_this_order():
    model = small_detr()
    official = detr_to_official(model.state_dict())
    attention = model.decoder_layers[1].cross_attention
    for place, projection in enumerate((attention.q_proj, attention.k_proj, attention.v_proj)):
        rows = slice(16 * place, 16 * place + 16)
        assert torch.equal(official["transformer.decoder.layers.1.multihead_attn.in_proj_weight"][rows], projection.weight)
        assert torch.equal(official["transformer.decoder.layers.1.multihead_attn.in_proj_bias"][rows], projection.bias)


def test_counters_of_batches_are_left_out():
    model = small_detr()
    official = detr_to_official(model.state_dict()) | {"backbone.0.body.bn1.num_batches_tracked": torch.tensor(7)}
    assert detr_from_official(official, model).keys() == model.state_dict().keys()


@pytest.mark.parametrize(("change", "message"), [
    ({"query_embed.weight": None}, r"missing query_embed.weight \[7, 16\]"),
    ({"query_embeds.weight": torch.zeros(7, 16)}, "superfluous query_embeds.weight"),
    ({"class_embed.bias": torch.zeros(7)}, r"class_embed.bias has shape \[7\], expected \[6\]"),
    ({"class_embed.bias": torch.zeros(7), "bbox_embed.layers.0.bias": None, "extra": torch.zeros(1)},
     r"missing bbox_embed.layers.0.bias \[16\]; superfluous extra; class_embed.bias has"),
])
def test_what_does_not_fit_is_named(change, message):
    model = small_detr()
    official = {name: tensor for name, tensor in (detr_to_official(model.state_dict()) | change).items() if tensor is not None}
    with pytest.raises(ValueError, match=message):
        detr_from_official(official, model)


def test_weights_of_another_model_do_not_make_a_long_message():
    with pytest.raises(ValueError, match="; and [0-9]+ more$") as refusal:
        detr_from_official(detr_to_official(small_detr().state_dict()))
    assert len(str(refusal.value)) < 700


@pytest.fixture(scope="module")
def published(shapes, tmp_path_factory):
    """A file with the published names and shapes, and numbers that tell places apart."""
    generator = torch.Generator().manual_seed(0)
    state = {name: torch.randn(shape, generator=generator) for name, shape in shapes.items()}
    path = tmp_path_factory.mktemp("files") / "detr-r50.pth"
    torch.save({"model": state}, path)
    return path, state


@pytest.mark.parametrize("ending", [".pth", ".safetensors"])
def test_a_file_fills_the_model(published, ending, tmp_path):
    path, state = published
    if ending == ".safetensors":
        path = tmp_path / "detr.safetensors"
        save_file(state, path)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    model = load_pretrained(path, sha256=digest.upper())
    assert not model.training and not any(tensor.is_meta for tensor in model.state_dict().values())
    back = detr_to_official(model.state_dict())
    assert all(torch.equal(back[name], tensor) for name, tensor in state.items())
    with pytest.raises(ValueError, match=f"sha256 of {path.name} is {digest}, expected 00"):
        load_pretrained(path, sha256="00")


def test_other_files_are_refused(tmp_path):
    torch.save({"weights": {}}, tmp_path / "other.pth")
    with pytest.raises(ValueError, match=r"other.pth has no key 'model', .*; it holds a dict of \['weights'\]"):
        load_pretrained(tmp_path / "other.pth")
    torch.save({"model": {"a": torch.zeros(1)}}, tmp_path / "small.pth")
    with pytest.raises(ValueError, match="missing backbone.0.body.conv1.weight"):
        load_pretrained(tmp_path / "small.pth")
    with pytest.raises(ValueError, match="expected an existing .pth or .safetensors file"):
        load_pretrained(tmp_path / "nowhere.pth")
    with pytest.raises(ValueError, match="name is 'detr_resnet101', expected 'detr_resnet50'"):
        load_pretrained(tmp_path / "other.pth", "detr_resnet101")


@pytest.mark.parametrize("ending", [".pth", ".safetensors"])
@pytest.mark.parametrize("contents", [b"", b"<html>not found</html>", b"PK\x03\x04 the start of an archive"])
def test_damaged_files_are_refused_in_one_line(tmp_path, ending, contents):
    path = tmp_path / f"damaged{ending}"
    path.write_bytes(contents)
    with pytest.raises(ValueError, match=f"damaged{ending} cannot be read as a {ending} file") as refusal:
        load_pretrained(path)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(("contents", "message"), [
    (b"", "it is empty; fetch it again"),
    (b"\n<!DOCTYPE html><html>not found</html>", "it is a web page.*fetch the file itself"),
    (b"<html>not found</html>", "it is a web page"),
    (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 166618694\n", "pointer of Git LFS.*git lfs pull"),
    (b"PK\x03\x04 the start of an archive", "it is (cut short at 28 bytes|damaged|of another kind)"),
    (b"\x00\x01 anything else", "it is (damaged|cut short at 16 bytes), or of another kind"),
])
@pytest.mark.parametrize("ending", [".pth", ".safetensors"])
def test_what_is_no_file_of_weights_is_called_by_its_name(tmp_path, ending, contents, message):
    path = tmp_path / f"other{ending}"
    path.write_bytes(contents)
    with pytest.raises(ValueError, match=f"other{ending} cannot be read as a {ending} file of weights: .*{message}") as refusal:
        load_pretrained(path)
    assert "\n" not in str(refusal.value)


def test_a_file_cut_short_is_refused(published, tmp_path):
    path, state = published
    short = tmp_path / "short.pth"
    short.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(ValueError, match=f"short.pth cannot be read .*: it is cut short at {short.stat().st_size} bytes"):
        load_pretrained(short)
    whole = tmp_path / "whole.safetensors"
    save_file(state, whole)
    with whole.open("r+b") as file:
        file.truncate(whole.stat().st_size // 2)
    with pytest.raises(ValueError, match=f"whole.safetensors cannot be read .*: it is cut short at {whole.stat().st_size} bytes"):
        load_pretrained(whole)


def test_settings_beside_the_weights_are_named_and_not_read(tmp_path):
    """What DETR's own training script writes: an argparse.Namespace under "args"."""
    torch.save({"model": {"a": torch.zeros(1)}, "args": argparse.Namespace(lr=1e-4)}, tmp_path / "checkpoint.pth")
    with pytest.raises(ValueError, match=r"it holds Python objects \(argparse.Namespace\).*save {'model': its weights} alone"):
        load_pretrained(tmp_path / "checkpoint.pth")


def test_a_file_that_would_run_code_is_neither_run_nor_recommended(tmp_path):
    class Trap:
        def __reduce__(self):
            return os.system, (f"touch {tmp_path / 'ran'}",)

    torch.save({"model": Trap()}, tmp_path / "trap.pth")
    with pytest.raises(ValueError, match="it would run [a-z]+.system while it is read; do not load it"):
        load_pretrained(tmp_path / "trap.pth")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("wrapped", ["module.", "_orig_mod.", "module._orig_mod."])
def test_what_a_wrapper_puts_before_the_names_is_taken_off_with_a_warning(wrapped):
    model = small_detr()
    official = {wrapped + name: tensor for name, tensor in detr_to_official(model.state_dict()).items()}
    with pytest.warns(UserWarning, match="every name starts with '(module|_orig_mod).'.*it is taken off"):
        back = detr_from_official(official, model)
    assert all(torch.equal(back[name], tensor) for name, tensor in model.state_dict().items())
    with pytest.warns(UserWarning, match="it is taken off"):
        assert set(detr_from_transformers({wrapped + "class_labels_classifier.bias": torch.zeros(3)})) == {"class_head.bias"}


def test_a_file_with_a_prefix_fills_the_model(published, tmp_path):
    _, state = published
    torch.save({"model": {f"module.{name}": tensor for name, tensor in state.items()}}, tmp_path / "parallel.pth")
    with pytest.warns(UserWarning, match="'module.'"):
        model = load_pretrained(tmp_path / "parallel.pth")
    assert torch.equal(model.queries, state["query_embed.weight"])


def test_a_head_for_other_classes_says_how_many(published, tmp_path):
    _, state = published
    other = state | {"class_embed.weight": torch.zeros(6, 256), "class_embed.bias": torch.zeros(6)}
    torch.save({"model": other}, tmp_path / "five.pth")
    with pytest.raises(ValueError, match=r"class_embed.weight has shape \[6, 256\], expected \[92, 256\]: state is for 5 classes and "
                       "'no object', the model for 91; build one with n_classes=5"):
        load_pretrained(tmp_path / "five.pth")
    with torch.device("meta"):
        model = DETR(ResNet(), n_classes=5)
    assert len(detr_from_official(other, model)["class_head.bias"]) == 6


def test_your_own_classes_keep_everything_but_the_class_head(published):
    path, state = published
    before = torch.get_rng_state()
    with pytest.warns(UserWarning, match=r"class head \(class_embed.weight \[92, 256\] and class_embed.bias \[92\]\) is for 91 classes and "
                      "was left out; a new one for 5 classes .*; the other 456 tensors are those of the file"):
        model = load_pretrained(path, n_classes=5)
    assert torch.equal(torch.get_rng_state(), before) and not model.training
    back = detr_to_official(model.state_dict())
    assert back.keys() == state.keys()
    assert all(torch.equal(back[name], tensor) for name, tensor in state.items() if name not in CLASS_HEAD)
    assert [tuple(back[name].shape) for name in CLASS_HEAD] == [(6, 256), (6,)]
    assert 0.03 < back[CLASS_HEAD[0]].std() < 0.04               # torch's linear map: uniform within 1 / sqrt(256)
    with pytest.warns(UserWarning, match="seed 1"):
        other = load_pretrained(path, n_classes=5, seed=1)
    assert not torch.equal(other.class_head.weight, model.class_head.weight)
    assert model(torch.zeros(1, 3, 64, 64)).logits.shape == (6, 1, 100, 6)


def test_a_head_for_as_many_classes_is_kept(published, tmp_path, recwarn):
    path, state = published
    assert torch.equal(load_pretrained(path, n_classes=91).class_head.bias, state["class_embed.bias"])
    five = state | {"class_embed.weight": torch.ones(6, 256), "class_embed.bias": torch.arange(6.0)}
    torch.save({"model": five}, tmp_path / "five.pth")
    assert load_pretrained(tmp_path / "five.pth", n_classes=5).class_head.bias.tolist() == [0, 1, 2, 3, 4, 5]
    assert not recwarn.list


@pytest.mark.parametrize(("head", "message"), [
    ({"class_embed.bias": None}, r"class_embed.weight \[92, 256\], class_embed.bias is missing, expected \[classes \+ 1, d_model\]"),
    ({"class_embed.weight": torch.zeros(92)}, r"class_embed.weight \[92\], class_embed.bias \[92\]"),
    ({"class_embed.bias": torch.zeros(91)}, r"class_embed.bias \[91\]"),
])
def test_a_class_head_that_is_none_is_not_replaced(published, head, message):
    _, state = published
    state = {name: tensor for name, tensor in (state | head).items() if tensor is not None}
    with pytest.raises(ValueError, match="state has no class head to replace: .*" + message):
        with_class_head_for(5, state)


@pytest.mark.filterwarnings("ignore:the class head")
def test_what_does_not_fit_beside_the_class_head_is_still_named(published, tmp_path):
    path, state = published
    torch.save({"model": {name: tensor for name, tensor in state.items() if name != "query_embed.weight"}}, tmp_path / "no_queries.pth")
    with pytest.raises(ValueError, match=r"missing query_embed.weight \[100, 256\]"):
        load_pretrained(tmp_path / "no_queries.pth", n_classes=5)
    for number in (0, 2.5, True):
        with pytest.raises(ValueError, match=f"n_classes is {number}, expected a whole number of at least 1"):
            load_pretrained(path, n_classes=number)


def test_the_names_of_another_library_are_recognised():
    with pytest.raises(ValueError, match="names of transformers' DetrForObjectDetection; detr_from_transformers renames"):
        detr_from_official({"model.backbone.conv_encoder.x": torch.zeros(1), "class_labels_classifier.bias": torch.zeros(92)})


@pytest.mark.parametrize("held", [[1], {"conv1.weight": 1}, {1: torch.zeros(1)}])
def test_something_else_under_model_is_refused(tmp_path, held):
    torch.save({"model": held}, tmp_path / "else.pth")
    with pytest.raises(ValueError, match="else.pth holds something else under 'model'"):
        load_pretrained(tmp_path / "else.pth")
