"""Assignment by how well class and box are predicted together: TOOD (Feng et al. 2021)."""

import torch

from book_lib.detection.assigners.assignment import (
    INSIDE,
    Assignment,
    all_negative,
    best_of_several,
    checked_target,
    least,
    require_predictions,
    sides_of,
)
from book_lib.detection.boxes import box_iou


@torch.no_grad()
def task_aligned(target, priors, scores, predicted_xyxy, *, best=13, alpha=1.0, beta=6.0):
    """Give each object the priors whose score and box agree best about it (Feng et al. 2021, section 3.2).

    target: labels [n] and boxes [n, 4] as shares; scores [p, n_classes] from 0 to 1 and predicted_xyxy [p, 4] in px: the network's answers.
    Alignment t = score of the object's class ** alpha · IoU of the predicted box ** beta. Positive are the best priors of an object, over
    all levels, whose t is above 0 and whose centre lies in the box, 0.01 px or more from its sides; of equal ones the first. A prior that
    several objects want serves the one that its predicted box overlaps most.
    An object is lost where no prior of that many lies inside it, or where others take them. But for ties the order does not matter.
    Returns an Assignment; its scores are what the classes of positives are to answer: t, scaled for each object so that the largest is the
    object's largest IoU. Raises ValueError for what check_targets refuses, and for predictions that do not fit.
    """
    labels, boxes_xyxy = checked_target(target, priors, scores.size(-1))
    require_predictions(priors, scores=scores, predicted_xyxy=predicted_xyxy)
    if not len(labels):
        return all_negative(priors, scores=scores.new_zeros(len(priors)))
    iou = box_iou(boxes_xyxy, predicted_xyxy)                                                                                    # [n, p]
    alignment = scores[:, labels].T ** alpha * iou**beta
    inside = sides_of(priors.centres, boxes_xyxy).amin(-1) > INSIDE
    objects = best_of_several(least(-alignment, best) & (alignment > 0) & inside, iou)
    mine = objects == torch.arange(len(labels), device=objects.device)[:, None]
    largest = [values.where(mine, 0).amax(1, keepdim=True) for values in (alignment, iou)]
    asked = (alignment / largest[0].clamp(min=1e-30) * largest[1]).where(mine, 0).amax(0)
    return Assignment(objects, len(labels), scores=asked)
