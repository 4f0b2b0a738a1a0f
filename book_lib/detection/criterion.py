"""DETR's loss: match first, then compare each object with the query that answers for it, after every decoder layer."""

import torch
import torch.nn.functional as F

from book_lib.detection.boxes import box_cxcywh_to_xyxy, full_precision, paired_giou
from book_lib.detection.matching import FOCAL, match_checked, n_classes_of
from book_lib.detection.targets import check_targets

WEIGHTS = {"classes": 1.0, "boxes": 5.0, "giou": 2.0}
DEFORMABLE_WEIGHTS = {"classes": 2.0, "boxes": 5.0, "giou": 2.0}
NO_OBJECT = 0.1                                                              # weight of the class no object


def detection_losses(logits, boxes, targets, *, pairs=None, no_object_weight=NO_OBJECT, n_objects=None):
    """The three terms of the loss for the answers of one layer (Carion et al. 2020, section 3.1).

    logits [b, n_queries, n_classes + 1], boxes [b, n_queries, 4], targets: b dicts of labels [n] and boxes [n, 4], at least one.
    pairs: what match returns, made here unless given; n_objects: what box terms are divided by, the objects of the batch unless given.
    Returns {"classes": cross-entropy over all queries, unmatched ones wanting no object with weight no_object_weight, divided by the sum of
    the weights; "boxes": L1 distance, "giou": 1 - GIoU, both summed over pairs and divided by n_objects (at least 1)}, not yet weighted,
    in float32 for half precision. Raises ValueError as match does.
    """
    return losses_checked(logits, boxes, _some_targets(targets, logits), pairs, no_object_weight, n_objects)


def losses_checked(logits, boxes, targets, pairs, no_object_weight, n_objects):
    """detection_losses for targets that have been looked at."""
    logits, boxes = full_precision(logits), full_precision(boxes)
    pairs = match_checked(logits, boxes, targets) if pairs is None else pairs
    n_objects = max(1, sum(len(target["labels"]) for target in targets) if n_objects is None else n_objects)
    wanted = torch.full(logits.shape[:2], logits.size(-1) - 1, device=logits.device)
    for row, target, (queries, objects) in zip(wanted, targets, pairs, strict=True):
        row[queries] = target["labels"][objects].to(row)
    weights = torch.ones(logits.size(-1)).to(logits)
    weights[-1] = no_object_weight
    return {"classes": F.cross_entropy(logits.flatten(0, 1), wanted.flatten(), weights), **_box_losses(boxes, targets, pairs, n_objects)}


def _box_losses(boxes, targets, pairs, n_objects):
    """L1 distance and 1 - GIoU of the matched boxes, summed and divided by n_objects."""
    ours = torch.cat([answer[queries] for answer, (queries, _) in zip(boxes, pairs, strict=True)])
    theirs = torch.cat([target["boxes"][objects] for target, (_, objects) in zip(targets, pairs, strict=True)]).to(ours)
    return {
        "boxes": (ours - theirs).abs().sum() / n_objects,
        "giou": (1 - paired_giou(box_cxcywh_to_xyxy(ours), box_cxcywh_to_xyxy(theirs))).sum() / n_objects,
    }


def detr_loss(output, targets, *, weights=None, auxiliary=True, no_object_weight=NO_OBJECT, match_each_layer=True):
    """Add up the terms of all decoder layers, each with a matching of its own.

    output: a DetectionOutput; weights: of the three terms, WEIGHTS unless given; auxiliary False counts the last layer alone;
    match_each_layer False gives all layers the pairs of the last one, which DETR does not.
    Returns (loss, terms: {"classes", "boxes", "giou"} of the last layer and "classes_0", … of the earlier ones, unweighted).
    Raises ValueError as match does, and for weights of other terms.
    """
    weights, targets = _all_weights(weights, WEIGHTS), _some_targets(targets, output.logits[-1])
    total, terms, last = 0.0, {}, len(output.logits) - 1
    pairs = None if match_each_layer else match_checked(output.logits[last], output.boxes[last], targets)
    for layer in range(0 if auxiliary else last, last + 1):
        losses = losses_checked(output.logits[layer], output.boxes[layer], targets, pairs, no_object_weight, None)
        total = total + sum(weights[name] * value for name, value in losses.items())
        terms |= {name if layer == last else f"{name}_{layer}": value.detach() for name, value in losses.items()}
    return total, terms


