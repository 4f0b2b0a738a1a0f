"""Assignment by learnt weights: AutoAssign (Zhu et al. 2020)."""

import torch
import torch.nn.functional as F

from book_lib.detection.assigners.assignment import NEGATIVE, Assignment, all_negative, checked_target, require_predictions, sides_of
from book_lib.detection.boxes import box_iou, generalized_box_iou

LEAST = 1e-12
BOX_WEIGHT, CONFIDENCE = 5.0, 3.0                                # of the GIoU loss in P(loc), of P+ in the exponent of the weight
POSITIVE, ABSENT, CENTRE = 0.25, 0.75, 0.75                      # weights of the three parts of the loss


def auto_assign(target, priors, logits, objectness, predicted_xyxy, *, means, deviations):
    """Weigh every point inside an object by how central it lies and how sure it is, and every point as background (Zhu et al. 2020).

    target: labels [n] and boxes [n, 4] as shares; priors: points, offset 0 in the published code; logits [p, n_classes], objectness [p] and
    predicted_xyxy [p, 4] in px: the network's answers; means and deviations [n_classes, 2]: the learnt centre prior of each class, in
    strides from the middle of the box. As a positive of an object that it lies in, a point weighs G · exp(3 · P+), made to add up to 1;
    P+ = P(class) · P(object) · exp(-5 · (1 - GIoU)). As background it weighs 1, but for the class of an object that it lies in
    1 - N(1 / (1 - IoU)), N being the scaling of that object's points to 0 to 1; of several objects of one class the last counts.
    Nothing is ignored. An object in which no point lies is lost. The order matters only where objects of one class share a point.
    Returns an Assignment with positive weights [p, n] and negative weights [p, n_classes]; they have no gradient.
    Raises ValueError for what check_targets refuses, and for predictions and centre priors that do not fit.
    """
    labels, boxes_xyxy = checked_target(target, priors, logits.size(-1))
    _require(priors, logits, objectness, predicted_xyxy, means, deviations)
    if not len(labels):
        return all_negative(priors, positive=logits.new_zeros(len(priors), 0), negative=torch.ones_like(logits))
    with torch.no_grad():
        inside = sides_of(priors.centres, boxes_xyxy).amin(-1) > 0
        central = centre_prior(labels, boxes_xyxy, priors, means, deviations).where(inside, 0)
        sure = _confidence(labels, boxes_xyxy, logits, objectness, predicted_xyxy)
        positive = _positive_weights(sure, central).T
        negative = _negative_weights(labels, boxes_xyxy, inside, predicted_xyxy, logits.size(-1))
    best, objects = positive.max(dim=1)
    return Assignment(objects.where(best > 0, NEGATIVE), len(labels), positive=positive, negative=negative)


def auto_assign_loss(logits, objectness, predicted_xyxy, targets, priors, *, means, deviations):
    """AutoAssign's loss for a batch (Zhu et al. 2020, eq. 8), with the loss that keeps the centre prior from vanishing.

    logits [b, p, n_classes], objectness [b, p], predicted_xyxy [b, p, 4] in px, targets: b dicts; means and deviations [n_classes, 2].
    Positive: -log of the weighted sum of P+ over each object's points, 0.25 times, divided by the objects. Negative: q² · -log(1 - q) with
    q = weight · P(class) · P(object), 0.75 times, divided by the sum of all centre priors, at least 1. Centre: objects divided by the sum
    of their centre priors, 0.75 times, averaged over pictures. An object in which no point lies adds a constant 100 to the positive sum.
    Returns (loss, {"positive", "negative", "centre"}). Raises ValueError as auto_assign does.
    """
    positive, negative, centre, n_objects, all_central = (logits.new_zeros(()) for _ in range(5))
    for own_logits, own_objectness, boxes, target in zip(logits, objectness, predicted_xyxy, targets, strict=True):
        labels, boxes_xyxy = checked_target(target, priors, logits.size(-1))
        _require(priors, own_logits, own_objectness, boxes, means, deviations)
        left = own_logits.sigmoid() * own_objectness.sigmoid()[:, None]
        if len(labels):
            inside = sides_of(priors.centres, boxes_xyxy).amin(-1) > 0
            central = centre_prior(labels, boxes_xyxy, priors, means, deviations).where(inside, 0)
            sure = _confidence(labels, boxes_xyxy, own_logits, own_objectness, boxes)
            likely = (sure * _positive_weights(sure, central)).sum(1).clamp(0, 1)
            positive = positive + F.binary_cross_entropy(likely, torch.ones_like(likely), reduction="sum")
            if inside.any():
                centre = centre + len(labels) / central.sum().clamp(min=LEAST)
            left = left * _negative_weights(labels, boxes_xyxy, inside, boxes.detach(), logits.size(-1))
            n_objects, all_central = n_objects + len(labels), all_central + central.detach().sum()
        negative = negative + (left**2 * F.binary_cross_entropy(left, torch.zeros_like(left), reduction="none")).sum()
    parts = {"positive": POSITIVE * positive / n_objects.clamp(min=1), "negative": ABSENT * negative / all_central.clamp(min=1),
             "centre": CENTRE * centre / len(targets)}
    return sum(parts.values()), {name: part.item() for name, part in parts.items()}


def centre_prior(labels, boxes_xyxy, priors, means, deviations):
    """How central each point lies in each object, by the bell curve learnt for its class (Zhu et al. 2020, eq. 5): [n, p], 0 to 1."""
    middles = (boxes_xyxy[:, None, :2] + boxes_xyxy[:, None, 2:]) / 2
    away = (priors.centres - middles) / priors.strides[:, None] - means[labels][:, None]
    return (-(away**2) / (2 * deviations[labels][:, None] ** 2)).sum(-1).exp()


def _confidence(labels, boxes_xyxy, logits, objectness, predicted_xyxy):
    """P+ of each object and point [n, p]: probability of the class times how well the box fits."""
    classes = (logits.sigmoid() * objectness.sigmoid()[:, None])[:, labels].T
    return classes * (-BOX_WEIGHT * (1 - generalized_box_iou(boxes_xyxy, predicted_xyxy))).exp()


def _positive_weights(sure, central):
    weights = (CONFIDENCE * sure).exp() * central
    return weights / weights.sum(1, keepdim=True).clamp(min=LEAST)


@torch.no_grad()
def _negative_weights(labels, boxes_xyxy, inside, predicted_xyxy, n_classes):
    """How much each point counts as background of each class: [p, n_classes]."""
    iou = box_iou(boxes_xyxy, predicted_xyxy).amax(0)
    good = 1 / (1 - iou).clamp(min=LEAST)                                                                                        # [p]
    weights = torch.ones(len(good), n_classes, dtype=good.dtype, device=good.device)
    for label, within in zip(labels.tolist(), inside, strict=True):
        if within.any():
            own = good[within]
            weights[within, label] = 1 - (own - own.min() + LEAST) / (own.max() - own.min() + LEAST)
    return weights


def _require(priors, logits, objectness, predicted_xyxy, means, deviations):
    require_predictions(priors, logits=logits, objectness=objectness, predicted_xyxy=predicted_xyxy)
    for name, values in (("means", means), ("deviations", deviations)):
        if values.shape != (logits.size(-1), 2):
            raise ValueError(f"{name} have shape {list(values.shape)}, expected [{logits.size(-1)}, 2], x and y for each class")
