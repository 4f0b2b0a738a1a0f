"""Assignment by what the predictions would cost: SimOTA (Ge et al. 2021), a short cut to optimal transport."""

import math

import torch
import torch.nn.functional as F

from book_lib.detection.assigners.assignment import (
    NEGATIVE,
    Assignment,
    all_negative,
    checked_target,
    least,
    require_predictions,
    sides_of,
)
from book_lib.detection.boxes import box_iou

FAR = 1e5                                                        # added to the cost of a point outside the object or far from its middle


@torch.no_grad()
def sim_ota(target, priors, scores, predicted_xyxy, *, radius=2.5, best=10, iou_weight=3.0):
    """Give each object its cheapest points, as many as its best predictions are good (Ge et al. 2021, section 2.1).

    target: labels [n] and boxes [n, 4] as shares; scores [p, n_classes] from 0 to 1 and predicted_xyxy [p, 4] in px: the network's answers.
    Candidates are points inside any object, or less than radius strides from its middle in x and y. The cost of a point and an object is
    the cross-entropy of its scores, summed over classes, minus iou_weight times the log of the predicted box's IoU, plus 100 000 unless the
    point lies both inside and near this object. An object gets k points: the sum of its best IoUs (`best` of them), rounded down, but at
    least 1; of equal costs the first. A point that several take goes to the object of least cost, even if that one had not taken it.
    An object is lost where there are no candidates or others take its points. But for ties the order does not matter.
    Returns an Assignment; nothing is ignored. Raises ValueError for what check_targets refuses, and for predictions that do not fit.
    """
    labels, boxes_xyxy = checked_target(target, priors, scores.size(-1))
    require_predictions(priors, scores=scores, predicted_xyxy=predicted_xyxy)
    if not len(labels):
        return all_negative(priors)
    inside = sides_of(priors.centres, boxes_xyxy).amin(-1) > 0                                                                   # [n, p]
    middles = (boxes_xyxy[:, None, :2] + boxes_xyxy[:, None, 2:]) / 2
    near = (priors.centres - middles).abs().amax(-1) < radius * priors.strides
    candidate = (inside | near).any(0)
    iou = box_iou(boxes_xyxy, predicted_xyxy)
    costs = class_costs(scores, labels) - iou_weight * (iou + 1e-7).log() + FAR * ~(inside & near)
    costs = costs.where(candidate, math.inf)
    wanted = iou.where(candidate, 0).topk(min(best, len(priors)), dim=1).values.sum(1).int().clamp(min=1)
    taken = least(costs, wanted)
    chosen = torch.where(taken.sum(0) > 1, costs.argmin(0), taken.int().argmax(0))
    return Assignment(chosen.where(taken.any(0), NEGATIVE), len(labels))


def class_costs(scores, labels):
    """Cross-entropy of each prior's scores [p, c], summed over classes, if it had to answer with each object's label [n]: [n, p]."""
    absent = F.binary_cross_entropy(scores, torch.zeros_like(scores), reduction="none")
    present = F.binary_cross_entropy(scores, torch.ones_like(scores), reduction="none")
    return (absent.sum(1, keepdim=True) - absent + present)[:, labels].T
