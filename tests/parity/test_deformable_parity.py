"""Deformable DETR against transformers': base, refined and two-stage; every layer's answers, matching, loss and all gradients."""

import re

import pytest
import torch
from deformable_oracle import RENAMED, deformable_of_transformers
from detr_oracle import targets, transformers_names

from book_lib.deformable_checkpoints import (
    deformable_from_official,
    deformable_from_transformers,
    deformable_to_official,
    load_pretrained_deformable,
    official_deformable_shapes,
)
from book_lib.detection.backbone import ResNet
from book_lib.detection.criterion import DEFORMABLE_WEIGHTS, deformable_detr_loss
from book_lib.detection.deformable import DeformableDETR
from book_lib.detection.matching import match

BLOCKS, WIDTH = (1, 2, 1, 1), 8
SIZES = {"n_classes": 5, "n_queries": 7, "d_model": 32, "n_heads": 4, "d_ff": 64, "n_encoder_layers": 2, "n_decoder_layers": 3}
KINDS = {"base": {}, "refine": {"refine": True}, "two-stage": {"refine": True, "two_stage": True}}
LIMITS = {torch.float32: {"logits": 5e-5, "boxes": 1e-5, "loss": 1e-5, "gradient": 5e-5},
          torch.float64: {"logits": 1e-12, "boxes": 1e-12, "loss": 1e-12, "gradient": 1e-11}}
TERMS = {"classes": "loss_ce", "boxes": "loss_bbox", "giou": "loss_giou"}
SINGLE_CODES = {"logits": 1e-5, "boxes": 1e-6, "loss": 1e-12, "gradient": 1e-5}    # transformers codes proposals in single precision
CASES = [(kind, dtype) for dtype in LIMITS for kind in KINDS]

every_batch = pytest.mark.parametrize("padded", [False, True])


def shaken(model, seed=0):
    """Random biases, gains and statistics, so that no 0 or 1 of the initialisation hides a mistake; offsets stay within a few pixels."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            noise = torch.randn(tensor.shape, generator=generator).to(tensor)
            if "running_var" in name:
                tensor.copy_(0.5 + torch.rand(tensor.shape, generator=generator))
            elif tensor.dim() == 1 or "backbone" not in name:
                tensor += 0.1 * noise
    return model


@pytest.fixture(scope="module", params=CASES, ids=lambda case: f"{case[0]}-{case[1]}")
def pair(request):
    """A small Deformable DETR with random weights, and transformers' with the same."""
    kind, dtype = request.param
    torch.manual_seed(0)
    ours = shaken(DeformableDETR(ResNet(BLOCKS, WIDTH).freeze_stem(), **SIZES, **KINDS[kind])).eval().to(dtype)
    theirs = deformable_of_transformers(ours, BLOCKS, WIDTH)
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)                               # position codes come in it
    yield ours, theirs, SINGLE_CODES if kind == "two-stage" and dtype == torch.float64 else LIMITS[dtype]
    torch.set_default_dtype(before)


def pictures(dtype, padded):
    images = torch.randn(2, 3, 96, 160, generator=torch.Generator().manual_seed(1), dtype=torch.float64).to(dtype)
    mask = torch.ones(2, 96, 160, dtype=torch.bool)
    if padded:
        mask[0, :, 100:], mask[1, 60:] = False, False
        images = images * mask[:, None]
    return images, mask


def answers(theirs, images, mask, wanted=None):
    labels = None if wanted is None else [{"class_labels": target["labels"], "boxes": target["boxes"]} for target in wanted]
    return theirs(pixel_values=images, pixel_mask=mask.long(), labels=labels)


