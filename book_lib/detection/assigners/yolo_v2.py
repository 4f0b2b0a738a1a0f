"""Assignment by grid cell and shape of anchor: YOLOv2 (Redmon and Farhadi 2017)."""

import torch
import torch.nn.functional as F

from book_lib.detection.assigners.assignment import (
    IGNORED,
    NEGATIVE,
    Assignment,
    all_negative,
    cells_of,
    checked_target,
    require_predictions,
)
from book_lib.detection.boxes import box_cxcywh_to_xyxy, box_iou, box_xyxy_to_cxcywh


@torch.no_grad()
def yolo_v2(target, priors, predicted_xyxy, *, n_classes, ignore_above=0.6):
    """Give an object, of the anchors in the cell that holds its middle, the one most like it in shape (Redmon and Farhadi 2017, section 2).

    target: labels [n] and boxes [n, 4] as shares; priors: anchors on one level; predicted_xyxy [p, 4], px: the boxes decoded from the
    network's answers. Shapes are compared by IoU with both boxes at the same corner; of equals the first anchor wins. A prior that serves
    no object is ignored where its predicted box overlaps any object by more than ignore_above (0.6 in the published configuration).
    A positive is to answer with the IoU of its predicted box. Two objects of the same cell that want the same anchor: the later one gets
    it, the earlier one is lost; so the order matters. Objects whose middle no cell holds are lost.
    Returns an Assignment with scores. Raises ValueError for what check_targets refuses, for predictions that do not fit, and for points.
    """
    labels, boxes_xyxy = checked_target(target, priors, n_classes)
    require_predictions(priors, predicted_xyxy=predicted_xyxy)
    if not len(labels):
        return all_negative(priors, scores=predicted_xyxy.new_zeros(len(priors)))
    claims, iou = shape_claims(boxes_xyxy, priors), box_iou(boxes_xyxy, predicted_xyxy)
    objects = last_claim(claims, iou.amax(0) > ignore_above)
    scores = iou.gather(0, objects.clamp(min=0)[None])[0].where(objects >= 0, 0)
    return Assignment(objects, len(labels), scores=scores)


def shape_claims(boxes_xyxy, priors):
    """Which prior each object wants: of those in its cell, on any level, the first of largest IoU of shapes: bool [n, p], one at most."""
    if priors.sides is None:
        raise ValueError("these priors are points and have no shape, expected anchors: make_anchors makes them")
    sides = (boxes_xyxy[:, 2:] - boxes_xyxy[:, :2])[:, None]
    both = torch.minimum(sides, priors.sides).prod(-1)
    alike = both / (sides.prod(-1) + priors.sides.prod(-1) - both)                                                               # [n, p]
    alike = alike.where(cells_of(priors, boxes_xyxy), -1)
    best = alike.max(dim=1, keepdim=True)
    return torch.zeros_like(alike, dtype=torch.bool).scatter(1, best.indices, best.values >= 0)


def last_claim(claims, overlapping):
    """Objects [p] from claims [n, p], of several the last; where there is none, IGNORED if overlapping [p], else NEGATIVE."""
    last = len(claims) - 1 - claims.flip(0).int().argmax(0)
    return torch.where(claims.any(0), last, torch.where(overlapping, IGNORED, NEGATIVE))


def yolo_boxes(answers, priors):
    """The boxes that answers [p, 4 or more] make of anchors: sigmoid of the first two in the cell, side times the exponential: [p, 4], px.

    (Redmon and Farhadi 2017, section 2, direct location prediction.)
    """
    stride = priors.strides[:, None]
    centres = ((priors.centres / stride).floor() + answers[:, :2].sigmoid()) * stride
    return box_cxcywh_to_xyxy(torch.cat((centres, priors.sides * answers[:, 2:4].exp()), dim=1))


def box_answers(boxes_xyxy, priors):
    """What yolo_boxes should be given for boxes [p, 4], px, one for each prior: place in the cell (after the sigmoid), logs of growth."""
    boxes, stride = box_xyxy_to_cxcywh(boxes_xyxy), priors.strides[:, None]
    return boxes[:, :2] / stride - (priors.centres / stride).floor(), (boxes[:, 2:] / priors.sides).log()


def yolo_v2_loss(answers, target, priors, *, object_weight=5.0, ignore_above=0.6):
    """YOLOv2's loss for one picture: the function whose gradient with respect to the answers is what darknet passes back.

    answers [p, 5 + n_classes]: x, y, w, h, objectness and class logits. Positives: objectness against the IoU of the predicted box,
    object_weight times; place and size, 2 - area times (area as a share of the picture); classes by softmax. Negatives: objectness 0.
    Returns (loss, Assignment). Raises ValueError as yolo_v2 does.
    """
    n_classes = answers.size(-1) - 5
    found = yolo_v2(target, priors, yolo_boxes(answers.detach(), priors), n_classes=n_classes, ignore_above=ignore_above)
    positive, labels, boxes_xyxy = found.objects >= 0, *checked_target(target, priors, n_classes)
    own, served = answers[positive], found.objects[positive]
    weight = torch.where(positive, object_weight, 1.0).where(found.objects != IGNORED, 0.0)
    loss = F.binary_cross_entropy_with_logits(answers[:, 4], found.scores, weight, reduction="sum")
    loss = loss + box_loss(own, boxes_xyxy[served], priors, positive)
    return loss + F.cross_entropy(own[:, 5:], labels[served], reduction="sum"), found


def box_loss(answers, boxes_xyxy, priors, positive):
    """Loss of place (cross-entropy) and size (half the squared error) of the positives, more for small objects: 2 - area times."""
    height, width = priors.size
    at = type(priors)(priors.size, priors.centres[positive], priors.strides[positive], priors.levels[positive], priors.sides[positive])
    place, size = box_answers(boxes_xyxy, at)
    weight = (2 - (boxes_xyxy[:, 2:] - boxes_xyxy[:, :2]).prod(-1) / (height * width))[:, None]
    loss = F.binary_cross_entropy_with_logits(answers[:, :2], place, weight.expand_as(place), reduction="sum")
    return loss + (weight * (answers[:, 2:4] - size) ** 2).sum() / 2
