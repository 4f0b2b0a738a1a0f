"""What every method of label assignment takes and returns, and the few tools that several of them need."""

from dataclasses import dataclass

import torch

from book_lib.checks import require_whole
from book_lib.detection.boxes import box_cxcywh_to_xyxy
from book_lib.detection.targets import check_targets

NEGATIVE, IGNORED = -1, -2                                       # in the place of an object's number
INSIDE = 0.01                                                    # px from the sides of a box at which ATSS and TOOD begin to count


@dataclass(frozen=True)
class Assignment:
    """What each of p priors is to learn.

    objects int64 [p]: the number of the object that a prior serves, NEGATIVE (it is to answer "nothing here") or IGNORED (no loss).
    n_objects: how many the picture has.
    scores [p]: what a positive is to answer for its class or objectness where that is not 1 (YOLOv1, YOLOv2, TOOD), else None.
    classes bool [p, n_classes]: what each positive is to answer, where two objects may share it (YOLOv3), else None.
    positive [p, n] and negative [p, n_classes]: how much each prior counts as a positive of each object and as a negative of each class,
    where a method weighs in place of choosing (FreeAnchor, AutoAssign), else None; objects then names the object of the largest weight.
    """

    objects: torch.Tensor
    n_objects: int
    scores: torch.Tensor | None = None
    classes: torch.Tensor | None = None
    positive: torch.Tensor | None = None
    negative: torch.Tensor | None = None

    @property
    def served(self):
        """Which prior serves which object: bool [p, n]. With weights, every weight above 0 counts."""
        if self.positive is not None:
            return self.positive > 0
        return self.objects[:, None] == torch.arange(self.n_objects, device=self.objects.device)

    @property
    def counts(self):
        """How many priors serve each object: [n]."""
        return self.served.sum(0)

    @property
    def lost(self):
        """The numbers of the objects that no prior serves. The detector does not learn from them."""
        return (self.counts == 0).nonzero()[:, 0].tolist()


def checked_target(target, priors, n_classes):
    """Look at a target as check_targets does: labels int64 [n] and corners [n, 4] in px of the priors' picture, on their device."""
    require_whole(n_classes=n_classes)
    (target,) = check_targets([target], n_classes)
    height, width = priors.size
    corners = box_cxcywh_to_xyxy(target["boxes"].to(priors.centres))
    return target["labels"].to(priors.centres.device), corners * corners.new_tensor([width, height, width, height])


def require_predictions(priors, **predictions):
    """Raise ValueError for predictions that are not [p, ...], hold a number that is not finite, or scores that are no probabilities."""
    for name, values in predictions.items():
        if len(values) != len(priors):
            raise ValueError(f"{name} has shape {list(values.shape)} for {len(priors)} priors, expected [{len(priors)}, ...]")
        if not values.isfinite().all():
            raise ValueError(f"{name} holds NaN or infinity: the network has diverged, or its pictures hold NaN or infinity")
        if name == "scores" and values.numel() and not 0 <= values.min() <= values.max() <= 1:
            raise ValueError(f"scores lie between {values.min():.4g} and {values.max():.4g}, expected 0 to 1; of logits take the sigmoid")


def all_negative(priors, **more):
    """The Assignment of a picture without objects."""
    return Assignment(torch.full((len(priors),), NEGATIVE, device=priors.centres.device), 0, **more)


def sides_of(centres, boxes_xyxy):
    """Distances from each centre to the left, top, right and bottom of each box: [n, p, 4]; all above 0 inside the box."""
    return torch.cat((centres - boxes_xyxy[:, None, :2], boxes_xyxy[:, None, 2:] - centres), dim=-1)


def least(values, k):
    """Which are the k least of each row of values [n, p]: bool [n, p]; of equals the first. k: a number, or one for each row [n].

    No more than are finite are taken.
    """
    k = torch.as_tensor(k, device=values.device).expand(len(values)).clamp(max=values.size(1))
    if not values.numel() or not k.max():
        return torch.zeros_like(values, dtype=torch.bool)
    edge = values.topk(int(k.max()), largest=False).values.gather(1, (k - 1).clamp(min=0)[:, None])
    below, level = values < edge, values == edge
    taken = below | (level & (level.cumsum(1) <= k[:, None] - below.sum(1, keepdim=True)))
    return taken & values.isfinite() & (k > 0)[:, None]


def cells_of(priors, boxes_xyxy):
    """Which priors stand in the cell, on their own level, that holds the middle of each box [n, 4]: bool [n, p]."""
    middles = (boxes_xyxy[:, None, :2] + boxes_xyxy[:, None, 2:]) / 2
    return ((middles / priors.strides[:, None]).floor() == (priors.centres / priors.strides[:, None]).floor()).all(-1)


def best_of_several(candidates, iou):
    """Give each prior that several objects want, candidates bool [n, p], to the one it overlaps most: objects [p], of equals the first."""
    best, objects = iou.where(candidates, -1).max(dim=0)
    return objects.where(best >= 0, NEGATIVE)
