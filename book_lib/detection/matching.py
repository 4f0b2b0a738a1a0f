"""Matching: which query answers for which object, chosen so that all pairs together cost least."""

import torch
from scipy.optimize import linear_sum_assignment
from torch.nn.utils.rnn import pad_sequence

from book_lib.detection.boxes import box_cxcywh_to_xyxy, generalized_box_iou


@torch.no_grad()
def matching_cost(logits, boxes, target, *, class_cost=1.0, box_cost=5.0, giou_cost=2.0):
    """What each pair of a query and an object would cost (Carion et al. 2020, section 3.1): class, distance and overlap.

    logits [n_queries, n_classes + 1], boxes [n_queries, 4]; target: {"labels" [n], "boxes" [n, 4]}, boxes (cx, cy, w, h) as shares.
    Returns cost [n_queries, n] = -class_cost · p(class) + box_cost · L1 distance - giou_cost · GIoU. It has no gradient.
    Raises ValueError where a label is no class.
    """
    _require_target(target, logits.size(-1) - 1)
    return _cost(logits, boxes, target["labels"], target["boxes"], class_cost, box_cost, giou_cost)


def match(logits, boxes, targets, **costs):
    """Find for each picture the cheapest pairing of queries and objects, by SciPy's solver.

    logits [b, n_queries, n_classes + 1], boxes [b, n_queries, 4], targets: b dicts; costs as in matching_cost.
    Returns for each picture (queries, objects), int64 [min(n_queries, n)] each, queries in rising order.
    """
    if not len(logits) == len(boxes) == len(targets):
        raise ValueError(f"there are {len(logits)} logits, {len(boxes)} boxes and {len(targets)} targets, expected as many of each")
    if not targets:
        return []
    for target in targets:
        _require_target(target, logits.size(-1) - 1)
    costs = {"class_cost": 1.0, "box_cost": 5.0, "giou_cost": 2.0} | costs
    labels, places = (pad_sequence([target[key] for target in targets], batch_first=True) for key in ("labels", "boxes"))
    cost = _cost(logits.detach(), boxes.detach(), labels, places, **costs).cpu().numpy()        # padded to the fullest picture
    pairs = [linear_sum_assignment(own[:, : len(target["labels"])]) for own, target in zip(cost, targets, strict=True)]
    return [(torch.as_tensor(queries), torch.as_tensor(objects)) for queries, objects in pairs]


def _cost(logits, boxes, labels, places, class_cost, box_cost, giou_cost):
    """Cost [..., n_queries, n] for logits [..., n_queries, n_classes + 1], boxes and places [..., n_queries or n, 4], labels [..., n]."""
    places = places.to(boxes)
    probability = logits.softmax(-1).gather(-1, labels[..., None, :].expand(*logits.shape[:-1], labels.size(-1)))
    distance = torch.cdist(boxes, places, p=1)
    overlap = generalized_box_iou(box_cxcywh_to_xyxy(boxes), box_cxcywh_to_xyxy(places))
    return -class_cost * probability + box_cost * distance - giou_cost * overlap


def _require_target(target, n_classes):
    labels, boxes = target["labels"], target["boxes"]
    if labels.dim() != 1 or boxes.shape != (len(labels), 4):
        raise ValueError(f"target has labels {list(labels.shape)} and boxes {list(boxes.shape)}, expected [n] and [n, 4]")
    if len(labels) and not 0 <= int(labels.min()) <= int(labels.max()) < n_classes:
        raise ValueError(f"target has labels from {int(labels.min())} to {int(labels.max())}, expected 0 to {n_classes - 1}")