def focal_loss(logits, wanted, *, alpha=0.25, gamma=2.0):
    """The focal loss of yes-or-no answers (Lin et al. 2017, eq. 5): sure right answers count next to nothing.

    logits [...]; wanted: 1 for yes and 0 for no, of the same shape. Returns the loss of each answer, [...].
    """
    probability = logits.sigmoid()
    missed = probability * (1 - wanted) + (1 - probability) * wanted
    share = alpha * wanted + (1 - alpha) * (1 - wanted)
    return share * missed**gamma * F.binary_cross_entropy_with_logits(logits, wanted, reduction="none")


def deformable_detr_loss(output, targets, *, weights=None, auxiliary=True):
    """Deformable DETR's loss (Zhu et al. 2021): as DETR's, with the focal loss for classes, in the matching too.

    output: a DeformableOutput; weights: of the three terms, DEFORMABLE_WEIGHTS unless given; auxiliary False counts the last layer alone.
    The focal loss is summed over queries and classes and divided by the number of objects (at least 1), as the box terms are. Proposals of
    a two-stage model are matched and compared as if all objects had the first class; they count as much as a layer.
    Returns (loss, terms: {"classes", "boxes", "giou"} of the last layer, "classes_0", … of the earlier ones and "classes_proposals", …,
    unweighted). Raises ValueError as match does, and for weights of other terms.
    """
    weights = _all_weights(weights, DEFORMABLE_WEIGHTS)
    targets = _some_targets(targets, output.logits[-1], classes="sigmoid")
    last = len(output.logits) - 1
    answers = {f"_{layer}": (output.logits[layer], output.boxes[layer], targets) for layer in range(0 if auxiliary else last, last)}
    answers[""] = output.logits[last], output.boxes[last], targets
    if output.proposals is not None:
        any_object = [target | {"labels": torch.zeros_like(target["labels"])} for target in targets]
        answers["_proposals"] = *output.proposals, any_object
    total, terms = 0.0, {}
    for where, (logits, boxes, wanted) in answers.items():
        losses = _focal_losses(logits, boxes, wanted)
        total = total + sum(weights[name] * value for name, value in losses.items())
        terms |= {name + where: value.detach() for name, value in losses.items()}
    return total, terms


def _focal_losses(logits, boxes, targets):
    """The three terms of one layer: classes by the focal loss, boxes as DETR's."""
    logits, boxes = full_precision(logits), full_precision(boxes)
    pairs = match_checked(logits, boxes, targets, classes="sigmoid", class_cost=2.0)
    n_objects = max(1, sum(len(target["labels"]) for target in targets))
    wanted = torch.zeros_like(logits)
    for row, target, (queries, objects) in zip(wanted, targets, pairs, strict=True):
        row[queries, target["labels"][objects].to(logits.device)] = 1.0
    return {"classes": focal_loss(logits, wanted, **FOCAL).sum() / n_objects, **_box_losses(boxes, targets, pairs, n_objects)}


def _all_weights(weights, known):
    unknown = set(weights or {}) - set(known)
    if unknown:
        raise ValueError(f"weights has {sorted(unknown)}, expected some of {sorted(known)}")
    return known | (weights or {})


def _some_targets(targets, logits, classes="softmax"):
    targets = check_targets(targets, n_classes_of(logits, classes))
    if not targets:
        raise ValueError(f"targets is empty and logits has shape {list(logits.shape)}: a batch without pictures has no loss, leave it out")
    return targets
