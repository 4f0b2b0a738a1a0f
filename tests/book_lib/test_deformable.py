"""Deformable DETR: its worked numbers, its first answers, what becomes of answers, and export."""

import math

import pytest
import torch
from torch.export import Dim

from book_lib.detection.backbone import ResNet, SmallCNN
from book_lib.detection.criterion import DEFORMABLE_WEIGHTS, deformable_detr_loss, focal_loss
from book_lib.detection.deformable import (
    DeformableDETR,
    DeformableOutput,
    deformable_detections,
    first_boxes,
    inverse_sigmoid,
    pixel_centres,
)
from book_lib.detection.matching import match, matching_cost
from book_lib.positional import sine_map

SMALL = {"n_classes": 4, "n_queries": 6, "d_model": 32, "n_heads": 4, "d_ff": 48, "n_encoder_layers": 1, "n_decoder_layers": 2}
KINDS = ({}, {"refine": True}, {"refine": True, "two_stage": True})
LOGITS = torch.tensor([[2.0, 0], [0, 1], [-2, -2], [1, 1]])
BOXES = torch.tensor([[0.5, 0.5, 0.2, 0.2], [0.3, 0.3, 0.2, 0.2], [0.7, 0.7, 0.4, 0.2], [0.5, 0.5, 0.4, 0.4]])
TARGET = {"labels": torch.tensor([1, 0]), "boxes": torch.tensor([[0.5, 0.5, 0.3, 0.3], [0.3, 0.35, 0.2, 0.2]])}


def small(**kind):
    torch.manual_seed(0)
    return DeformableDETR(SmallCNN((8, 12, 16, 16)), stages=(0, 2), n_levels=3, **SMALL, **kind).eval()


def test_worked_reference_points():
    shapes, real = [(2, 4), (1, 2)], torch.tensor([[[0.75, 0.5], [0.5, 0.5]]])
    centres = pixel_centres(shapes, real)
    on_maps = centres[:, :, None] * real[:, None]
    torch.testing.assert_close(on_maps[0, 0], torch.tensor([[0.125, 0.25], [0.083333, 0.25]]), rtol=0, atol=1e-6)
    torch.testing.assert_close(on_maps[0, -1], torch.tensor([[1.125, 0.5], [0.75, 0.5]]), rtol=0, atol=1e-6)
    whole = pixel_centres(shapes, torch.ones(1, 2, 2))
    assert whole[0, 0].tolist() == [0.125, 0.25]


def test_worked_sine_code():
    code = sine_map(torch.ones(1, 2, 3, dtype=torch.bool), 8, offset=-0.5)[0, :, 0, 0]
    wanted = torch.tensor([1.0, 0, 0.015707, 0.999877, 0.866025, 0.5, 0.010472, 0.999945])
    torch.testing.assert_close(code, wanted, rtol=0, atol=2e-6)


def test_worked_first_boxes():
    boxes = first_boxes([(2, 4), (1, 2)], torch.ones(1, 2, 2))
    torch.testing.assert_close(boxes[0, 0], torch.tensor([0.125, 0.25, 0.05, 0.05]))
    torch.testing.assert_close(inverse_sigmoid(boxes[0, 0]), torch.tensor([-1.945910, -1.098612, -2.944439, -2.944439]))
    torch.testing.assert_close(boxes[0, 8], torch.tensor([0.25, 0.5, 0.1, 0.1]))


def test_worked_matching_and_loss():
    costs = {"classes": "sigmoid", "class_cost": 1.0, "box_cost": 0.0, "giou_cost": 0.0}
    wanted = torch.tensor([[-0.086643, -1.237107], [-0.520737, -0.086643], [0.411167, 0.411167], [-0.520737, -0.520737]])
    torch.testing.assert_close(matching_cost(LOGITS, BOXES, TARGET, **costs), wanted, rtol=0, atol=2e-6)
    (pair,) = match(LOGITS[None], BOXES[None], [TARGET], classes="sigmoid", class_cost=2.0)
    assert [part.tolist() for part in pair] == [[1, 3], [1, 0]]
    total, terms = deformable_detr_loss(DeformableOutput(LOGITS[None, None], BOXES[None, None]), [TARGET])
    assert {name: value.item() for name, value in terms.items()} == pytest.approx(
        {"classes": 1.236009, "boxes": 0.125, "giou": 0.41875}, abs=2e-6)
    assert total.item() == pytest.approx(2 * 1.236009 + 5 * 0.125 + 2 * 0.41875, abs=1e-5)
    assert DEFORMABLE_WEIGHTS == {"classes": 2.0, "boxes": 5.0, "giou": 2.0}


