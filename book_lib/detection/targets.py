"""Targets: what a detector should have answered, looked at before anything is learnt from it."""

import torch

SLACK = 0.01                                                     # share of a side by which a box may stick out of its picture: rounding


def check_targets(targets, n_classes):
    """Look whether targets are what matching and losses expect, and return them as they expect them.

    targets: for each picture a dict with labels [n], whole numbers of any kind from 0 to n_classes - 1, and boxes [n, 4], (cx, cy, w, h) as
    shares of the unpadded picture, which they must not leave; tensors or arrays. A picture without objects may have anything empty.
    Returns a list of dicts with labels int64 [n] and boxes [n, 4] as tensors; further entries of a dict stay.
    Raises ValueError naming picture, object and entry, what came, what is wanted, and the likely cure.
    """
    if isinstance(targets, dict) or not hasattr(targets, "__len__"):
        raise ValueError(f"targets is a {type(targets).__name__}, expected a list with one dict for each picture")
    checked = [_check_kinds(f"targets[{i}]", target) for i, target in enumerate(targets)]
    if not checked:
        return []
    labels = torch.cat([target["labels"] for target in checked])
    boxes = torch.cat([target["boxes"] for target in checked]).detach().float()
    if not (_are_classes(labels, n_classes).all() and _are_shares(boxes).all()):
        _explain(checked, n_classes)
    return checked


def _check_kinds(where, target):
    """One target with its labels and boxes as tensors, after a look at shapes and dtypes."""
    if not isinstance(target, dict) or not {"labels", "boxes"} <= target.keys():
        came = f"a dict of {sorted(map(str, target))}" if isinstance(target, dict) else f"a {type(target).__name__}"
        raise ValueError(f"{where} is {came}, expected a dict with 'labels' [n] and 'boxes' [n, 4]")
    labels, boxes = (_as_tensor(f"{where}[{name!r}]", target[name]) for name in ("labels", "boxes"))
    if not labels.numel() and not boxes.numel():
        labels, boxes = labels.new_zeros(0, dtype=torch.int64), boxes.new_zeros(0, 4, dtype=torch.float32)
    if labels.dim() != 1 or boxes.shape != (len(labels), 4):
        raise ValueError(f"{where} has labels {list(labels.shape)} and boxes {list(boxes.shape)}, expected [n] and [n, 4]")
    if labels.dtype == torch.bool or labels.is_floating_point() or labels.is_complex():
        raise ValueError(f"{where}['labels'] has dtype {labels.dtype}, expected whole numbers: the number of each object's class, such as "
                         "torch.int64; not one-hot rows, not scores")
    if not boxes.is_floating_point():
        raise ValueError(f"{where}['boxes'] has dtype {boxes.dtype}, expected floating-point shares of the picture; where they are px, "
                         "divide them by its width and height")
    return target | {"labels": labels.long(), "boxes": boxes}


def _as_tensor(where, values):
    try:
        return torch.as_tensor(values)
    except (TypeError, ValueError, RuntimeError) as error:
        raise ValueError(f"{where} cannot be read as numbers ({error}), expected a tensor, an array or a list of numbers") from error


def _are_classes(labels, n_classes):
    return (labels >= 0) & (labels < n_classes)


def _are_shares(boxes):
    """Which boxes [n, 4] have an area and lie in the picture; False for NaN and infinity."""
    half = boxes[:, 2:] / 2
    inside = (boxes[:, :2] - half >= -SLACK) & (boxes[:, :2] + half <= 1 + SLACK) & (half > 0)
    return inside.all(1) & boxes.isfinite().all(1)


def _explain(targets, n_classes):
    """Raise ValueError about the first label or box that does not fit."""
    for picture, target in enumerate(targets):
        labels, boxes = target["labels"], target["boxes"].float()
        for i in (~_are_classes(labels, n_classes)).nonzero()[:1, 0].tolist():
            raise ValueError(f"targets[{picture}]['labels'][{i}] is {int(labels[i])}, expected 0 to {n_classes - 1}; "
                             f"{_cure_of_label(int(labels[i]), n_classes)}")
        for i in (~_are_shares(boxes)).nonzero()[:1, 0].tolist():
            box = [round(number, 4) for number in boxes[i].tolist()]
            raise ValueError(f"targets[{picture}]['boxes'][{i}] is {box}, expected (cx, cy, w, h) as shares of the unpadded picture, "
                             f"from 0 to 1 and inside it; {_cure_of_box(boxes[i], boxes)}")


def _cure_of_label(label, n_classes):
    if label < 0:
        return "ground, crowds and objects to be ignored are no targets: leave them out"
    return f"classes count from 0, as places in a list of {n_classes}; where these are ids of categories, as COCO's, map them to places"


def _cure_of_box(box, boxes):
    """What is probably wrong with a box, one of the boxes [n, 4] of its picture."""
    if not box.isfinite().all():
        return "see how the annotation was read, and whether something was divided by a width or height of 0"
    if boxes[boxes.isfinite().all(1)].amax() > 2:
        return "these are px: divide by the picture's width and height"
    if (box[2:] <= 0).any():
        return "a box without area is no object: leave it out"
    first, last = boxes[:, :2], boxes[:, 2:]
    guesses = {"corners (left, top, right, bottom): box_xyxy_to_cxcywh turns them": (last > first) & (last <= 1 + SLACK),
               "COCO's (left, top, width, height): add half of the size to the first two": first + last <= 1 + SLACK}
    found = " or ".join(what for what, fits in guesses.items() if fits.all() and (boxes >= -SLACK).all())
    return f"these may be {found}" if found else "the box leaves the picture: cut it off at its sides"