@every_batch
def test_answers_of_every_layer(pair, padded):
    ours, theirs, limits = pair
    dtype = ours.level_code.dtype
    images, mask = pictures(dtype, padded)
    with torch.no_grad():
        output, expected = ours(images, mask), answers(theirs, images, mask, targets(dtype))
    layers = [*expected.auxiliary_outputs, {"logits": expected.logits, "pred_boxes": expected.pred_boxes}]
    assert output.logits[-1].std(1).mean() > 0.01 and output.boxes[-1].std(1).mean() > 0.002     # queries do answer differently
    for layer, theirs_of_layer in enumerate(layers):
        assert (output.logits[layer] - theirs_of_layer["logits"]).abs().max() <= limits["logits"], layer
        assert (output.boxes[layer] - theirs_of_layer["pred_boxes"]).abs().max() <= limits["boxes"], layer
    if ours.two_stage:
        assert (output.proposals.logits - expected.enc_outputs_class).abs().max() <= limits["logits"]
        boxes = expected.enc_outputs_coord_logits.sigmoid()
        assert (output.proposals.boxes - boxes).abs().max() <= limits["boxes"]
    else:
        assert output.proposals is None


@pytest.mark.parametrize("counts", [(3, 2), (0, 4), (0, 0), (9, 1)])
def test_pairs_terms_and_total_of_the_loss(pair, counts):
    from transformers.loss.loss_deformable_detr import DeformableDetrHungarianMatcher, DeformableDetrImageLoss

    ours, _, limits = pair
    dtype = ours.level_code.dtype
    wanted = targets(dtype, counts)
    with torch.no_grad():
        output = ours(*pictures(dtype, True))
    total, terms = deformable_detr_loss(output, wanted)
    matcher = DeformableDetrHungarianMatcher(class_cost=2, bbox_cost=5, giou_cost=2)
    criterion = DeformableDetrImageLoss(matcher, num_classes=5, focal_alpha=0.25, losses=["labels", "boxes"])
    labels = [{"class_labels": target["labels"], "boxes": target["boxes"]} for target in wanted]
    answered = {f"_{layer}": pair for layer, pair in enumerate(zip(output.logits, output.boxes, strict=True))}
    answered[""] = answered.pop("_2")
    if ours.two_stage:
        answered["_proposals"] = output.proposals
    expected_total = 0.0
    for where, (logits, boxes) in answered.items():
        own = labels
        if where == "_proposals":
            own = [label | {"class_labels": torch.zeros_like(label["class_labels"])} for label in labels]
        expected = criterion({"logits": logits, "pred_boxes": boxes}, own)
        for name, theirs in TERMS.items():
            value = expected[theirs].item()
            expected_total += DEFORMABLE_WEIGHTS[name] * value
            assert terms.pop(name + where).item() == pytest.approx(value, rel=limits["loss"], abs=1e-12), name + where
        if where != "_proposals":
            found = [[part.tolist() for part in pair] for pair in match(logits, boxes, wanted, classes="sigmoid", class_cost=2.0)]
            assert found == [[part.tolist() for part in pair] for pair in matcher({"logits": logits, "pred_boxes": boxes}, labels)]
    assert terms == {}
    assert total.item() == pytest.approx(expected_total, rel=limits["loss"])


@every_batch
def test_gradients_of_the_whole_loss(pair, padded):
    ours, theirs, limits = pair
    dtype = ours.level_code.dtype
    images, mask = pictures(dtype, padded)
    wanted = targets(dtype)
    for model in (ours, theirs):
        model.zero_grad()
    output = ours(images, mask)._replace(proposals=None)                       # transformers has no loss of the first stage
    deformable_detr_loss(output, wanted)[0].backward()
    expected = answers(theirs, images, mask, wanted)
    loss = sum(DEFORMABLE_WEIGHTS[name] * value for key, value in expected.loss_dict.items()
               for name, theirs_name in TERMS.items() if re.fullmatch(rf"{theirs_name}(_\d+)?", key))
    loss.backward()
    gradients = {name: torch.zeros_like(tensor) for name, tensor in ours.state_dict().items()}
    gradients |= {name: p.grad for name, p in ours.named_parameters() if p.grad is not None}
    named = transformers_names(deformable_to_official(gradients), RENAMED)
    expected = {name: p.grad for name, p in theirs.named_parameters() if p.grad is not None}
    for name in [name for name in expected if re.match(r"(class|bbox)_embed\.", name) and not ours.refine]:
        first = re.sub(r"_embed\.\d+\.", "_embed.0.", name)                    # one head under several names: their gradients add up
        if name != first:
            expected[first] = expected[first] + expected.pop(name)
    scale = max(gradient.abs().max().item() for gradient in expected.values())
    errors = {name: (named[name] - gradient).abs().max().item() / scale for name, gradient in expected.items()}
    assert len(errors) > 100
    assert {name: error for name, error in errors.items() if not error <= limits["gradient"]} == {}


