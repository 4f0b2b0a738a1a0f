"""Deformable DETR unchanged and with one part changed, five epochs each, three starts, all at the rate that models/epochs_to_ap found.
Absolute boxes, which hardly learn at that rate, have one run at half of it.

An epoch of 5 000 scenes takes about 200 s of processor time, with one level or one point far less: five hours of one core, or four minutes
of a large GPU (BOOK_DEVICE=cuda). The first start of every part comes first. Unchanged, it is the training of models/epochs_to_ap over
again, for those who run this table on another machine: it comes last.
"""

from book_lib.book.models import load_log
from book_lib.experiments.compared_detectors import SETTINGS
from book_lib.experiments.epochs_to_ap import ALONG, EPOCHS, PARTS, rate_of_parts, run_part

SEEDS = (0, 1, 2)
FACTS = {
    "settings": SETTINGS | {"epochs": EPOCHS, "held_out_along": ALONG},
    "parts": {part: {key: list(value) if isinstance(value, tuple) else value for key, value in changed.items()}
              for part, changed in PARTS.items()},
}


def plan(runs):
    parts, lr = [part for part in PARTS if part != "unchanged"], rate_of_parts(load_log("epochs_to_ap")["runs"])
    halved = {"part": "absolute boxes", "lr": lr / 2, "seed": 0}
    changed = [{"part": part, "lr": lr, "seed": seed} for seed in SEEDS for part in parts]
    return [*changed, halved, *({"part": "unchanged", "lr": lr, "seed": seed} for seed in SEEDS)]


def run(part, lr, seed):
    return run_part(part, seed, lr)
