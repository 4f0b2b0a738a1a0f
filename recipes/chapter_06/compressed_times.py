"""What one answer costs each variant of the translator and of the small DETR: time, as a share of the original's, and multiplications.

One scene, or one sentence word by word; variant and original take turns, on one thread, in processor time. The variants are not trained: a
product takes as long whatever its numbers are. "torch int8" runs linear maps on torch's own whole-number kernels, whose multiplications are
not counted. Three minutes. The detector has one variant that is no compression: its batch norms folded into the convolutions. Two narrower
translators are designs that no change of a trained one gives.
"""

import torch

from book_lib import compression
from book_lib.experiments.compressed import FURTHER, MODELS, VARIANTS, fold_batch_norms, load, multiplications, times_as_fast, variant
from book_lib.experiments.compressed_longer import new_design

FACTS = {"threads": 1, "turns": 100}
FOLDED = "batch norms folded"
NARROWER = ("feed-forward a quarter as wide", "half as wide")


def plan(runs):
    known = [{"model": name, "change": change} for name in MODELS for change in (*VARIANTS, "torch int8")]
    known += [{"model": "detr", "change": FOLDED}] + [{"model": name, "change": change} for name in MODELS for change in FURTHER]
    return known + [{"model": "translator", "change": change} for change in NARROWER]


@torch.no_grad()
def run(model, change):
    torch.set_num_threads(1)
    on_kernels = change == "torch int8"
    if change == FOLDED:
        changed = fold_batch_norms(load(model))
    elif change in NARROWER:
        changed = new_design(change, seed=0).eval()
    else:
        changed = (compression.torch_int8(load(model)) if on_kernels else compression.settle(variant(model, change))).eval()
    counted = None if on_kernels else multiplications(model, changed)
    return {"multiplications": counted, "time": round(times_as_fast(model, changed, load(model)), 3)}
