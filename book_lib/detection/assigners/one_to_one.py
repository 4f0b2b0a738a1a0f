"""Assignment of exactly one prediction to each object: Hungarian matching as in DETR (Carion et al. 2020)."""

import torch

from book_lib.detection.assigners.assignment import NEGATIVE, Assignment
from book_lib.detection.matching import match, n_classes_of
from book_lib.detection.targets import check_targets


def hungarian(target, logits, boxes, *, classes="softmax", **costs):
    """Pair predictions and objects so that all pairs together cost least (Carion et al. 2020, section 3.1).

    target: labels [n] and boxes [n, 4] as shares; logits [p, n_classes + 1] and boxes [p, 4], (cx, cy, w, h) as shares: the network's
    answers, of queries or of any other priors; classes and costs as in matching_cost ("sigmoid": logits [p, n_classes]).
    Each object gets one prediction, and none is lost unless there are more objects than predictions. But for equal sums the order does not
    matter. Returns an Assignment; nothing is ignored. Raises ValueError as match does.
    """
    (target,) = check_targets([target], n_classes_of(logits, classes))
    ((queries, numbers),) = match(logits[None], boxes[None], [target], classes=classes, **costs)
    objects = torch.full((len(logits),), NEGATIVE)
    objects[queries] = numbers
    return Assignment(objects.to(logits.device), len(target["labels"]))
