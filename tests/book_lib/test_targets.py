"""Targets of a detector: what passes, and that everything else is named with picture, object, entry and cure, at every door."""

import numpy as np
import pytest
import torch

from book_lib.detection.boxes import box_cxcywh_to_xyxy
from book_lib.detection.criterion import detection_losses, detr_loss
from book_lib.detection.dense import dense_loss
from book_lib.detection.detr import DetectionOutput
from book_lib.detection.matching import match, matching_cost
from book_lib.detection.targets import check_targets

BOXES = torch.tensor([[0.5, 0.5, 0.3, 0.3], [0.3, 0.35, 0.2, 0.2]])
GOOD = {"labels": torch.tensor([1, 0]), "boxes": BOXES}
N_CLASSES = 3


def refused(change, message):
    with pytest.raises(ValueError, match=message):
        check_targets([GOOD, GOOD | change], N_CLASSES)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.uint16, torch.uint32])
def test_whole_numbers_of_any_kind_are_labels(dtype):
    (checked,) = check_targets([GOOD | {"labels": GOOD["labels"].to(dtype)}], N_CLASSES)
    assert checked["labels"].dtype == torch.int64 and checked["labels"].tolist() == [1, 0] and checked["boxes"] is BOXES


def test_arrays_lists_and_further_entries_are_taken():
    arrays = {"labels": np.array([1, 0], dtype=np.uint16), "boxes": BOXES.numpy(), "image_id": 7}
    lists = {"labels": [1, 0], "boxes": BOXES.tolist()}
    for checked in check_targets((arrays, lists), N_CLASSES):
        assert checked["labels"].tolist() == [1, 0] and torch.equal(checked["boxes"], BOXES)
    assert check_targets([arrays], N_CLASSES)[0]["image_id"] == 7


@pytest.mark.parametrize("labels", [torch.tensor([]), [], torch.zeros(0, dtype=torch.int64)])
@pytest.mark.parametrize("boxes", [torch.tensor([]), [], torch.zeros(0, 4), np.zeros((0, 4))])
def test_a_picture_without_objects_may_have_anything_empty(labels, boxes):
    (checked,) = check_targets([{"labels": labels, "boxes": boxes}], N_CLASSES)
    assert checked["labels"].dtype == torch.int64 and checked["labels"].shape == (0,) and checked["boxes"].shape == (0, 4)
    logits, answers = torch.randn(1, 5, N_CLASSES + 1), torch.rand(1, 5, 4)
    assert [len(part) for part in match(logits, answers, [{"labels": labels, "boxes": boxes}])[0]] == [0, 0]
    assert detection_losses(logits, answers, [{"labels": labels, "boxes": boxes}])["boxes"] == 0


def test_no_pictures_are_no_targets():
    assert check_targets([], N_CLASSES) == [] == match(torch.zeros(0, 5, 4), torch.zeros(0, 5, 4), [])


@pytest.mark.parametrize(("labels", "message"), [
    (torch.tensor([1, -1]), r"targets\[1\]\['labels'\]\[1\] is -1, expected 0 to 2; .*leave them out"),
    (torch.tensor([3, 0]), r"targets\[1\]\['labels'\]\[0\] is 3, expected 0 to 2; classes count from 0, .*COCO's, map them to places"),
    (torch.tensor([255, 0], dtype=torch.uint8), r"\[0\] is 255, expected 0 to 2"),
    (torch.tensor([1.0, 0.0]), r"targets\[1\]\['labels'\] has dtype torch.float32, expected whole numbers"),
    (torch.tensor([True, False]), r"targets\[1\]\['labels'\] has dtype torch.bool, expected whole numbers"),
    (torch.eye(3, dtype=torch.int64)[:2], r"targets\[1\] has labels \[2, 3\] and boxes \[2, 4\], expected \[n\] and \[n, 4\]"),
    (torch.tensor([1]), r"targets\[1\] has labels \[1\] and boxes \[2, 4\]"),
    (["disc", "ring"], r"targets\[1\]\['labels'\] cannot be read as numbers"),
])
def test_labels_that_do_not_fit_are_named(labels, message):
    refused({"labels": labels}, message)


WHERE = r"targets\[1\]\['boxes'\]"


