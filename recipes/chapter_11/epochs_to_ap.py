"""DETR in 20 epochs and Deformable DETR in 10: same scenes, backbones, batches and padding, two rates each, three starts, AP by epoch.

An epoch of 5 000 scenes takes DETR 75 s of processor time and Deformable DETR about 200 s, on harder scenes twice as long: five hours in
all. Rates are compared with one start and five epochs. DETR and the dense detector on harder scenes stand in models/rivals.
"""

from book_lib.experiments.compared_detectors import SETTINGS
from book_lib.experiments.epochs_to_ap import ALONG, EPOCHS, EPOCHS_FOR_RATES, RATES, plan_of, run_one
from book_lib.experiments.small_deformable import DEFORMABLE_SIZES

FACTS = {
    "settings": SETTINGS | {"epochs": EPOCHS, "epochs_for_the_rates": EPOCHS_FOR_RATES, "held_out_along": ALONG},
    "rates": {name: list(rates) for name, rates in RATES.items()},
    "sizes": {name: list(value) if isinstance(value, tuple) else value for name, value in DEFORMABLE_SIZES.items()},
}


def plan(runs):
    return plan_of(runs)


def run(**wanted):
    return run_one(**wanted)
