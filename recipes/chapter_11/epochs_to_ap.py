"""Deformable DETR in 5 epochs, a quarter of those of DETR in models/rivals: same scenes, backbones, batches and padding, AP by epoch.

The rate is chosen by one start, then every rate gets two more. An epoch of 5 000 scenes takes Deformable DETR about 200 s of processor time
(DETR 75 s), on harder scenes twice as long: three and a half hours in all. DETR's trainings of 20 epochs and the dense detector stand in
models/rivals.
"""

from book_lib.experiments.compared_detectors import SETTINGS
from book_lib.experiments.epochs_to_ap import ALONG, EPOCHS, RATES, plan_of, run_one
from book_lib.experiments.small_deformable import DEFORMABLE_SIZES

FACTS = {
    "settings": SETTINGS | {"epochs": EPOCHS, "held_out_along": ALONG},
    "rates": {name: list(rates) for name, rates in RATES.items()},
    "sizes": {name: list(value) if isinstance(value, tuple) else value for name, value in DEFORMABLE_SIZES.items()},
}


def plan(runs):
    return plan_of(runs)


def run(**wanted):
    return run_one(**wanted)
