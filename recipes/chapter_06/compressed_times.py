"""How long one answer takes each variant of the translator and of the small DETR, as a share of what the original takes: two minutes.

One scene, or one sentence word by word; variant and original take turns, on one thread, in processor time. The variants are not trained: a
product takes as long whatever its numbers are. "torch int8" runs linear maps on torch's own whole-number kernels.
"""

import torch

from book_lib import compression
from book_lib.experiments.compressed import MODELS, VARIANTS, load, new_student, times_as_fast, variant

FACTS = {"threads": 1, "turns": 100}
OTHERS = {"torch int8": lambda name: compression.torch_int8(load(name)), "student": lambda name: new_student(name, 0)}


def plan(runs):
    return [{"model": name, "change": change} for name in MODELS for change in (*VARIANTS, *OTHERS)]


@torch.no_grad()
def run(model, change):
    torch.set_num_threads(1)
    changed = OTHERS[change](model) if change in OTHERS else compression.settle(variant(model, change))
    return {"time": round(times_as_fast(model, changed.eval(), load(model)), 3)}