def test_weights_of_transformers_are_renamed(pair):
    """The way back from transformers' names, heads under each of their names, counters of batches and a wrapper's prefix left out."""
    ours, theirs, _ = pair
    wrapped = {f"module.{name}": tensor for name, tensor in theirs.state_dict().items()}
    with pytest.warns(UserWarning):
        found = deformable_from_transformers(wrapped)
    state = ours.state_dict()
    assert set(found) == set(state) and all(torch.equal(found[name], tensor) for name, tensor in state.items())


@pytest.mark.parametrize(("kind", "n_names", "n_parameters"), [
    ({}, 561, 40_069_665), ({"refine": True}, 597, 40_849_660), ({"refine": True, "two_stage": True}, 630, 41_181_529),
    ({"stages": (3,), "n_levels": 1}, 549, 34_066_593)], ids=["base", "refine", "two-stage", "single scale"])
def test_published_names_and_sizes(kind, n_names, n_parameters):
    with torch.device("meta"):
        model = DeformableDETR(ResNet(), n_classes=91, **kind)
    shapes = official_deformable_shapes(model)
    frozen = sum(tensor.numel() for name, tensor in model.state_dict().items() if re.search(r"bn\d|downsample\.1", name))
    assert len(shapes) == n_names
    assert sum(p.numel() for p in model.parameters()) == n_parameters, frozen
    assert sum(p.numel() for p in model.parameters() if p.requires_grad) == n_parameters


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_a_published_file_is_loaded(kind, tmp_path):
    """Random numbers under the published names, with a profiler's leftovers, in a file: the model answers as the one they came from."""
    torch.manual_seed(0)
    source = shaken(DeformableDETR(ResNet(), n_classes=91, **kind)).eval()
    leftovers = {"transformer.encoder.total_ops": torch.zeros(1), "backbone.0.body.total_params": torch.zeros(1)}
    torch.save({"model": deformable_to_official(source.state_dict()) | leftovers}, tmp_path / "r50_deformable_detr.pth")
    loaded = load_pretrained_deformable(tmp_path / "r50_deformable_detr.pth")
    assert not loaded.training and (loaded.refine, loaded.two_stage) == (source.refine, source.two_stage)
    assert all(torch.equal(tensor, loaded.state_dict()[name]) for name, tensor in source.state_dict().items())


def test_what_does_not_fit_is_named():
    torch.manual_seed(0)
    model = DeformableDETR(ResNet(BLOCKS, WIDTH), **SIZES)
    state = deformable_to_official(model.state_dict())
    with pytest.raises(ValueError, match="missing transformer.level_embed"):
        deformable_from_official({name: tensor for name, tensor in state.items() if name != "transformer.level_embed"}, model)
    with pytest.raises(ValueError, match="superfluous more"):
        deformable_from_official(state | {"more": torch.zeros(1)}, model)
    other = state | {"class_embed.1.bias": state["class_embed.1.bias"] + 1}
    with pytest.raises(ValueError, match="different numbers for class_heads.0.bias under two names"):
        deformable_from_official(other, model)
