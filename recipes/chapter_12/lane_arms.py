"""LSTR with one part changed, in short trainings: every query with road numbers of its own, and matching by end points.

The roads of recipes/lanes.py in the same order for all arms, 3 epochs of its 20; the first start at two rates, the other two at the better
one, and those of "ends" at the lower rate as well. The arms: "shared" (LSTR as it is), "own" (k, f, m and n of each query are kept, not
averaged), "ends" (in the matching alone, lines are compared in their first and last row). About two minutes of processor time a run, 27
minutes in all.
"""

from functools import cache

import torch

from book_lib.data.lanes import make_roads
from book_lib.experiments.small_lanes import HELD_OUT_SEED, SETTINGS, new_lstr, score, train_lstr

ARMS, SEEDS, RATES, ROADS, EPOCHS, HELD_OUT = ("shared", "own", "ends"), (0, 1, 2), (5e-4, 1e-3), 6_000, 3, 500
FACTS = {
    "settings": {"batch": SETTINGS["batch"], "roads": ROADS, "epochs": EPOCHS},
    "rates": list(RATES),
    "held_out": {"roads": HELD_OUT, "first_seed": HELD_OUT_SEED},
}


def plan(runs):
    first = [{"arm": arm, "top_rate": rate, "seed": SEEDS[0]} for rate in RATES for arm in ARMS]
    better = [{"arm": arm, "top_rate": best_rate(runs, arm), "seed": seed} for seed in SEEDS[1:] for arm in ARMS]
    return first + better + [{"arm": "ends", "top_rate": RATES[0], "seed": seed} for seed in SEEDS[1:]]


def best_rate(runs, arm):
    """The rate at which the arm's first start missed the fewest lines; the first rate as long as none has run."""
    tried = [run for run in runs if run["arm"] == arm and run["seed"] == SEEDS[0]]
    return min(tried, key=lambda run: run["FN"])["top_rate"] if tried else RATES[0]


@cache
def roads():
    return make_roads(ROADS), make_roads(HELD_OUT, seed=HELD_OUT_SEED)


def run(arm, top_rate, seed):
    torch.set_num_threads(1)
    pictures, held_out = roads()
    model = new_lstr(seed=seed, shared=arm != "own")
    log = train_lstr(model, pictures, seed=seed, epochs=EPOCHS, batch=SETTINGS["batch"], top_rate=top_rate,
                     costs={"points": "ends" if arm == "ends" else "all"})
    found = score(model.eval(), held_out)
    return {**{name: round(value, 4) for name, value in found.items()}, "losses": [round(entry["loss"], 4) for entry in log]}
