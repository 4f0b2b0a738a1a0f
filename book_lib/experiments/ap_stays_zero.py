"""Why AP stays 0 on one's own data: each usual cause, made on purpose, with the symptoms by which it is told from the others.

"Your own data" are scenes of 64 x 64 px under other names: the categories in the order of the alphabet, with gaps between their ids. The
causes in TRAINING spoil a short fine-tuning of the shipped DETR with a new class head; the causes in USE spoil what is done with the
shipped DETR, which is right. This book's own loss and reader refuse most of these mistakes; here they are let through, as they are by a
program that does not look.
"""

from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from book_lib.data.scenes import CLASSES, make_scene, mirrored, scene_batch
from book_lib.detection.backbone import freeze_batch_norms
from book_lib.detection.boxes import box_cxcywh_to_xyxy, box_iou
from book_lib.detection.criterion import losses_checked
from book_lib.detection.detr import detections
from book_lib.detection.evaluation import average_precision
from book_lib.experiments.small_detectors import load_detr, new_detr
from book_lib.training import train_epochs

ORDER = sorted(CLASSES)                                          # the categories of your data: label 0 is "cross"
IDS = (3, 7, 12, 20, 41, 58)                                     # their ids in the file
NO_OBJECT = len(ORDER)
SIDE, STEPS, BATCH, LR, SLOWER = 64, 40, 8, 5e-4, 0.1
TRAIN_SEED, HELD_OUT_SEED = 7_000_000, 7_100_000

TRAINING = (
    "nothing wrong",
    "one learning rate for all, four times too high",
    "no pretrained weights",
    "class head not replaced, never trained",
    "boxes as corners (left, top, right, bottom)",
    "boxes as (left, top, width, height)",
    "boxes in px",
    "labels too high by one",
    "mask inverted",
)
USE = (
    "nothing wrong",
    "pixels from 0 to 1, not normalised",
    "pixels from 0 to 255",
    "mask inverted",
    "boxes scaled to the resized picture",
    "boxes left as shares",
    "results as corners, not (left, top, width, height)",
    "category ids taken for labels plus one",
    "pictures turned by EXIF, boxes not",
    "pictures four times as large as in training",
)


def own_scenes(n, *, seed):
    """n scenes of your data: 64 x 64 px, 1 to 4 objects, labels in the order of ORDER."""
    scenes = [make_scene(seed + i, n_objects=1 + i % 4, size=(SIDE, SIDE)) for i in range(n)]
    return [replace(scene, labels=np.array([ORDER.index(CLASSES[label]) for label in scene.labels], np.int64)) for scene in scenes]


def fine_tuned(cause="nothing wrong", *, steps=STEPS, n_scenes=64, seed=0):
    """The shipped DETR after a short fine-tuning on your data in which one of TRAINING goes wrong. Returns (model, loss at every step)."""
    if cause not in TRAINING:
        raise ValueError(f"cause is {cause!r}, expected one of {', '.join(map(repr, TRAINING))}")
    scenes, losses = own_scenes(n_scenes, seed=TRAIN_SEED), []
    model = new_detr(seed=seed) if cause == "no pretrained weights" else load_detr()
    freeze_batch_norms(model.backbone)
    if cause == "class head not replaced, never trained":
        model.class_head.requires_grad_(False)
    else:
        model.class_head = _new_head(model, seed)
    rate, slower = (4 * LR, None) if cause == "one learning rate for all, four times too high" else (LR, {"backbone.": SLOWER})

    def make_batches(epoch, generator):
        rows = torch.randint(n_scenes, (steps, BATCH), generator=generator).tolist()
        turns = torch.randint(8, (steps, BATCH), generator=generator).tolist()
        return [[mirrored(scenes[row], turn) for row, turn in zip(*batch, strict=True)] for batch in zip(rows, turns, strict=True)]

    def loss(model, batch):
        images, mask, targets = scene_batch(batch)
        output = model(images, ~mask if cause == "mask inverted" else mask)
        value = _loss(output, [_spoilt(target, cause) for target in targets])
        losses.append(value.item())
        return value, {}

    train_epochs(model, make_batches, loss, epochs=1, lr=rate, seed=seed, weight_decay=1e-4, max_grad_norm=0.1, slower=slower)
    return model.eval(), losses


