"""A small dense detector: every cell of the map answers, and duplicates are removed afterwards. What DETR is compared with.

One map, no anchors, boxes as distances to their four sides: FCOS (Tian et al. 2019) on a single level, without its centre-ness.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

from book_lib.detection.boxes import box_cxcywh_to_xyxy, box_iou, full_precision, paired_giou
from book_lib.detection.targets import check_targets

CENTRE = 1.5                                                     # a cell answers for an object if its middle is this near, in cells


class DenseDetector(nn.Module):
    """Ask every cell of the backbone's map for the class of the object it lies in, and for the distances to the sides of its box.

    backbone: images [b, 3, h, w] -> map [b, n_channels, h / stride, w / stride]. n_layers 3 x 3 convolutions, d_model wide, come before the
    two answers.
    forward(images [b, 3, h, w], mask [b, h, w], True = is real) returns logits [b, cells, n_classes] (one sigmoid for each class) and
    boxes_xyxy [b, cells, 4] in px of the picture; cells in padding have logits of -inf.
    """

    def __init__(self, backbone, *, n_classes, d_model=64, n_layers=2):
        super().__init__()
        self.backbone, self.n_classes = backbone, n_classes
        widths = [backbone.n_channels] + [d_model] * n_layers
        self.tower = nn.Sequential(*(layer for before, after in zip(widths, widths[1:], strict=False) for layer in (
            nn.Conv2d(before, after, 3, padding=1), nn.GroupNorm(8, after), nn.ReLU())))
        self.class_head = nn.Conv2d(d_model, n_classes, 3, padding=1)
        self.side_head = nn.Conv2d(d_model, 4, 3, padding=1)
        nn.init.constant_(self.class_head.bias, -math.log(99))   # every class starts at a probability of 1 %
        nn.init.normal_(self.class_head.weight, std=0.01)

    def forward(self, images, mask):
        features = self.tower(self.backbone(images))
        h, w = features.shape[-2:]
        real = F.interpolate(mask[:, None].float(), (h, w)).flatten(1).bool()
        logits = self.class_head(features).flatten(2).transpose(1, 2).masked_fill(~real[..., None], -math.inf)
        sides = F.softplus(self.side_head(features)).flatten(2).transpose(1, 2) * self.backbone.stride     # left, top, right, bottom, px
        middle = cell_middles(h, w, self.backbone.stride, device=images.device)
        return logits, torch.cat((middle - sides[..., :2], middle + sides[..., 2:]), dim=-1)


def cell_middles(h, w, stride, device=None):
    """(x, y) of the middle of each cell of a map, row by row: [h * w, 2], px."""
    y, x = torch.meshgrid(torch.arange(h, device=device), torch.arange(w, device=device), indexing="ij")
    return torch.stack((x, y), dim=-1).flatten(0, 1).add(0.5) * stride


def assign_cells(middles, stride, labels, boxes_xyxy):
    """Decide which object each cell answers for: the smallest of those whose box it lies in and whose middle is near.

    middles [cells, 2] and boxes_xyxy [n, 4] in px, labels [n]. Returns objects [cells], the place in labels, -1 for ground. An object in
    whose box no cell has its middle is answered for by none.
    """
    if not len(labels):
        return torch.full((len(middles),), -1, device=middles.device)
    sides = torch.cat((middles[:, None] - boxes_xyxy[:, :2], boxes_xyxy[:, 2:] - middles[:, None]), dim=-1)             # [cells, n, 4]
    near = (middles[:, None] - (boxes_xyxy[:, :2] + boxes_xyxy[:, 2:]) / 2).abs().amax(-1) < CENTRE * stride
    size = (boxes_xyxy[:, 2:] - boxes_xyxy[:, :2]).prod(-1).where((sides.amin(-1) > 0) & near, math.inf)
    smallest, objects = size.min(dim=1)
    return objects.where(smallest < math.inf, -1)


def dense_loss(logits, boxes_xyxy, mask, targets, *, stride):
    """Focal loss for the classes (Lin et al. 2017) plus 1 - GIoU for the boxes of the cells that answer for an object.

    What DenseDetector gives, the mask [b, h, w] of the pictures, and targets as everywhere: {"labels" [n], "boxes" [n, 4] as shares}.
    Both sums are divided by the number of those cells in the batch. Returns (loss, {"classes", "giou"}), in float32 for half precision.
    Raises ValueError for logits of NaN and boxes that are no finite numbers, for a batch without pictures, and for what check_targets
    refuses.
    """
    targets = check_targets(targets, logits.size(-1))
    if not targets or not len(logits) == len(boxes_xyxy) == len(mask) == len(targets):
        raise ValueError(f"there are {len(logits)} logits, {len(boxes_xyxy)} boxes, {len(mask)} masks and {len(targets)} targets, expected "
                         "as many of each, and at least one")
    _require_numbers(logits, boxes_xyxy)
    logits, boxes_xyxy = full_precision(logits), full_precision(boxes_xyxy)
    h, w = (math.ceil(side / stride) for side in mask.shape[1:])
    middles, wanted, pairs = cell_middles(h, w, stride, device=logits.device), torch.zeros_like(logits), []
    for i, target in enumerate(targets):
        labels, boxes = target["labels"].to(logits.device), target["boxes"].to(boxes_xyxy)
        sides = torch.stack([mask[i].any(0).sum(), mask[i].any(1).sum()]).repeat(2)
        corners = box_cxcywh_to_xyxy(boxes) * sides
        objects = assign_cells(middles, stride, labels, corners)
        cells = (objects >= 0).nonzero()[:, 0]
        wanted[i, cells, labels[objects[cells]]] = 1
        pairs.append((boxes_xyxy[i, cells], corners[objects[cells]]))
    real = logits > -math.inf
    count = max(1, sum(len(ours) for ours, _ in pairs))
    classes = focal_loss(logits[real], wanted[real]) / count
    ours, theirs = (torch.cat(corners) for corners in zip(*pairs, strict=True))
    giou = (1 - paired_giou(ours, theirs)).sum() / count
    return classes + giou, {"classes": classes.item(), "giou": giou.item()}


def _require_numbers(logits, boxes_xyxy):
    """Raise ValueError for the first picture with logits of NaN (-inf marks padding) or boxes that are no finite numbers."""
    for name, wrong in (("logits", logits.isnan() | (logits == math.inf)), ("boxes", ~boxes_xyxy.isfinite())):
        if wrong.any():
            picture, cell, _ = wrong.nonzero()[0].tolist()
            raise ValueError(f"{name} of picture {picture}, cell {cell}, are no finite numbers: the network has diverged, or its pictures "
                             "hold NaN or infinity")


def focal_loss(logits, wanted, *, alpha=0.25, gamma=2.0):
    """Cross-entropy that counts easy answers less (Lin et al. 2017): summed over logits and wanted [...], 0 or 1; in float32 for half."""
    logits, wanted = full_precision(logits), full_precision(wanted)
    probability = logits.sigmoid()
    missed = torch.where(wanted > 0, 1 - probability, probability)
    weight = torch.where(wanted > 0, alpha, 1 - alpha) * missed**gamma
    return (weight * F.binary_cross_entropy_with_logits(logits, wanted, reduction="none")).sum()


def nms(boxes_xyxy, scores, labels, *, iou_threshold=0.5):
    """Non-maximum suppression: go through the boxes from the best score down and drop those that overlap a kept one of the same class.

    boxes_xyxy [n, 4], scores [n], labels [n]. Returns the places of the kept boxes, best first.
    """
    order = scores.argsort(descending=True, stable=True)
    overlaps = (box_iou(boxes_xyxy[order], boxes_xyxy[order]) > iou_threshold) & (labels[order][:, None] == labels[order])
    overlaps, kept = overlaps.cpu(), torch.ones(len(order), dtype=torch.bool)
    for i in range(len(order)):
        if kept[i]:
            kept[i + 1 :] &= ~overlaps[i, i + 1 :]
    return order[kept.to(order.device)]


def dense_detections(logits, boxes_xyxy, *, best=100, iou_threshold=0.5):
    """Turn what DenseDetector gives into detections: the best (cell, class) answers of each picture, duplicates removed.

    iou_threshold None keeps the duplicates. Returns for each picture a dict of scores, labels and boxes_xyxy, best first.
    """
    found = []
    for scores, corners in zip(full_precision(logits).sigmoid(), full_precision(boxes_xyxy), strict=True):
        top, places = scores.flatten().topk(min(best, scores.numel()))
        cells, labels = places // scores.size(1), places % scores.size(1)
        keep = nms(corners[cells], top, labels, iou_threshold=iou_threshold) if iou_threshold is not None else slice(None)
        found.append({"scores": top[keep], "labels": labels[keep], "boxes_xyxy": corners[cells][keep]})
    return found


def suppress(found, *, iou_threshold=0.5):
    """Run nms over each picture's detections, as a pipeline with NMS would: the same list of dicts, with the kept ones, best first."""
    kept = []
    for one in found:
        keep = nms(one["boxes_xyxy"], one["scores"], one["labels"], iou_threshold=iou_threshold)
        kept.append({name: values[keep] for name, values in one.items()})
    return kept


def duplicate_share(found, *, min_score=0.5, iou_threshold=0.5):
    """The share of confident detections that nms would remove: those scored min_score or more that overlap a better one of their class."""
    sure = [{name: values[one["scores"] >= min_score] for name, values in one.items()} for one in found]
    count = sum(len(one["scores"]) for one in sure)
    return 1 - sum(len(one["scores"]) for one in suppress(sure, iou_threshold=iou_threshold)) / count if count else 0.0
