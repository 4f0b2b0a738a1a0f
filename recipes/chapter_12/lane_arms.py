"""LSTR with one part changed, in short trainings: every query with road numbers of its own, and matching by end points.

The roads of recipes/lanes.py in the same order for all arms, 3 epochs of its 20; two rates for each arm, compared with one start and one
epoch; then three starts each at the better rate. The arms: "shared" (LSTR as it is), "own" (k, f, m and n of each query are kept, not
averaged), "ends" (in the matching alone, lines are compared in their first and last row). About two minutes of processor time a run, 25
minutes in all.
"""

from functools import cache

import torch

from book_lib.data.lanes import make_roads
from book_lib.experiments.small_lanes import HELD_OUT_SEED, SETTINGS, new_lstr, score, train_lstr

ARMS, SEEDS, RATES, ROADS, EPOCHS, TRIED, HELD_OUT = ("shared", "own", "ends"), (0, 1, 2), (1e-3, 2e-3), 6_000, 3, 1, 500
FACTS = {
    "settings": {"batch": SETTINGS["batch"], "roads": ROADS, "epochs": EPOCHS, "epochs_for_the_rates": TRIED},
    "rates": list(RATES),
    "held_out": {"roads": HELD_OUT, "first_seed": HELD_OUT_SEED},
}


def plan(runs):
    rates = [wanted(arm, rate, 0, epochs=TRIED) for arm in ARMS for rate in RATES]
    return rates + [wanted(arm, best_rate(runs, arm), seed) for seed in SEEDS for arm in ARMS]


def wanted(arm, top_rate, seed, *, epochs=EPOCHS):
    return {"arm": arm, "epochs": epochs, "top_rate": top_rate, "seed": seed}


def best_rate(runs, arm):
    """The rate after whose one epoch the arm missed the fewest lines; the first rate as long as none has run."""
    tried = [run for run in runs if run["arm"] == arm and run["epochs"] == TRIED]
    return min(tried, key=lambda run: run["FN"])["top_rate"] if tried else RATES[0]


@cache
def roads():
    return make_roads(ROADS), make_roads(HELD_OUT, seed=HELD_OUT_SEED)


def run(arm, epochs, top_rate, seed):
    torch.set_num_threads(1)
    pictures, held_out = roads()
    model = new_lstr(seed=seed, shared=arm != "own")
    log = train_lstr(model, pictures, seed=seed, epochs=epochs, batch=SETTINGS["batch"], top_rate=top_rate,
                     costs={"points": "ends" if arm == "ends" else "all"})
    found = score(model.eval(), held_out)
    return {**{name: round(value, 4) for name, value in found.items()}, "losses": [round(entry["loss"], 4) for entry in log]}
