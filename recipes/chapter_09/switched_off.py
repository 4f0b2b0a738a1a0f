"""The shipped DETR with parts switched off, on all held-out scenes, padded and one at a time: seven minutes, no training."""

from book_lib.experiments.small_detectors import HELD_OUT_SEED
from book_lib.experiments.switched_off import PARTS, scores_without

FACTS = {"settings": {"held_out": 1000, "first_held_out_seed": HELD_OUT_SEED, "model": "detr"}}


def plan(runs):
    return [{"off": part, "batch": batch} for batch in (32, 1) for part in PARTS]


def run(off, batch):
    return scores_without(off, batch=batch)
