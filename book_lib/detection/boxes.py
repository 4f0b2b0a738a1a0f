"""Boxes: two ways to write them, their areas, and how much two of them overlap."""

import torch


def box_cxcywh_to_xyxy(boxes):
    """Centre and size to corners: boxes [..., 4] as (cx, cy, w, h) -> [..., 4] as (left, top, right, bottom), in the same unit."""
    _require_boxes("boxes", boxes)
    centre, size = boxes[..., :2], boxes[..., 2:]
    return torch.cat((centre - size / 2, centre + size / 2), dim=-1)


def box_xyxy_to_cxcywh(boxes_xyxy):
    """Corners to centre and size: [..., 4] as (left, top, right, bottom) -> [..., 4] as (cx, cy, w, h), in the same unit."""
    _require_boxes("boxes_xyxy", boxes_xyxy)
    first, last = boxes_xyxy[..., :2], boxes_xyxy[..., 2:]
    return torch.cat(((first + last) / 2, last - first), dim=-1)


def full_precision(numbers):
    """float32 for float16 and bfloat16, which hold neither an area in px² nor small differences; other tensors as they are."""
    return numbers.float() if numbers.dtype in (torch.float16, torch.bfloat16) else numbers


def box_area(boxes_xyxy):
    """Width times height of boxes given by their corners: [..., 4] -> [...], in float32 for half precision. No pixel is added."""
    _require_corners("boxes_xyxy", boxes_xyxy)
    boxes_xyxy = full_precision(boxes_xyxy)
    return (boxes_xyxy[..., 2:] - boxes_xyxy[..., :2]).prod(-1)


def box_iou(a, b):
    """Intersection over union of every box of a with every box of b: corners [..., n, 4] and [..., m, 4] -> [..., n, m], from 0 to 1.

    Where the union is empty, that is, where both boxes have no area, the IoU is 0. Half precision is computed, and answered, in float32.
    Raises ValueError for NaN and infinity, for a right edge left of the left one, and for a bottom above the top.
    """
    intersection, union = _overlap(a, b)
    return _ratio(intersection, union)


def generalized_box_iou(a, b):
    """Generalised IoU of every box of a with every box of b (Rezatofighi et al. 2019): [..., n, 4] and [..., m, 4] -> [..., n, m], -1 to 1.

    IoU minus the share of the smallest box around both (the hull) that neither of them fills; so boxes that do not meet are told how far
    apart they are. Where the hull has no area that share counts as 0; where both boxes have none, the IoU does. Never NaN.
    Raises ValueError as box_iou does.
    """
    intersection, union = _overlap(a, b)
    a, b = full_precision(a)[..., :, None, :], full_precision(b)[..., None, :, :]
    hull = (torch.maximum(a[..., 2:], b[..., 2:]) - torch.minimum(a[..., :2], b[..., :2])).prod(-1)
    return _ratio(intersection, union) - _ratio(hull - union, hull)


def paired_giou(a, b):
    """Generalised IoU of each box of a with its partner in b: corners [..., 4] each -> [...], the diagonal of generalized_box_iou.

    Boxes are taken as they come, without a check, since a loss asks for this in every step of a training. Half precision as in box_iou.
    """
    a, b = full_precision(a), full_precision(b)
    inner = (torch.minimum(a[..., 2:], b[..., 2:]) - torch.maximum(a[..., :2], b[..., :2])).clamp(min=0).prod(-1)
    union = (a[..., 2:] - a[..., :2]).prod(-1) + (b[..., 2:] - b[..., :2]).prod(-1) - inner
    hull = (torch.maximum(a[..., 2:], b[..., 2:]) - torch.minimum(a[..., :2], b[..., :2])).prod(-1)
    return _ratio(inner, union) - _ratio(hull - union, hull)


def _overlap(a, b):
    """Area that two boxes share, and area of both together: [..., n, m] each."""
    areas = box_area(a)[..., :, None] + box_area(b)[..., None, :]
    a, b = full_precision(a)[..., :, None, :], full_precision(b)[..., None, :, :]
    sides = torch.minimum(a[..., 2:], b[..., 2:]) - torch.maximum(a[..., :2], b[..., :2])
    intersection = sides.clamp(min=0).prod(-1)
    return intersection, areas - intersection


def _ratio(part, whole):
    """part / whole, and 0 where there is no whole; the gradient is 0 there, too."""
    return torch.where(whole > 0, part, 0) / torch.where(whole > 0, whole, 1)


def _require_boxes(name, boxes):
    if not torch.is_tensor(boxes) or boxes.dim() < 1 or boxes.size(-1) != 4 or not boxes.is_floating_point():
        came = f"shape {list(boxes.shape)} and dtype {boxes.dtype}" if torch.is_tensor(boxes) else f"type {type(boxes).__name__}"
        raise ValueError(f"{name} has {came}, expected a floating-point tensor [..., 4]")


def _require_corners(name, boxes_xyxy):
    _require_boxes(name, boxes_xyxy)
    if not boxes_xyxy.isfinite().all():
        raise ValueError(f"{name} holds NaN or infinity; where a network made them, its training has diverged")
    if not (boxes_xyxy[..., 2:] >= boxes_xyxy[..., :2]).all():
        raise ValueError(f"{name} has a right edge left of the left one or a bottom above the top; are they (cx, cy, w, h)?")
