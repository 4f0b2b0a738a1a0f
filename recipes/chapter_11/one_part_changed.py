"""Deformable DETR unchanged and with one part changed, five epochs each, at the rate that models/epochs_to_ap found.

Every part has a first start; where the result stands in the text or is close, there are three. Parts with ordinary attention, and absolute
boxes, are also run at half of that rate. An epoch of 5 000 scenes takes about 200 s of processor time, with one level or one point far
less: six hours of one core, or five minutes of a large GPU (BOOK_DEVICE=cuda). Unchanged, it is the training of models/epochs_to_ap over
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
    lr = rate_of_parts(load_log("epochs_to_ap")["runs"])
    first = [wanted(part, lr, SEEDS[0]) for part in PARTS if part != "unchanged"]
    told = [wanted(part, lr, seed) for seed in SEEDS[1:] for part in ("one level", "one level, near cells", "refinement")]
    halved = [wanted(part, lr / 2, SEEDS[0]) for part in ("absolute boxes", "one level, near cells")]
    halved += [wanted("one level, all cells", lr / 2, seed) for seed in SEEDS]
    close = [wanted(part, lr, seed) for part in ("one point", "default init", "default heads", "two-stage") for seed in SEEDS[1:]]
    return [*first, *told, *halved, *close, *(wanted("unchanged", lr, seed) for seed in SEEDS)]


def wanted(part, lr, seed):
    return {"part": part, "lr": lr, "seed": seed}


def run(part, lr, seed):
    return run_part(part, seed, lr)
