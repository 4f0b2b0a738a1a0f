"""Assignment by grid cell: YOLOv1 (Redmon et al. 2016)."""

import math

import torch

from book_lib.detection.assigners.assignment import NEGATIVE, Assignment, all_negative, cells_of, checked_target, require_predictions
from book_lib.detection.boxes import box_cxcywh_to_xyxy, box_iou, box_xyxy_to_cxcywh

LEAST_SIDE = 0.005                                               # share of the picture: darknet leaves out what is narrower or lower


@torch.no_grad()
def yolo_v1(target, priors, predicted_xyxy, *, n_classes, rescore=True, generator=None):
    """Let each cell serve one object, by the one of its boxes that overlaps the object most (Redmon et al. 2016, section 2).

    target: labels [n] and boxes [n, 4] as shares; priors: points on one level, as many to a cell as it predicts boxes, together; their
    predictions predicted_xyxy [p, 4], px. An object belongs to the cell that holds its middle, and a cell serves the first of its objects;
    a generator draws their order, as the published code does. Responsible is the box of largest IoU with it; where all are 0, the one
    nearest to it by its four numbers; of equals the first. Where rescore is set, it is to answer with that IoU, else with 1.
    All other objects of the cell are lost, and so are those with a side under 0.005 of the picture and those whose middle no cell holds.
    Without a generator the result depends on the order. Returns an Assignment with scores; nothing is ignored.
    Raises ValueError for what check_targets refuses, and for predictions that do not fit.
    """
    labels, boxes_xyxy = checked_target(target, priors, n_classes)
    require_predictions(priors, predicted_xyxy=predicted_xyxy)
    scores = predicted_xyxy.new_zeros(len(priors))
    if not len(labels):
        return all_negative(priors, scores=scores)
    cells = cells_of(priors, boxes_xyxy)                                                                                         # [n, p]
    large_enough = (target["boxes"][:, 2:] >= LEAST_SIDE).all(1).to(cells.device)
    order = torch.randperm(len(labels), generator=generator) if generator is not None else torch.arange(len(labels))
    objects = torch.full((len(priors),), NEGATIVE, device=cells.device)
    iou, taken = box_iou(boxes_xyxy, predicted_xyxy), torch.zeros_like(cells[0])
    for i in order.tolist():
        own = cells[i].nonzero()[:, 0]
        if len(own) and large_enough[i] and not taken[own[0]]:
            best = own[_responsible(iou[i, own], boxes_xyxy[i], predicted_xyxy[own], priors.size)]
            objects[best], scores[best], taken[own] = i, iou[i, best] if rescore else 1.0, True
    return Assignment(objects, len(labels), scores=scores)


def yolo_v1_loss(classes, confidences, boxes, target, priors, *, box_weight=5.0, absent_weight=0.5, rescore=True, generator=None):
    """Half the squared errors of YOLOv1 for one picture (Redmon et al. 2016, eq. 3), whose gradient is what darknet passes back.

    classes [cells, c]; confidences [cells, b]; boxes [cells, b, 4]: x, y as shares of the cell and the roots of width and height as shares
    of the picture. priors: b points to a cell. Cells with an object answer for its class, all their classes counted; the responsible box
    answers for place and size, box_weight times, and for its confidence; every other box for a confidence of 0, absent_weight times.
    Returns (loss, Assignment). Raises ValueError as yolo_v1 does, and where classes, confidences and boxes do not fit together.
    """
    n_cells, per_cell = confidences.shape
    if boxes.shape != (n_cells, per_cell, 4) or len(classes) != n_cells or n_cells * per_cell != len(priors):
        raise ValueError(f"classes are {list(classes.shape)}, confidences {list(confidences.shape)} and boxes {list(boxes.shape)} for "
                         f"{len(priors)} priors, expected [cells, c], [cells, b] and [cells, b, 4], b priors to a cell")
    height, width = priors.size
    flat, picture = boxes.flatten(0, 1), boxes.new_tensor([width, height])
    corner = (priors.centres / priors.strides[:, None]).floor() * priors.strides[:, None]
    predicted = box_cxcywh_to_xyxy(torch.cat((corner + flat[:, :2] * priors.strides[:, None], flat[:, 2:] ** 2 * picture), dim=1))
    found = yolo_v1(target, priors, predicted.detach(), n_classes=classes.size(-1), rescore=rescore, generator=generator)
    positive = found.objects >= 0
    served = found.objects[positive]
    labels, boxes_xyxy = checked_target(target, priors, classes.size(-1))
    wanted = box_xyxy_to_cxcywh(boxes_xyxy)[served]
    place = (wanted[:, :2] - corner[positive]) / priors.strides[positive, None]
    weight = torch.where(positive, 1.0, absent_weight)
    cells = positive.nonzero()[:, 0] // per_cell
    loss = ((classes[cells] - torch.nn.functional.one_hot(labels[served], classes.size(-1))) ** 2).sum()
    loss = loss + (weight * (confidences.flatten() - found.scores) ** 2).sum()
    loss = loss + box_weight * ((flat[positive] - torch.cat((place, (wanted[:, 2:] / picture).sqrt()), dim=1)) ** 2).sum()
    return loss / 2, found


def _responsible(iou, box_xyxy, predicted_xyxy, size):
    """The place of the box of largest IoU, or, where none overlaps, of the least distance between centres and sides as shares."""
    if iou.max() > 0:
        return int(iou.argmax())
    shares = box_xyxy.new_tensor([size[1], size[0]] * 2)
    apart = (box_xyxy_to_cxcywh(predicted_xyxy) - box_xyxy_to_cxcywh(box_xyxy)) / shares
    return int((apart**2).sum(1).where(apart.isfinite().all(1), math.inf).argmin())
