"""Every method of label assignment on one scene, with priors of the same three levels: what the playground shows and the lab counts.

Methods that look at predictions get those of a made-up network, which has learnt to a stated degree: at 0 every prior predicts itself, at 1
the object that it overlaps most, with a score that grows with that overlap. A trained network replaces it where the lab trains one.
"""

from dataclasses import dataclass

import torch

from book_lib.detection.assigners.assignment import checked_target
from book_lib.detection.assigners.atss import atss
from book_lib.detection.assigners.auto_assign import auto_assign
from book_lib.detection.assigners.fcos import fcos
from book_lib.detection.assigners.free_anchor import free_anchor
from book_lib.detection.assigners.max_iou import max_iou
from book_lib.detection.assigners.one_to_one import hungarian
from book_lib.detection.assigners.sim_ota import sim_ota
from book_lib.detection.assigners.task_aligned import task_aligned
from book_lib.detection.assigners.yolo_v1 import yolo_v1
from book_lib.detection.assigners.yolo_v2 import yolo_v2
from book_lib.detection.assigners.yolo_v3 import yolo_v3
from book_lib.detection.boxes import box_cxcywh_to_xyxy, box_iou, box_xyxy_to_cxcywh
from book_lib.detection.priors import anchor_shapes, encode_deltas, make_anchors, make_points

STRIDES = (8, 16, 32)
RANGES = ((-1, 32), (32, 64), (64, 1e8))        # of FCOS, px: four strides, half the paper's eight, as the anchors are half RetinaNet's
RATIOS = (0.5, 1.0, 2.0)
CELL, CELL_BOXES = 16, ((12, 12), (28, 28))                      # YOLOv1's grid, and where its two boxes begin
CELL_ANCHORS = ((10, 10), (20, 20), (40, 40))                    # YOLOv2's
LEAST_SCORE, LEAST_OBJECTNESS, GAIN = 0.02, 0.05, 0.9            # of the made-up network

METHODS = {                                                      # {name: its settings}, in the order of the article
    "rpn": (0.7, 0.3), "rpn_overwrite": (0.7, 0.3), "retinanet": (0.5, 0.4), "ssd": (0.5, 0.5), "yolo_v1": (), "yolo_v2": (0.6,),
    "yolo_v3_paper": (0.5,), "yolo_v3_released": (0.7,), "fcos": (1.5,), "free_anchor": (20,), "auto_assign": (), "atss": (9,),
    "sim_ota": (2.5,), "task_aligned": (13,), "one_to_one": (),
}
LOW_QUALITY = {
    "rpn": {"low_quality": "restore"}, "rpn_overwrite": {"low_quality": "overwrite", "least_low_quality": 0.3},
    "retinanet": {"low_quality": "restore"}, "ssd": {"low_quality": "overwrite", "one_each": True},
}


@dataclass(frozen=True)
class Answers:
    """Predictions of p priors: scores [p, n_classes] and objectness [p], 0 to 1; boxes_xyxy [p, 4], px."""

    scores: torch.Tensor
    objectness: torch.Tensor
    boxes_xyxy: torch.Tensor


def priors_of(method, size):
    """The Priors that a method of METHODS decides about in a picture of size (height, width): anchors, points or cells."""
    if method in ("fcos", "auto_assign", "sim_ota", "task_aligned", "one_to_one"):
        return make_points(size, STRIDES, offset=0 if method == "auto_assign" else 0.5)
    if method in ("yolo_v1", "yolo_v2"):
        return make_anchors(size, (CELL,), [CELL_BOXES if method == "yolo_v1" else CELL_ANCHORS])
    if method in ("atss", "free_anchor"):
        return make_anchors(size, STRIDES, [anchor_shapes(2 * stride) for stride in STRIDES])
    if method in METHODS:
        return make_anchors(size, STRIDES, [anchor_shapes(2 * stride, ratios=RATIOS) for stride in STRIDES])
    raise ValueError(f"method is {method!r}, expected one of {', '.join(METHODS)}")


def made_up_answers(target, priors, *, n_classes, learnt):
    """What a made-up network predicts that has learnt to the degree 0 to 1: Answers. Points begin with squares two strides wide."""
    if not 0 <= learnt <= 1:
        raise ValueError(f"learnt is {learnt!r}, expected 0 to 1")
    labels, boxes_xyxy = checked_target(target, priors, n_classes)
    sides = priors.sides if priors.sides is not None else 2 * priors.strides[:, None].expand(-1, 2)
    own = box_cxcywh_to_xyxy(torch.cat((priors.centres, sides), dim=1))
    scores = own.new_full((len(priors), n_classes), LEAST_SCORE)
    if not len(labels):
        return Answers(scores, own.new_full((len(priors),), LEAST_OBJECTNESS), own)
    overlap, whose = box_iou(boxes_xyxy, own).max(dim=0)
    known = GAIN * learnt * overlap
    scores[torch.arange(len(priors)), labels[whose]] += known
    moved = own + learnt * (boxes_xyxy[whose] - own)
    return Answers(scores, LEAST_OBJECTNESS + known, moved.where(overlap[:, None] > 0, own))


def assign_by(method, target, priors, answers, *, n_classes, settings=None):
    """Run a method of METHODS with its settings (by default those there) on a target, priors and Answers: an Assignment."""
    settings = METHODS[method] if settings is None else settings
    scores, boxes_xyxy = answers.scores, answers.boxes_xyxy
    if method in LOW_QUALITY:
        return max_iou(target, priors, n_classes=n_classes, positive_from=settings[0], negative_below=min(settings), **LOW_QUALITY[method])
    if method == "yolo_v1":
        return yolo_v1(target, priors, boxes_xyxy, n_classes=n_classes)
    if method == "yolo_v2":
        return yolo_v2(target, priors, boxes_xyxy, n_classes=n_classes, ignore_above=settings[0])
    if method in ("yolo_v3_paper", "yolo_v3_released"):
        predicted = None if method == "yolo_v3_paper" else boxes_xyxy
        return yolo_v3(target, priors, predicted, n_classes=n_classes, ignore_above=settings[0])
    if method == "fcos":
        return fcos(target, priors, n_classes=n_classes, ranges=RANGES, radius=settings[0])
    if method == "free_anchor":
        return free_anchor(target, priors, scores.logit(), encode_deltas(priors.boxes_xyxy, boxes_xyxy), bag=settings[0])
    if method == "auto_assign":
        centre = {"means": scores.new_zeros(n_classes, 2), "deviations": scores.new_ones(n_classes, 2)}
        return auto_assign(target, priors, scores.logit(), answers.objectness.logit(), boxes_xyxy, **centre)
    if method == "atss":
        return atss(target, priors, n_classes=n_classes, nearest=settings[0])
    if method == "sim_ota":
        return sim_ota(target, priors, scores, boxes_xyxy, radius=settings[0])
    if method == "task_aligned":
        return task_aligned(target, priors, scores, boxes_xyxy, best=settings[0])
    height, width = priors.size
    shares = box_xyxy_to_cxcywh(boxes_xyxy) / boxes_xyxy.new_tensor([width, height, width, height])
    return hungarian(target, scores.logit(), shares, classes="sigmoid")
