"""Matching: which query answers for which object, chosen so that all pairs together cost least."""

import torch
from scipy.optimize import linear_sum_assignment
from torch.nn.utils.rnn import pad_sequence

from book_lib.detection.boxes import box_cxcywh_to_xyxy, full_precision, generalized_box_iou
from book_lib.detection.targets import check_targets

FOCAL = {"alpha": 0.25, "gamma": 2.0}                            # of the focal loss (Lin et al. 2017), in the cost and in the loss


@torch.no_grad()
def matching_cost(logits, boxes, target, *, classes="softmax", class_cost=1.0, box_cost=5.0, giou_cost=2.0):
    """What each pair of a query and an object would cost (Carion et al. 2020, section 3.1): class, distance and overlap.

    logits [n_queries, n_classes + 1], boxes [n_queries, 4]; target: {"labels" [n], "boxes" [n, 4]}, boxes (cx, cy, w, h) as shares.
    Returns cost [n_queries, n] = -class_cost · p(class) + box_cost · L1 distance - giou_cost · GIoU, in float32 for half precision. It has
    no gradient. classes "sigmoid": logits [n_queries, n_classes], one yes or no a class, and in place of -p(class) what the focal loss
    would be with this class less what it would be without (Deformable DETR, whose class_cost is 2).
    Raises ValueError for answers that are no finite numbers, for what check_targets refuses, and for other classes.
    """
    (target,) = check_targets([target], n_classes_of(logits, classes))
    require_answers(logits[None], boxes[None])
    return _cost(logits, boxes, target["labels"].to(logits.device), target["boxes"], classes, class_cost, box_cost, giou_cost)


def match(logits, boxes, targets, *, classes="softmax", **costs):
    """Find for each picture the cheapest pairing of queries and objects, by SciPy's solver.

    logits [b, n_queries, n_classes + 1], boxes [b, n_queries, 4], targets: b dicts; classes, costs, and what is refused, as in
    matching_cost. Returns for each picture (queries, objects), int64 [min(n_queries, n)] each, queries in rising order.
    """
    return match_checked(logits, boxes, check_targets(targets, n_classes_of(logits, classes)), classes=classes, **costs)


@torch.no_grad()
def match_checked(logits, boxes, targets, *, classes="softmax", class_cost=1.0, box_cost=5.0, giou_cost=2.0):
    """match for targets that check_targets has returned: a loss over several layers need not look at them again for each."""
    if not len(logits) == len(boxes) == len(targets):
        raise ValueError(f"there are {len(logits)} logits, {len(boxes)} boxes and {len(targets)} targets, expected as many of each")
    if not targets:
        return []
    require_answers(logits, boxes)
    labels, places = (pad_sequence([target[key] for target in targets], batch_first=True) for key in ("labels", "boxes"))
    cost = _cost(logits, boxes, labels.to(logits.device), places, classes, class_cost, box_cost, giou_cost)
    cost = cost.cpu().numpy()                                    # padded to the fullest picture
    return [cheapest_pairs(own[:, : len(target["labels"])]) for own, target in zip(cost, targets, strict=True)]


def cheapest_pairs(cost):
    """Pairs of queries and objects that together cost least, by SciPy's solver: cost [n_queries, n] -> (queries, objects), int64 each."""
    queries, objects = linear_sum_assignment(cost)
    return torch.as_tensor(queries), torch.as_tensor(objects)


def n_classes_of(logits, classes):
    """How many classes logits [..., n] tell of: all but no object for "softmax", all for "sigmoid". Raises ValueError for others."""
    if classes not in ("softmax", "sigmoid"):
        raise ValueError(f"classes is {classes!r}, expected 'softmax' or 'sigmoid'")
    return logits.size(-1) - (classes == "softmax")


def require_answers(logits, boxes, names=("logits", "boxes")):
    """Raise ValueError, by these names, where logits or boxes [b, n_queries, ...] of a network are no finite numbers."""
    for name, answers in zip(names, (logits, boxes), strict=True):
        if full_precision(answers).sum().isfinite():             # one sum, in every step of a training, is cheaper than a look at each
            continue
        for picture, query, place in (~answers.isfinite()).nonzero()[:1].tolist():
            number = answers[picture, query, place].item()
            raise ValueError(f"{name} of picture {picture}, query {query}, hold {number}: the network has diverged, or its pictures hold "
                             "NaN or infinity")


def _cost(logits, boxes, labels, places, classes, class_cost, box_cost, giou_cost):
    """Cost [..., n_queries, n] for logits [..., n_queries, n_classes (+ 1)], boxes and places [..., n_queries or n, 4], labels [..., n]."""
    logits, boxes = full_precision(logits), full_precision(boxes)
    places = places.to(boxes)
    fit = logits.softmax(-1) if classes == "softmax" else -_focal_cost(logits.sigmoid(), **FOCAL)
    fit = fit.gather(-1, labels[..., None, :].expand(*logits.shape[:-1], labels.size(-1)))
    distance = torch.cdist(boxes, places, p=1)
    overlap = generalized_box_iou(box_cxcywh_to_xyxy(boxes), box_cxcywh_to_xyxy(places))
    return -class_cost * fit + box_cost * distance - giou_cost * overlap


def _focal_cost(probability, alpha, gamma):
    """The focal loss of a yes less that of a no, for each probability; the summand keeps a probability of 0 or 1 finite."""
    yes = -alpha * (1 - probability) ** gamma * (probability + 1e-8).log()
    no = -(1 - alpha) * probability**gamma * (1 - probability + 1e-8).log()
    return yes - no
