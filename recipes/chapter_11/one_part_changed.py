"""Deformable DETR with one part changed, five epochs each, one start: compared with the run of that length in models/epochs_to_ap.

An epoch of 5 000 scenes takes about 200 s of processor time, with one level or one point far less: an hour and a half in all.
"""

from book_lib.book.models import load_log
from book_lib.experiments.compared_detectors import SETTINGS
from book_lib.experiments.epochs_to_ap import ALONG, EPOCHS, PARTS, run_part

FACTS = {
    "settings": SETTINGS | {"epochs": EPOCHS, "held_out_along": ALONG},
    "parts": {part: {key: list(value) if isinstance(value, tuple) else value for key, value in changed.items()}
              for part, changed in PARTS.items()},
}


def plan(runs):
    return [{"part": part, "seed": 0} for part in PARTS]


def run(part, seed):
    return run_part(part, seed, load_log("epochs_to_ap")["runs"])
