"""Matching: which query answers for which object, chosen so that all pairs together cost least."""

import torch
from scipy.optimize import linear_sum_assignment
from torch.nn.utils.rnn import pad_sequence

from book_lib.detection.boxes import box_cxcywh_to_xyxy, full_precision, generalized_box_iou
from book_lib.detection.targets import check_targets


@torch.no_grad()
def matching_cost(logits, boxes, target, *, class_cost=1.0, box_cost=5.0, giou_cost=2.0):
    """What each pair of a query and an object would cost (Carion et al. 2020, section 3.1): class, distance and overlap.

    logits [n_queries, n_classes + 1], boxes [n_queries, 4]; target: {"labels" [n], "boxes" [n, 4]}, boxes (cx, cy, w, h) as shares.
    Returns cost [n_queries, n] = -class_cost · p(class) + box_cost · L1 distance - giou_cost · GIoU, in float32 for half precision. It has
    no gradient. Raises ValueError for answers that are no finite numbers, and for what check_targets refuses.
    """
    (target,) = check_targets([target], logits.size(-1) - 1)
    require_answers(logits[None], boxes[None])
    return _cost(logits, boxes, target["labels"].to(logits.device), target["boxes"], class_cost, box_cost, giou_cost)


def match(logits, boxes, targets, **costs):
    """Find for each picture the cheapest pairing of queries and objects, by SciPy's solver.

    logits [b, n_queries, n_classes + 1], boxes [b, n_queries, 4], targets: b dicts; costs, and what is refused, as in matching_cost.
    Returns for each picture (queries, objects), int64 [min(n_queries, n)] each, queries in rising order.
    """
    return match_checked(logits, boxes, check_targets(targets, logits.size(-1) - 1), **costs)


@torch.no_grad()
def match_checked(logits, boxes, targets, *, class_cost=1.0, box_cost=5.0, giou_cost=2.0):
    """match for targets that check_targets has returned: a loss over several layers need not look at them again for each."""
    if not len(logits) == len(boxes) == len(targets):
        raise ValueError(f"there are {len(logits)} logits, {len(boxes)} boxes and {len(targets)} targets, expected as many of each")
    if not targets:
        return []
    require_answers(logits, boxes)
    labels, places = (pad_sequence([target[key] for target in targets], batch_first=True) for key in ("labels", "boxes"))
    cost = _cost(logits, boxes, labels.to(logits.device), places, class_cost, box_cost, giou_cost).cpu().numpy()     # padded to the fullest
    pairs = [linear_sum_assignment(own[:, : len(target["labels"])]) for own, target in zip(cost, targets, strict=True)]
    return [(torch.as_tensor(queries), torch.as_tensor(objects)) for queries, objects in pairs]


def require_answers(logits, boxes):
    """Raise ValueError where the logits [b, n_queries, ...] or boxes [b, n_queries, 4] of a network are no finite numbers."""
    for name, answers in (("logits", logits), ("boxes", boxes)):
        if full_precision(answers).sum().isfinite():             # one sum, in every step of a training, is cheaper than a look at each
            continue
        for picture, query, place in (~answers.isfinite()).nonzero()[:1].tolist():
            number = answers[picture, query, place].item()
            raise ValueError(f"{name} of picture {picture}, query {query}, hold {number}: the network has diverged, or its pictures hold "
                             "NaN or infinity")


def _cost(logits, boxes, labels, places, class_cost, box_cost, giou_cost):
    """Cost [..., n_queries, n] for logits [..., n_queries, n_classes + 1], boxes and places [..., n_queries or n, 4], labels [..., n]."""
    logits, boxes = full_precision(logits), full_precision(boxes)
    places = places.to(boxes)
    probability = logits.softmax(-1).gather(-1, labels[..., None, :].expand(*logits.shape[:-1], labels.size(-1)))
    distance = torch.cdist(boxes, places, p=1)
    overlap = generalized_box_iou(box_cxcywh_to_xyxy(boxes), box_cxcywh_to_xyxy(places))
    return -class_cost * probability + box_cost * distance - giou_cost * overlap
