"""Assignment by place and size: FCOS (Tian et al. 2019)."""

import math

import torch

from book_lib.detection.assigners.assignment import NEGATIVE, Assignment, all_negative, checked_target, sides_of
from book_lib.detection.boxes import box_area

RANGES = ((-1, 64), (64, 128), (128, 256), (256, 512), (512, 1e8))                        # px, of the strides 8 to 128


def fcos(target, priors, *, n_classes, ranges=RANGES, radius=1.5):
    """Give a point the smallest object that it lies in, if the object's size suits the point's level (Tian et al. 2019, section 3).

    target: labels [n] and boxes [n, 4] as shares; priors: points. An object suits a point if the point lies inside its box, if the largest
    of the four distances to the sides lies in the range of the point's level, both ends included (px, one pair for each level), and, with
    a radius, if the point is less than so many strides away from the box's middle in x and in y. Of several objects that suit, the one
    of smallest area gets the point; of equal areas the first.
    An object is lost where no point suits it, or where smaller ones take all points that do. Without equal areas the order does not matter.
    Returns an Assignment; nothing is ignored. Raises ValueError for what check_targets refuses, and for ranges that are not one per level.
    """
    labels, boxes_xyxy = checked_target(target, priors, n_classes)
    if len(ranges) != int(priors.levels.max()) + 1:
        raise ValueError(f"there are {len(ranges)} ranges for {int(priors.levels.max()) + 1} levels, expected one for each")
    if not len(labels):
        return all_negative(priors)
    sides = sides_of(priors.centres, boxes_xyxy)                                                                              # [n, p, 4]
    low, high = torch.tensor(ranges, dtype=sides.dtype, device=sides.device)[priors.levels].unbind(-1)
    largest = sides.amax(-1)
    suits = (sides.amin(-1) > 0) & (low <= largest) & (largest <= high)
    if radius is not None:
        suits &= (priors.centres - _middles(boxes_xyxy)).abs().amax(-1) < radius * priors.strides
    smallest, objects = box_area(boxes_xyxy)[:, None].where(suits, math.inf).min(dim=0)
    return Assignment(objects.where(smallest < math.inf, NEGATIVE), len(labels))


def centreness(sides):
    """How central a point lies in its box, 0 to 1, of its distances [..., 4] to left, top, right, bottom (Tian et al. 2019, eq. 3)."""
    left, top, right, bottom = sides.unbind(-1)
    return (_least_share(left, right) * _least_share(top, bottom)).sqrt()


def _least_share(a, b):
    return torch.minimum(a, b) / torch.maximum(a, b)


def _middles(boxes_xyxy):
    """Centres of boxes [n, 4], to be compared with all points: [n, 1, 2]."""
    return (boxes_xyxy[:, None, :2] + boxes_xyxy[:, None, 2:]) / 2
