"""Priors: the points, cells or anchors of a detector, each of which may be made to answer for an object."""

from dataclasses import dataclass

import torch

from book_lib.checks import require_whole
from book_lib.detection.boxes import box_cxcywh_to_xyxy, box_xyxy_to_cxcywh

STDS = (0.1, 0.1, 0.2, 0.2)                                      # what the four deltas of a box are divided by (Girshick et al.'s code)
LARGEST_GROWTH = 1000 / 16                                       # by which a delta may at most multiply a side


@dataclass(frozen=True)
class Priors:
    """Everything in a picture that may serve an object. In the order of the network's answers: level by level, row by row, cell by cell.

    size: (height, width) of the picture, px; centres [p, 2]: (x, y), px; strides [p]: px per cell of the level that a prior belongs to;
    levels [p]: its number, from 0; sides [p, 2]: (w, h) of an anchor, px, None for points and cells.
    """

    size: tuple
    centres: torch.Tensor
    strides: torch.Tensor
    levels: torch.Tensor
    sides: torch.Tensor | None = None

    def __len__(self):
        return len(self.centres)

    @property
    def boxes_xyxy(self):
        """Corners of the anchors [p, 4], px. Raises ValueError for points, which have none."""
        if self.sides is None:
            raise ValueError("these priors are points and have no boxes, expected anchors: make_anchors makes them")
        return box_cxcywh_to_xyxy(torch.cat((self.centres, self.sides), dim=1))


def make_points(size, strides, *, offset=0.5, per_cell=1):
    """One prior for each cell of each level, or several at the same place.

    size: (height, width) of the picture, px; strides: px per cell of each level; a level has as many rows and columns as cover the picture.
    offset: where in its cell a point lies, as a share of the cell: 0.5 is the middle (FCOS), 0 the upper left corner (AutoAssign).
    Returns Priors without sides. Raises ValueError for sizes and strides that are no whole numbers from 1 on.
    """
    height, width = _checked_size(size, strides)
    require_whole(per_cell=per_cell)
    centres, counts = [], []
    for stride in strides:
        rows, columns = -(-height // stride), -(-width // stride)
        y, x = torch.meshgrid(torch.arange(rows, dtype=torch.float32), torch.arange(columns, dtype=torch.float32), indexing="ij")
        centres.append(((torch.stack((x, y), dim=-1).flatten(0, 1) + offset) * stride).repeat_interleave(per_cell, dim=0))
        counts.append(rows * columns * per_cell)
    counts = torch.tensor(counts)
    levels = torch.arange(len(strides)).repeat_interleave(counts)
    return Priors((height, width), torch.cat(centres), torch.tensor(strides, dtype=torch.float32)[levels], levels)


def make_anchors(size, strides, shapes, *, offset=0.5):
    """Anchors of given shapes about the middle of every cell of every level.

    size and strides as in make_points; shapes: for each level a list of (w, h), px, as anchor_shapes makes them. Every level has as many.
    Returns Priors. Raises ValueError as make_points does, and for shapes that are not positive or not as many for each level.
    """
    if len(shapes) != len(strides) or len({len(own) for own in shapes}) != 1:
        raise ValueError(f"shapes are {[len(own) for own in shapes]} for {len(strides)} levels, expected one list for each, equally long")
    shapes = torch.tensor(shapes, dtype=torch.float32)                                                             # [levels, per cell, 2]
    if shapes.shape[2:] != (2,) or not (shapes > 0).all() or not shapes.isfinite().all():
        raise ValueError(f"shapes have the shape {list(shapes.shape)}, expected (w, h) in px, both above 0")
    points = make_points(size, strides, offset=offset, per_cell=shapes.size(1))
    per_level = points.levels.bincount(minlength=len(strides)) // shapes.size(1)
    sides = torch.cat([own.repeat(int(n), 1) for own, n in zip(shapes, per_level, strict=True)])
    return Priors(points.size, points.centres, points.strides, points.levels, sides)


def anchor_shapes(side, *, ratios=(1.0,), scales=(1.0,)):
    """Shapes (w, h) of the same area for each ratio h / w, at each scale: a list, ratio by ratio, px (Ren et al. 2015)."""
    return [(side * scale / ratio**0.5, side * scale * ratio**0.5) for ratio in ratios for scale in scales]


def priors_of_boxes(boxes_xyxy, *, size):
    """Anchors given by their corners [p, 4], px, on one level of stride 1."""
    boxes = box_xyxy_to_cxcywh(boxes_xyxy)
    return Priors(tuple(size), boxes[:, :2], torch.ones(len(boxes)), torch.zeros(len(boxes), dtype=torch.int64), boxes[:, 2:])


def encode_deltas(anchors_xyxy, boxes_xyxy, *, stds=STDS):
    """The four numbers that move anchors to boxes: shift of the centre in sides of the anchor, and log of the growth, divided by stds.

    Corners [..., 4] of both, which may broadcast -> [..., 4] (Girshick et al. 2014, appendix C).
    """
    anchors, boxes = box_xyxy_to_cxcywh(anchors_xyxy), box_xyxy_to_cxcywh(boxes_xyxy)
    shift = (boxes[..., :2] - anchors[..., :2]) / anchors[..., 2:]
    return torch.cat((shift, (boxes[..., 2:] / anchors[..., 2:]).log()), dim=-1) / boxes.new_tensor(stds)


def decode_deltas(anchors_xyxy, deltas, *, stds=STDS):
    """The boxes that deltas [..., 4] make of anchors [..., 4]: corners in px. What encode_deltas has encoded comes back."""
    anchors, deltas = box_xyxy_to_cxcywh(anchors_xyxy), deltas * deltas.new_tensor(stds)
    centre = anchors[..., :2] + deltas[..., :2] * anchors[..., 2:]
    growth = deltas[..., 2:].clamp(max=torch.tensor(LARGEST_GROWTH).log().item()).exp()
    return box_cxcywh_to_xyxy(torch.cat((centre, anchors[..., 2:] * growth), dim=-1))


def _checked_size(size, strides):
    if len(size) != 2:
        raise ValueError(f"size is {size!r}, expected (height, width) in px")
    require_whole(height=size[0], width=size[1])
    if not strides:
        raise ValueError("strides is empty, expected at least one level")
    for stride in strides:
        require_whole(stride=stride)
    return int(size[0]), int(size[1])
