"""Assignment by a threshold that each object sets for itself: ATSS (Zhang et al. 2020)."""

import torch

from book_lib.detection.assigners.assignment import INSIDE, Assignment, all_negative, best_of_several, checked_target, least, sides_of
from book_lib.detection.boxes import box_iou


def atss(target, priors, *, n_classes, nearest=9):
    """Take the anchors nearest to an object, and of them those that overlap it unusually much (Zhang et al. 2020, algorithm 1).

    target: labels [n] and boxes [n, 4] as shares; priors: anchors. Candidates of an object are, on each level, the anchors whose centres
    are nearest to its own (of equal distances the first). The threshold is the mean plus the standard deviation (n - 1) of the candidates'
    IoU with it; positive are candidates that reach it and whose centre lies in the box, 0.01 px or more from its sides. An anchor that
    several objects want serves the one it overlaps most; of equal ones the first.
    An object is lost where no candidate's centre lies in its box, or where others take them all. But for ties the order does not matter.
    Returns an Assignment; nothing is ignored. Raises ValueError for what check_targets refuses, and for points in place of anchors.
    """
    labels, boxes_xyxy = checked_target(target, priors, n_classes)
    iou = box_iou(boxes_xyxy, priors.boxes_xyxy)                                                                                 # [n, p]
    if not len(labels):
        return all_negative(priors)
    distance = torch.cdist((boxes_xyxy[:, :2] + boxes_xyxy[:, 2:]) / 2, priors.centres, compute_mode="donot_use_mm_for_euclid_dist")
    candidates = torch.cat([least(distance[:, priors.levels == level], nearest) for level in priors.levels.unique().tolist()], dim=1)
    threshold = _threshold(iou[candidates].view(len(labels), -1))
    inside = sides_of(priors.centres, boxes_xyxy).amin(-1) > INSIDE
    return Assignment(best_of_several(candidates & inside & (iou >= threshold[:, None]), iou), len(labels))


def _threshold(iou):
    """Mean plus standard deviation of the candidates' IoU [n, k] -> [n]; a single candidate deviates by 0."""
    return iou.mean(1) + (iou.std(1) if iou.size(1) > 1 else 0)
