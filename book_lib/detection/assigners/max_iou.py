"""Assignment by IoU with fixed anchors: Faster R-CNN, SSD, RetinaNet."""

import torch

from book_lib.detection.assigners.assignment import IGNORED, NEGATIVE, Assignment, all_negative, checked_target
from book_lib.detection.boxes import box_area, box_cxcywh_to_xyxy, box_iou

RPN = {"positive_from": 0.7, "negative_below": 0.3, "low_quality": "restore"}             # Ren et al. 2015, first stage
RCNN_HEAD = {"positive_from": 0.5, "negative_below": 0.5}                                 # Ren et al. 2015, second stage: of proposals
RETINANET = {"positive_from": 0.5, "negative_below": 0.4, "low_quality": "restore"}       # Lin et al. 2017
SSD = {"positive_from": 0.5, "negative_below": 0.5, "low_quality": "overwrite", "one_each": True}                     # Liu et al. 2016


def max_iou(target, priors, *, n_classes, positive_from, negative_below, low_quality=None, least_low_quality=0.0, one_each=False,
            ignored=None, ignored_share=0.5):
    """Compare each anchor with the object that it overlaps most: positive from one IoU on, negative below another, ignored between.

    target: labels [n] and boxes [n, 4] as shares; priors: anchors, or the proposals of a first stage.
    low_quality says what happens to an object whose best anchor does not reach positive_from. None: nothing. "overwrite" (mmdetection):
    its best anchors are given to it, even if they serve another object, and of two objects that want the same anchor the later one gets
    it; its IoU must reach least_low_quality; one_each: of equally good anchors only the first. "restore" (torchvision, Detectron2): its
    best anchors are made positive for the object that they themselves overlap most, which may be another. An object that no anchor
    overlaps has an IoU of 0 with all of them, and calls all of them its best, as in those libraries; least_low_quality prevents it.
    ignored [m, 4]: regions, as shares; an anchor of which more than ignored_share lies in one of them is ignored.
    Objects may be lost. "overwrite" depends on their order. Returns an Assignment. Raises ValueError for what check_targets refuses, for
    points in place of anchors, other words for low_quality, and thresholds out of order.
    """
    if low_quality not in (None, "overwrite", "restore"):
        raise ValueError(f"low_quality is {low_quality!r}, expected None, 'overwrite' or 'restore'")
    if not 0 <= negative_below <= positive_from <= 1:
        raise ValueError(f"negative_below is {negative_below} and positive_from {positive_from}, expected 0 <= first <= second <= 1")
    labels, boxes_xyxy = checked_target(target, priors, n_classes)
    anchors = priors.boxes_xyxy
    if not len(labels):
        return all_negative(priors)
    iou = box_iou(boxes_xyxy, anchors)                                                                                           # [n, p]
    if ignored is not None:
        iou = iou.where(_share_inside(anchors, ignored, priors.size) <= ignored_share, -1.0)
    best, theirs = iou.max(dim=0)
    objects = torch.full_like(theirs, IGNORED)
    objects[(best >= 0) & (best < negative_below)] = NEGATIVE
    objects = torch.where(best >= positive_from, theirs, objects)
    if low_quality:
        highest = iou.max(dim=1, keepdim=True).values
        wanted = (iou == highest) & (highest >= least_low_quality)
        if one_each:
            wanted &= wanted.cumsum(1) == 1
        last = len(labels) - 1 - wanted.flip(0).int().argmax(0)
        objects = torch.where(wanted.any(0), last if low_quality == "overwrite" else theirs, objects)
    return Assignment(objects, len(labels))


def _share_inside(anchors, regions, size):
    """The largest share of each anchor [p, 4] that lies in one of the regions [m, 4], shares of the picture: [p]."""
    height, width = size
    regions = box_cxcywh_to_xyxy(torch.as_tensor(regions).to(anchors).reshape(-1, 4)) * anchors.new_tensor([width, height, width, height])
    if not len(regions):
        return anchors.new_zeros(len(anchors))
    both = torch.minimum(anchors[:, None, 2:], regions[:, 2:]) - torch.maximum(anchors[:, None, :2], regions[:, :2])
    return (both.clamp(min=0).prod(-1) / box_area(anchors)[:, None]).amax(1)