@pytest.mark.parametrize(("boxes", "message"), [
    (BOXES * 480, WHERE + r"\[0\] is \[240.0, 240.0, 144.0, 144.0\], .*these are px: divide by the picture's width and height"),
    (BOXES.mul(480).long(), WHERE + " has dtype torch.int64, .*where they are px, divide"),
    (box_cxcywh_to_xyxy(BOXES * 480), "these are px"),
    (torch.tensor([[0.6, 0.5, 0.9, 0.8], [0.1, 0.1, 0.4, 0.3]]), r"corners \(left, top, right, bottom\): box_xyxy_to_cxcywh turns them"),
    (torch.tensor([[0.1, 0.1, 0.6, 0.6], [0.3, 0.5, 0.2, 0.2]]), r"these may be COCO's \(left, top, width, height\)"),
    (torch.tensor([[0.1, 0.1, 0.6, 0.6]] * 2), r"these may be corners .* or COCO's \(left, top, width, height\)"),
    (torch.tensor([[0.9, 0.9, 0.4, 0.4], [0.3, 0.3, 0.2, 0.2]]), r"\[0\] is \[0.9, 0.9, 0.4, 0.4\].*leaves the picture: cut it off"),
    (torch.tensor([[0.5, 0.5, 0.3, 0.3], [0.5, 0.5, 0.0, 0.2]]), r"\[1\] is \[0.5, 0.5, 0.0, 0.2\].*a box without area is no object"),
    (torch.tensor([[0.5, 0.5, 0.3, 0.3], [0.5, 0.5, -0.1, 0.2]]), "a box without area"),
    (torch.tensor([[0.5, 0.5, 0.3, torch.nan], [0.5, 0.5, 0.1, 0.2]]), r"\[0\] is \[0.5, 0.5, 0.3, nan\].*see how the annotation was read"),
    (torch.tensor([[0.5, 0.5, 0.3, 0.3], [torch.inf, 0.5, 0.1, 0.2]]), r"\[1\] is \[inf, .*divided by a width or height of 0"),
    (BOXES[:, :2], r"boxes \[2, 2\]"),
])
def test_boxes_that_do_not_fit_are_named_with_the_likely_cure(boxes, message):
    refused({"boxes": boxes}, message)


def test_rounding_does_not_put_a_box_outside():
    whole = torch.tensor([[0.5, 0.5, 1.0, 1.0], [0.8335, 0.1665, 0.333, 0.333]])
    for dtype in (torch.float16, torch.bfloat16, torch.float32, torch.float64):
        check_targets([GOOD | {"boxes": whole.to(dtype)}], N_CLASSES)


@pytest.mark.parametrize(("targets", "message"), [
    (GOOD, "targets is a dict, expected a list with one dict for each picture"),
    (7, "targets is a int, expected a list"),
    ([GOOD, [1, 2]], r"targets\[1\] is a list, expected a dict with 'labels' \[n\] and 'boxes' \[n, 4\]"),
    ([{"class_labels": [1], "boxes": BOXES[:1]}], r"targets\[0\] is a dict of \['boxes', 'class_labels'\], expected a dict with 'labels'"),
])
def test_other_things_than_targets_are_named(targets, message):
    with pytest.raises(ValueError, match=message):
        check_targets(targets, N_CLASSES)


PIXELS = {"labels": torch.tensor([1]), "boxes": torch.tensor([[240.0, 240, 144, 144]])}
LOGITS, ANSWERS = torch.zeros(2, 12, N_CLASSES + 1), torch.full((2, 12, 4), 0.5)
CORNERS, MASK = torch.tensor([[8.0, 8, 16, 16]]).expand(2, 12, 4), torch.ones(2, 24, 32, dtype=torch.bool)
DOORS = {
    "matching_cost": lambda targets: matching_cost(LOGITS[0], ANSWERS[0], targets[1]),
    "match": lambda targets: match(LOGITS, ANSWERS, targets),
    "detection_losses": lambda targets: detection_losses(LOGITS, ANSWERS, targets),
    "detection_losses with pairs": lambda targets: detection_losses(LOGITS, ANSWERS, targets, pairs=[([0], [0])] * 2),
    "detr_loss": lambda targets: detr_loss(DetectionOutput(LOGITS[None], ANSWERS[None]), targets),
    "dense_loss": lambda targets: dense_loss(LOGITS[..., :-1], CORNERS, MASK, targets, stride=8),
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(("change", "message"), [
    ({}, "these are px"),
    ({"boxes": torch.tensor([[0.5, torch.nan, 0.1, 0.1]])}, "nan"),
    ({"boxes": torch.tensor([[0.1, 0.1, 0.6, 0.6]])}, "corners"),
    ({"boxes": BOXES[:1], "labels": torch.tensor([-1])}, "is -1, expected 0 to 2"),
    ({"boxes": BOXES[:1], "labels": torch.tensor([N_CLASSES])}, "is 3, expected 0 to 2"),
    ({"boxes": BOXES[:1], "labels": torch.tensor([1.0])}, "torch.float32, expected whole numbers"),
    ({"boxes": BOXES[:1], "labels": torch.tensor([True])}, "torch.bool, expected whole numbers"),
])
def test_every_door_looks(door, change, message):
    with pytest.raises(ValueError, match=message):
        DOORS[door]([GOOD | {"labels": torch.tensor([0]), "boxes": BOXES[:1]}, PIXELS | change])


@pytest.mark.parametrize("door", [door for door in DOORS if "pairs" not in door])
@pytest.mark.parametrize("dtype", [torch.uint8, torch.int32])
def test_every_door_takes_whole_numbers_of_any_kind(door, dtype):
    results = [DOORS[door]([GOOD | {"labels": GOOD["labels"].to(kind)}] * 2) for kind in (torch.int64, dtype)]
    assert str(results[0]) == str(results[1])


def test_a_batch_without_pictures_has_no_loss():
    output = DetectionOutput(LOGITS[None, :0], ANSWERS[None, :0])
    for loss in (lambda: detection_losses(LOGITS[:0], ANSWERS[:0], []), lambda: detr_loss(output, []),
                 lambda: dense_loss(LOGITS[:0, :, :-1], CORNERS[:0], MASK[:0], [], stride=8)):
        with pytest.raises(ValueError, match="a batch without pictures has no loss|0 logits.*and at least one"):
            loss()
