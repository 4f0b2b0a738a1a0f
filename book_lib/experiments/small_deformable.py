"""The book's small Deformable DETR, of the sizes of its DETR, and the same with one part changed (chapter 11)."""

import torch

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


def new_deformable(*, seed, absolute_boxes=False, default_start=False, **settings):
    """An untrained Deformable DETR of DEFORMABLE_SIZES on a SmallCNN; settings change them or add to them. The start follows from seed.

    absolute_boxes: without the reference point in the boxes; default_start: offsets, weights and heads begin as torch begins any Linear.
    """
    kind = AbsoluteBoxes if absolute_boxes else DeformableDETR
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = kind(SmallCNN(), n_classes=len(CLASSES), **DEFORMABLE_SIZES | settings)
        return start_by_default(model) if default_start else model


def load_deformable(name="deformable_detr", **settings):
    """The Deformable DETR that recipes/deformable_detr.py has trained, ready to answer."""
    model = new_deformable(seed=0, **settings)
    model.load_state_dict(load_model(name)[0])
    return model.eval()


def start_by_default(model):
    """Give offsets, attention weights and both heads of a Deformable DETR the start that torch gives every Linear. Returns the model."""
    layers = [linear for part in model.modules() if isinstance(part, DeformableAttention) for linear in (part.offsets, part.weights)]
    for linear in (*layers, *model.class_heads, *(head[-1] for head in model.box_heads)):
        linear.reset_parameters()
    return model


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
