"""The shipped DETR after each of its decoder layers, with and without NMS, on all held-out scenes, padded: a minute, no training."""

from book_lib.data.scenes import make_scenes
from book_lib.detection.dense import duplicate_share, suppress
from book_lib.detection.evaluation import average_precision
from book_lib.experiments.small_detectors import HELD_OUT_SEED, detect_by_layer, load_detr

HELD_OUT, BATCH = 1000, 32
FACTS = {"settings": {"held_out": HELD_OUT, "first_held_out_seed": HELD_OUT_SEED, "model": "detr", "batch": BATCH}}


def plan(runs):
    return [{"layer": layer} for layer in (1, 2, 3)]


def run(layer):
    held_out = make_scenes(HELD_OUT, seed=HELD_OUT_SEED)
    found = detect_by_layer(load_detr(), held_out, batch=BATCH)[layer - 1]
    plain, after = (average_precision(boxes, held_out) for boxes in (found, suppress(found)))
    scores = {"plain": plain, "after_nms": after}
    return {way: {name: round(one[name], 4) for name in ("AP", "AP50", "AP75")} for way, one in scores.items()} | {
        "duplicates": round(duplicate_share(found), 4)}