def test_focal_loss_of_a_half_is_a_quarter_of_the_cross_entropy():
    loss = focal_loss(torch.zeros(2), torch.tensor([1.0, 0.0]))
    assert loss.tolist() == pytest.approx([0.25 * 0.25 * math.log(2), 0.75 * 0.25 * math.log(2)])
    assert focal_loss(torch.tensor(8.0), torch.tensor(1.0)) < 1e-8 < focal_loss(torch.tensor(-8.0), torch.tensor(1.0))


def test_logits_of_shares_at_the_ends_are_finite():
    logits = inverse_sigmoid(torch.tensor([0.0, 1.0, -1.0, 0.5]))
    assert logits.tolist() == pytest.approx([-11.512925, 11.512925, -11.512925, 0.0], abs=1e-5)


@pytest.mark.parametrize("kind", KINDS, ids=["base", "refine", "two-stage"])
def test_first_answers(kind):
    """At the start no class is likely, and every box lies at its reference."""
    model = small(**kind)
    with torch.no_grad():
        output, sampling = model.sampling(torch.rand(2, 3, 40, 56))
    assert output.logits.shape == (2, 2, 6, 4) and output.boxes.shape == (2, 2, 6, 4)
    assert (output.logits.sigmoid() - 0.01).abs().max() < 0.03
    for boxes, reference in zip(output.boxes, sampling.references, strict=True):
        torch.testing.assert_close(boxes[..., : reference.size(-1)], reference, rtol=1e-4, atol=1e-4)
    if not kind.get("two_stage"):
        assert output.boxes[0, ..., 2:].flatten().tolist() == pytest.approx([1 / (1 + math.e**2)] * 24)
    assert (output.proposals is not None) == kind.get("two_stage", False)
    n = 10 * 14 + 5 * 7 + 3 * 4
    assert [places.shape[:4] for places, _ in sampling.encoder] == [(2, n, 4, 3)]
    assert [places.shape[:4] for places, _ in sampling.decoder] == [(2, 6, 4, 3)] * 2


@pytest.mark.parametrize("kind", KINDS, ids=["base", "refine", "two-stage"])
def test_padding_changes_nothing_but_what_the_backbone_sees(kind):
    """A picture of half the canvas: whatever stands in the padding of the maps, the answers are the same."""
    model = small(**kind)
    mask = torch.zeros(1, 64, 64, dtype=torch.bool)
    mask[:, :32, :48] = True
    with torch.no_grad():
        maps = model.maps(torch.rand(1, 3, 64, 64), mask)
        noisy = maps._replace(tokens=torch.where(maps.mask[..., None], maps.tokens, torch.randn(1, maps.tokens.size(1), 32)))
        real = maps.mask[0]
        (one, _), (other, _) = model.encode(maps), model.encode(noisy)
    torch.testing.assert_close(one[:, real], other[:, real])


