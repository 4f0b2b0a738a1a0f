"""The book's small Deformable DETR, of the sizes of its DETR, and the same with one part changed (chapter 11)."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from book_lib.attention import MultiHeadAttention
from book_lib.book.models import load_model
from book_lib.data.scenes import CLASSES, scene_batch
from book_lib.detection.backbone import SmallCNN
from book_lib.detection.deformable import DeformableDETR, deformable_detections
from book_lib.detection.deformable_attention import DeformableAttention
from book_lib.experiments.small_detectors import SIZES
from book_lib.training import device_of, on_device

DEFORMABLE_SIZES = SIZES | {"stages": (0, 2), "n_levels": 3, "n_points": 4}      # maps at strides 4 and 8, and one more at 16


class AbsoluteBoxes(DeformableDETR):
    """A Deformable DETR whose queries look from their reference point, while the box head gives boxes outright, as DETR's does."""

    def place(self, moved, reference):
        return moved.sigmoid()


class Everywhere(nn.Module):
    """Ordinary multi-head attention to all cells of one map, called as a DeformableAttention is.

    near: how far from the reference point cells count, as the standard deviation, in cells, of a bell by which the attention weights are
    multiplied (Gao et al. 2021); None, all count alike. code: the position code of the cells, set before each call.
    """

    def __init__(self, d_model, n_heads, near=None):
        super().__init__()
        self.attention, self.near, self.code = MultiHeadAttention(d_model, n_heads), near, None
        for parameter in self.attention.parameters():
            if parameter.dim() > 1:
                nn.init.xavier_uniform_(parameter)

    def forward(self, query, reference, maps, shapes, mask=None):
        real = torch.ones_like(maps[..., 0], dtype=torch.bool) if mask is None else mask
        own, allowed = self.attention, real[:, None, None]
        if self.near is not None:
            allowed = self.bell(reference[:, :, 0, :2], shapes[0]).masked_fill(~allowed, -math.inf)
        keys, values = own.keys_and_values(maps + self.code, maps)
        queries = own.q_proj(query).unflatten(-1, (own.n_heads, -1)).transpose(1, 2)
        mixed = F.scaled_dot_product_attention(queries, keys, values, attn_mask=allowed)
        return own.o_proj(mixed.transpose(1, 2).flatten(2)), None, None

    def bell(self, reference, shape):
        """What is added to the scores [b, 1, n_queries, cells] of cells at a distance; reference [b, n_queries, 2] as shares of the map."""
        h, w = shape
        y, x = torch.meshgrid(torch.arange(h).to(reference) + 0.5, torch.arange(w).to(reference) + 0.5, indexing="ij")
        steps = torch.stack((x, y), -1).flatten(0, 1) - reference[:, :, None] * torch.tensor([w, h]).to(reference)
        return -(steps.square().sum(-1) / (2 * self.near**2))[:, None]


class LooksEverywhere(DeformableDETR):
    """A Deformable DETR whose attention to its one map is DETR's: every query looks at all cells. Boxes, classes and loss stay.

    near: as in Everywhere.
    """

    def __init__(self, backbone, *, d_model, n_heads, near=None, **settings):
        super().__init__(backbone, d_model=d_model, n_heads=n_heads, **settings)
        if len(self.input_proj) > 1:
            raise ValueError(f"n_levels is {len(self.input_proj)}, expected 1: queries look everywhere on a single map")
        for layer in self.encoder_layers:
            layer.self_attention = Everywhere(d_model, n_heads, near)
        for layer in self.decoder_layers:
            layer.cross_attention = Everywhere(d_model, n_heads, near)

    def maps(self, images, mask=None):
        maps = super().maps(images, mask)
        for part in self.modules():
            if isinstance(part, Everywhere):
                part.code = maps.code
        return maps


def new_deformable(*, seed, absolute_boxes=False, everywhere=False, default_init=False, default_heads=False, **settings):
    """An untrained Deformable DETR of DEFORMABLE_SIZES on a SmallCNN; settings change them or add to them. The start follows from seed.

    absolute_boxes: without the reference point in the boxes; everywhere: with attention to all cells of its one map, as DETR has it;
    default_heads: both heads begin as torch begins any Linear; default_init: offsets and attention weights as well.
    """
    kind = AbsoluteBoxes if absolute_boxes else LooksEverywhere if everywhere else DeformableDETR
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = kind(SmallCNN(), n_classes=len(CLASSES), **DEFORMABLE_SIZES | settings)
        if default_init:
            sampled = [part for part in model.modules() if isinstance(part, DeformableAttention)]
            start_by_default(layer for part in sampled for layer in (part.offsets, part.weights))
        if default_init or default_heads:
            start_by_default((*model.class_heads, *(head[-1] for head in model.box_heads)))
        return model


def load_deformable(name="deformable_detr", **settings):
    """The Deformable DETR that recipes/deformable_detr.py has trained, ready to answer."""
    model = new_deformable(seed=0, **settings)
    model.load_state_dict(load_model(name)[0])
    return model.eval()


def start_by_default(layers):
    """Give linear layers the start that torch gives every Linear."""
    for linear in layers:
        linear.reset_parameters()


def slower_parts(model):
    """The parts of a Deformable DETR that learn at a tenth of the rate, as published: {start of a parameter's name: 0.1}."""
    parts = [f"{name}.offsets." for name, part in model.named_modules() if isinstance(part, DeformableAttention)]
    return dict.fromkeys(parts if model.two_stage else ["reference.", *parts], 0.1)


@torch.no_grad()
def detect_deformable(model, scenes, *, batch=32):
    """Let a Deformable DETR answer scenes: for every decoder layer what small_detectors.detect returns.

    A picture has as many detections as there are object queries: the best pairs of query and class.
    """
    found = [[] for _ in model.decoder_layers]
    for start in range(0, len(scenes), batch):
        part = scenes[start : start + batch]
        output, sizes = on_device(model(*on_device(scene_batch(part)[:2], device_of(model))), "cpu"), [scene.size for scene in part]
        for own, logits, boxes in zip(found, output.logits, output.boxes, strict=True):
            own += deformable_detections(logits, boxes, sizes, n_best=model.n_queries)
    return found
