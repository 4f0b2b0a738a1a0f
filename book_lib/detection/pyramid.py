"""A small detector with three levels, to be trained under any rule of label assignment."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from book_lib.detection.priors import decode_deltas

FIRST_SCORE = 0.02                                               # of every class at the start
STRIDES = (8, 16, 32)


class FeaturePyramid(nn.Module):
    """Three maps of equal width from a backbone's map of stride 8 (Lin et al. 2017, feature pyramid networks).

    features [b, n_channels, h, w] -> maps of stride 8, 16 and 32: [b, d_model, h, w], halved twice, rounded up. Two convolutions of
    stride 2 go down; on the way back each map gets the coarser one, enlarged, added.
    """

    def __init__(self, n_channels, *, d_model):
        super().__init__()
        self.down = nn.ModuleList(nn.Conv2d(n_channels, n_channels, 3, stride=2, padding=1) for _ in STRIDES[1:])
        self.lateral = nn.ModuleList(nn.Conv2d(n_channels, d_model, 1) for _ in STRIDES)
        self.smooth = nn.ModuleList(nn.Conv2d(d_model, d_model, 3, padding=1) for _ in STRIDES)

    def forward(self, features):
        maps = [features]
        for convolution in self.down:
            maps.append(F.relu(convolution(maps[-1])))
        maps = [lateral(one) for lateral, one in zip(self.lateral, maps, strict=True)]
        for fine, coarse in ((1, 2), (0, 1)):
            maps[fine] = maps[fine] + F.interpolate(maps[coarse], size=maps[fine].shape[-2:])
        return [smooth(one) for smooth, one in zip(self.smooth, maps, strict=True)]


class PyramidDetector(nn.Module):
    """Ask every cell of three levels for classes and for one box. The head is one for all levels (Lin et al. 2017, Tian et al. 2019).

    backbone: images [b, 3, h, w] -> map of stride 8. has_objectness: whether a further answer says that there is any object (AutoAssign).
    forward(images, priors) with Priors of one point or anchor to a cell returns logits [b, p, n_classes], objectness [b, p] (None without),
    raw [b, p, 4] and boxes_xyxy [b, p, 4] in px. Of points, the softplus of raw is the distances to the four sides, in strides; of anchors,
    raw holds deltas.
    The learnt centre prior of AutoAssign, means and deviations [n_classes, 2], is kept here, too, where has_objectness is set.
    Raises ValueError for a backbone of another stride and for priors that do not fit the pictures.
    """

    def __init__(self, backbone, *, n_classes, d_model=64, n_layers=2, has_objectness=False):
        super().__init__()
        if backbone.stride != STRIDES[0]:
            raise ValueError(f"the backbone's stride is {backbone.stride}, expected {STRIDES[0]}")
        self.backbone, self.n_classes = backbone, n_classes
        self.pyramid = FeaturePyramid(backbone.n_channels, d_model=d_model)
        self.tower = nn.Sequential(*(layer for _ in range(n_layers) for layer in (
            nn.Conv2d(d_model, d_model, 3, padding=1), nn.GroupNorm(8, d_model), nn.ReLU())))
        self.class_head = nn.Conv2d(d_model, n_classes, 3, padding=1)
        self.box_head = nn.Conv2d(d_model, 4, 3, padding=1)
        self.box_scales = nn.Parameter(torch.ones(len(STRIDES)))
        nn.init.normal_(self.class_head.weight, std=0.01)
        nn.init.constant_(self.class_head.bias, -math.log(1 / FIRST_SCORE - 1))
        self.objectness_head = nn.Conv2d(d_model, 1, 3, padding=1) if has_objectness else None
        if has_objectness:
            self.means, self.deviations = nn.Parameter(torch.zeros(n_classes, 2)), nn.Parameter(torch.ones(n_classes, 2))

    def forward(self, images, priors):
        maps = [self.tower(one) for one in self.pyramid(self.backbone(images))]
        cells = sum(one.shape[-2] * one.shape[-1] for one in maps)
        if cells != len(priors):
            raise ValueError(f"there are {len(priors)} priors for {cells} cells of pictures {list(images.shape[-2:])}, expected one a cell")
        logits = torch.cat([_by_cell(self.class_head(one)) for one in maps], dim=1)
        raw = torch.cat([_by_cell(self.box_head(one)) * scale for one, scale in zip(maps, self.box_scales, strict=True)], dim=1)
        objectness = torch.cat([_by_cell(self.objectness_head(one)) for one in maps], dim=1)[..., 0] if self.objectness_head else None
        return logits, objectness, raw, boxes_of(raw, priors)


def boxes_of(raw, priors):
    """The boxes [..., p, 4] in px that raw answers [..., p, 4] make of priors: sides about points, deltas of anchors."""
    if priors.sides is not None:
        return decode_deltas(priors.boxes_xyxy, raw)
    sides = F.softplus(raw) * priors.strides[:, None]
    return torch.cat((priors.centres - sides[..., :2], priors.centres + sides[..., 2:]), dim=-1)


def _by_cell(answers):
    """[b, n, h, w] -> [b, h * w, n]."""
    return answers.flatten(2).transpose(1, 2)
