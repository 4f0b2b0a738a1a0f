"""Assignment learnt as a likelihood over a bag of anchors: FreeAnchor (Zhang et al. 2019)."""

import torch
import torch.nn.functional as F

from book_lib.detection.assigners.assignment import NEGATIVE, Assignment, all_negative, checked_target, least, require_predictions
from book_lib.detection.boxes import box_iou
from book_lib.detection.priors import decode_deltas, encode_deltas

BETA, BOX_WEIGHT = 0.11, 0.75                                    # of the smooth L1 loss in P(loc)
FOUND_FROM = 0.6                                                 # IoU of a predicted box from which it begins to count as having found one
LEAST = 1e-12


def free_anchor(target, priors, logits, deltas, *, bag=50):
    """Weigh the anchors of each object by how likely they are to detect it, and every anchor as background (Zhang et al. 2019, section 3).

    target: labels [n] and boxes [n, 4] as shares; priors: anchors; logits [p, n_classes] and deltas [p, 4] (see encode_deltas): the
    network's answers. The bag of an object holds the anchors of largest IoU with it, `bag` of them, without a threshold. An anchor's
    likelihood is p = P(class) · P(loc), P(loc) = exp(-0.75 · smooth L1 of its deltas); in the mean-max over the bag it weighs 1 / (1 - p).
    As background of class c an anchor weighs 1 - P(A+): P(A+) rises from 0 where the predicted box has an IoU of 0.6 with an object of that
    class to 1 for the best predicted box of the object. Nothing is ignored, no object is lost, and the order does not matter, but in
    objects where weights tie.
    Returns an Assignment with positive weights [p, n], which add up to 1 for each object, and negative weights [p, n_classes]; no gradient.
    Raises ValueError for what check_targets refuses, for predictions that do not fit, and for points in place of anchors.
    """
    labels, boxes_xyxy = checked_target(target, priors, logits.size(-1))
    require_predictions(priors, logits=logits, deltas=deltas)
    if not len(labels):
        return all_negative(priors, positive=logits.new_zeros(len(priors), 0), negative=torch.ones_like(logits))
    with torch.no_grad():
        likelihood, in_bag = _likelihoods(labels, boxes_xyxy, priors, logits, deltas, bag)
        weights = mean_max_weights(likelihood).where(in_bag, 0)
        positive = (weights / weights.sum(1, keepdim=True)).T
        negative = 1 - _found(labels, boxes_xyxy, priors, deltas, logits.size(-1))
    best, objects = positive.max(dim=1)
    return Assignment(objects.where(best > 0, NEGATIVE), len(labels), positive=positive, negative=negative)


def free_anchor_loss(logits, deltas, targets, priors, *, bag=50, alpha=0.5, gamma=2.0):
    """FreeAnchor's loss for a batch (Zhang et al. 2019, eq. 11), which needs no labels: assignment is part of the likelihood.

    logits [b, p, n_classes], deltas [b, p, 4], targets: b dicts. Positive: -log of the mean-max over each object's bag, averaged over
    objects, alpha times. Negative: q ** gamma · -log(1 - q) with q = P(class) · (1 - P(A+)) of every anchor and class, 1 - alpha times,
    divided by objects · bag. Returns (loss, {"positive", "negative"}). Raises ValueError as free_anchor does.
    """
    positive, negative, n_objects = logits.new_zeros(()), logits.new_zeros(()), 0
    for own_logits, own_deltas, target in zip(logits, deltas, targets, strict=True):
        labels, boxes_xyxy = checked_target(target, priors, logits.size(-1))
        require_predictions(priors, logits=own_logits, deltas=own_deltas)
        found = 0.0
        if len(labels):
            likelihood, in_bag = _likelihoods(labels, boxes_xyxy, priors, own_logits, own_deltas, bag)
            bags = likelihood[in_bag].view(len(labels), -1)
            found = _found(labels, boxes_xyxy, priors, own_deltas.detach(), logits.size(-1))
            positive = positive + F.binary_cross_entropy(mean_max(bags), torch.ones(len(bags), device=bags.device), reduction="sum")
        left = own_logits.sigmoid() * (1 - found)
        negative = negative + (left**gamma * F.binary_cross_entropy(left, torch.zeros_like(left), reduction="none")).sum()
        n_objects += len(labels)
    positive, negative = alpha * positive / max(1, n_objects), (1 - alpha) * negative / max(1, n_objects * bag)
    return positive + negative, {"positive": positive.item(), "negative": negative.item()}


def mean_max(values):
    """Between the mean and the largest of each row [..., k] -> [...]: their mean where all are small, nearly the largest near 1."""
    weights = mean_max_weights(values)
    return ((weights * values).sum(-1) / weights.sum(-1)).clamp(0, 1)


def mean_max_weights(values):
    return 1 / (1 - values).clamp(min=LEAST)


def _likelihoods(labels, boxes_xyxy, priors, logits, deltas, bag):
    """P(class) · P(loc) of each object and anchor [n, p], and which anchors are in its bag."""
    anchors = priors.boxes_xyxy
    in_bag = least(-box_iou(boxes_xyxy, anchors), bag)
    wanted = encode_deltas(anchors, boxes_xyxy[:, None])
    errors = F.smooth_l1_loss(deltas.expand_as(wanted), wanted, beta=BETA, reduction="none").sum(-1)
    return logits.sigmoid()[:, labels].T * (-BOX_WEIGHT * errors).exp(), in_bag


def _found(labels, boxes_xyxy, priors, deltas, n_classes):
    """P(A+) [p, n_classes]: to what degree an anchor's predicted box has found an object of each class."""
    iou = box_iou(boxes_xyxy, decode_deltas(priors.boxes_xyxy, deltas))
    best = iou.amax(1, keepdim=True).clamp(min=FOUND_FROM + LEAST)
    degree = ((iou - FOUND_FROM) / (best - FOUND_FROM)).clamp(0, 1)                                                              # [n, p]
    found = degree.new_zeros(n_classes, degree.size(1))
    return found.scatter_reduce(0, labels[:, None].expand_as(degree), degree, "amax").T