@pytest.mark.parametrize("kind", KINDS, ids=["base", "refine", "two-stage"])
def test_it_learns(kind):
    """Sixty steps on two pictures bring the loss down by two thirds, and every parameter gets a gradient."""
    model = small(**kind).train()
    generator = torch.Generator().manual_seed(3)
    images = torch.rand(2, 3, 32, 32, generator=generator)
    targets = [{"labels": torch.tensor([1]), "boxes": torch.tensor([[0.3, 0.4, 0.2, 0.3]])},
               {"labels": torch.tensor([0, 2]), "boxes": torch.tensor([[0.7, 0.6, 0.3, 0.3], [0.25, 0.25, 0.2, 0.2]])}]
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    losses = []
    for _ in range(60):
        loss, _ = deformable_detr_loss(model(images), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 3
    assert [name for name, p in model.named_parameters() if p.grad is None or not p.grad.any()] == []


def test_detections_are_the_best_pairs_of_query_and_class():
    logits = torch.tensor([[[3.0, 2.0], [-1.0, 2.5], [-3.0, -2.0]]])
    (found,) = deformable_detections(logits, BOXES[None, :3], [(100, 200)], n_best=3)
    assert found["labels"].tolist() == [0, 1, 1]
    assert found["scores"].tolist() == pytest.approx(torch.tensor([3.0, 2.5, 2.0]).sigmoid().tolist())
    expected = [[80, 40, 120, 60], [40, 20, 80, 40], [80, 40, 120, 60]]
    torch.testing.assert_close(found["boxes_xyxy"], torch.tensor(expected, dtype=torch.float32), rtol=0, atol=1e-4)
    (everything,) = deformable_detections(logits, BOXES[None, :3], [(100, 200)])
    assert len(everything["scores"]) == 6
    with pytest.raises(ValueError, match="2 sizes"):
        deformable_detections(logits, BOXES[None, :3], [(1, 1), (2, 2)])


@pytest.mark.parametrize("kind", KINDS, ids=["base", "refine", "two-stage"])
def test_export_with_open_sizes(kind):
    """Batch, height and width stay open: the exported model answers as the eager one for another batch of another size."""
    model = small(**kind)
    images, mask = torch.rand(2, 3, 64, 96), torch.ones(2, 64, 96, dtype=torch.bool)
    batch, height, width = Dim("batch", min=1, max=8), Dim("height", min=32, max=256), Dim("width", min=32, max=256)
    sides = {0: batch, 1: height, 2: width}
    with torch.no_grad():
        exported = torch.export.export(model, (images, mask), dynamic_shapes=({0: batch, 2: height, 3: width}, sides)).module()
        images, mask = torch.rand(3, 3, 120, 72), torch.ones(3, 120, 72, dtype=torch.bool)
        mask[1, 90:], mask[2, :, 50:] = False, False
        one, other = exported(images, mask), model(images, mask)
    torch.testing.assert_close(one.logits, other.logits, rtol=0, atol=1e-5)
    torch.testing.assert_close(one.boxes, other.boxes, rtol=0, atol=1e-5)


@pytest.mark.parametrize(("wrong", "message"), [
    ({"d_model": 40}, "d_model is 40, expected a multiple of 32"),
    ({"two_stage": True}, "two_stage needs refine"),
    ({"stages": (0, 1, 2), "n_levels": 2}, r"stages is \(0, 1, 2\) and n_levels 2"),
    ({"n_classes": 0}, "n_classes is 0"),
])
def test_what_does_not_fit_is_named(wrong, message):
    sizes = SMALL | {"stages": (0, 2), "n_levels": 3} | wrong
    with pytest.raises(ValueError, match=message):
        DeformableDETR(SmallCNN((8, 12, 16, 16)), **sizes)


def test_bad_targets_and_classes_are_refused_as_detr_does():
    output = DeformableOutput(LOGITS[None, None], BOXES[None, None])
    with pytest.raises(ValueError, match=r"targets\[0\]\['labels'\]\[0\] is 2, expected 0 to 1"):
        deformable_detr_loss(output, [TARGET | {"labels": torch.tensor([2, 0])}])
    with pytest.raises(ValueError, match="expected some of"):
        deformable_detr_loss(output, [TARGET], weights={"masks": 1.0})
    with pytest.raises(ValueError, match="classes is 'relu', expected 'softmax' or 'sigmoid'"):
        match(LOGITS[None], BOXES[None], [TARGET], classes="relu")


def test_the_small_backbone_gives_its_stages():
    backbone, images = SmallCNN((8, 12, 16, 16)), torch.rand(1, 3, 40, 56)
    assert [tuple(level.shape[1:]) for level in backbone.stages(images)] == [(12, 10, 14), (16, 5, 7), (16, 5, 7)]
    assert backbone.stage_channels == [12, 16, 16] and ResNet((1, 1, 1, 1), 8).stage_channels == [32, 64, 128, 256]