def before_training(*, seed=0):
    """The shipped DETR with a new class head: where every fine-tuning starts."""
    model = load_detr()
    model.class_head = _new_head(model, seed)
    return model.eval()


@torch.no_grad()
def answers(model, scenes, cause="nothing wrong", *, shipped_order=True):
    """What the model finds in your scenes while one of USE goes wrong: a list of dicts of scores, labels (of ORDER) and boxes_xyxy.

    shipped_order: the model's labels are those of CLASSES, as the shipped DETR's; False for one that has been fine-tuned.
    """
    if cause not in USE:
        raise ValueError(f"cause is {cause!r}, expected one of {', '.join(map(repr, USE))}")
    shown = [replace(scene, image=np.ascontiguousarray(np.rot90(scene.image))) if "EXIF" in cause else scene for scene in scenes]
    images, mask, _ = scene_batch(shown)
    images, mask = _wrongly_prepared(images, mask, cause)
    output, n = model(images, mask), len(scenes)
    sides = {"boxes scaled to the resized picture": (800, 800), "boxes left as shares": (1, 1)}.get(cause, (SIDE, SIDE))
    found = detections(output.logits[-1], output.boxes[-1], [sides] * n)
    for one in found:
        if shipped_order:
            one["labels"] = torch.tensor([ORDER.index(CLASSES[label]) for label in one["labels"].tolist()])
        if cause == "results as corners, not (left, top, width, height)":
            one["boxes_xyxy"] = torch.cat((one["boxes_xyxy"][:, :2], one["boxes_xyxy"][:, :2] + one["boxes_xyxy"][:, 2:]), dim=1)
        if cause == "category ids taken for labels plus one":
            ids = one["labels"] + 1                              # 1, 2, … for places 0, 1, …, in a file whose ids have gaps
            one["labels"] = torch.tensor([IDS.index(number) if number in IDS else NO_OBJECT for number in ids.tolist()])
    return found


def symptoms(found, scenes):
    """What tells one cause from another: a dict of numbers.

    AP and AP50 as COCO's; covered: the share of the objects that some box covers with an IoU of at least 0.5, whatever its name and score;
    confident: detections of at least 0.5 for each object there is.
    """
    scores, n = average_precision(found, scenes), sum(len(scene.labels) for scene in scenes)
    covered = sum((box_iou(torch.from_numpy(scene.boxes_xyxy), one["boxes_xyxy"]).amax(1) >= 0.5).sum().item()
                  for scene, one in zip(scenes, found, strict=True))
    confident = sum((one["scores"] >= 0.5).sum().item() for one in found)
    return {"AP": scores["AP"], "AP50": scores["AP50"], "covered": covered / n, "confident": confident / n}


def _new_head(model, seed):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return nn.Linear(model.class_head.in_features, NO_OBJECT + 1)


def _spoilt(target, cause):
    """A target as a program would make it that makes this mistake."""
    boxes = target["boxes"]
    corners = box_cxcywh_to_xyxy(boxes)
    boxes = {"boxes as corners (left, top, right, bottom)": corners,
             "boxes as (left, top, width, height)": torch.cat((corners[:, :2], boxes[:, 2:]), dim=1),
             "boxes in px": boxes * SIDE}.get(cause, boxes)
    return {"labels": target["labels"] + (cause == "labels too high by one"), "boxes": boxes}


def _loss(output, targets):
    """detr_loss without its look at the targets, as in a program that does not look."""
    total = 0.0
    for logits, boxes in zip(*output, strict=True):
        terms = losses_checked(logits, boxes, targets, None, 0.1, None)
        total = total + terms["classes"] + 5 * terms["boxes"] + 2 * terms["giou"]
    return total


def _wrongly_prepared(images, mask, cause):
    if cause == "pixels from 0 to 1, not normalised":
        return (images * 0.25 + 0.5) * mask[:, None], mask
    if cause == "pixels from 0 to 255":
        return (images * 0.25 + 0.5) * 255 * mask[:, None], mask
    if cause == "mask inverted":
        return images, ~mask
    if cause == "pictures four times as large as in training":
        return F.interpolate(images, scale_factor=4, mode="bilinear"), mask.repeat_interleave(4, 1).repeat_interleave(4, 2)
    return images, mask
