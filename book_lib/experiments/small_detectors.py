"""The book's own detectors, small enough to train on a laptop: a DETR and a dense detector for scenes, built, loaded and asked."""

import torch

from book_lib.book.models import load_model
from book_lib.data.scenes import CLASSES, scene_batch
from book_lib.detection.backbone import SmallCNN
from book_lib.detection.dense import DenseDetector, dense_detections
from book_lib.detection.detr import DETR, detections
from book_lib.training import device_of, on_device

SIZES = {"n_queries": 20, "d_model": 96, "n_heads": 4, "d_ff": 256, "n_encoder_layers": 2, "n_decoder_layers": 3, "dropout": 0.0,
         "base": 20.0}
HELD_OUT_SEED = 1_000_000                                                    # first seed of the scenes that no training sees


def new_detr(*, seed, pool=1, **settings):
    """An untrained DETR of SIZES on a SmallCNN, pooled where asked; settings change them or add to them. The start follows from seed."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return DETR(SmallCNN(pool=pool), n_classes=len(CLASSES), **SIZES | settings)


def new_dense(*, seed):
    """An untrained dense detector on a SmallCNN. The start follows from seed."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return DenseDetector(SmallCNN(), n_classes=len(CLASSES))


def load_detr(name="detr", **settings):
    """The DETR that recipes/detr.py has trained, ready to answer."""
    model = new_detr(seed=0, **settings)
    model.load_state_dict(load_model(name)[0])
    return model.eval()


def load_dense():
    """The dense detector that recipes/dense.py has trained, ready to answer."""
    model = new_dense(seed=0)
    model.load_state_dict(load_model("dense")[0])
    return model.eval()


def detect(model, scenes, *, batch=32, layer=-1):
    """Let a DETR answer scenes, after one of its decoder layers: for each scene a dict of scores, labels and boxes_xyxy in px."""
    return detect_by_layer(model, scenes, batch=batch)[layer]


@torch.no_grad()
def detect_by_layer(model, scenes, *, batch=32):
    """What detect returns, for every decoder layer: a list with one entry a layer."""
    found = [[] for _ in model.decoder_layers]
    for start in range(0, len(scenes), batch):
        part = scenes[start : start + batch]
        output, sizes = on_device(model(*on_device(scene_batch(part)[:2], device_of(model))), "cpu"), [scene.size for scene in part]
        for layer, answers in enumerate(zip(*output, strict=True)):
            found[layer] += detections(*answers, sizes)
    return found


@torch.no_grad()
def detect_dense(model, scenes, *, batch=32, **settings):
    """Let a dense detector answer scenes; settings as in dense_detections. Returns what detect returns."""
    found = []
    for start in range(0, len(scenes), batch):
        shown = on_device(scene_batch(scenes[start : start + batch])[:2], device_of(model))
        found += dense_detections(*on_device(model(*shown), "cpu"), **settings)
    return found
