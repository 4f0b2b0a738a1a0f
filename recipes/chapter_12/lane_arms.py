"""LSTR with one part changed, in short trainings: every query with road numbers of its own, and matching by end points.

The same roads in the same order for all arms; three starts each. The arms: "shared" (LSTR as it is), "own" (k, f, m and n of each query
are kept, not averaged), "ends" (in the matching alone, lines are compared in their first and last row). About 100 seconds of processor
time a run, 15 minutes in all. The first start of every arm comes first.

The stored runs were made on the roads of an earlier version of the book, whose bends have radii of 200 m and more, with networks that begin
with f'' near 0. Without models/lane_arms, the arms are trained on today's roads.
"""

import torch

from book_lib.data.lanes import make_roads
from book_lib.experiments.small_lanes import HELD_OUT_SEED, new_lstr, score, train_lstr

ARMS, SEEDS, ROADS, EPOCHS = ("shared", "own", "ends"), (0, 1, 2), 2_000, 8
SETTINGS = {"batch": 16, "top_rate": 1e-3}
FACTS = {"settings": SETTINGS | {"roads": ROADS, "epochs": EPOCHS}, "held_out": {"roads": 500, "first_seed": HELD_OUT_SEED}}


def plan(runs):
    return [{"arm": arm, "seed": seed} for seed in SEEDS for arm in ARMS]


def run(arm, seed):
    torch.set_num_threads(1)
    model = new_lstr(seed=seed, shared=arm != "own")
    log = train_lstr(model, make_roads(ROADS), seed=seed, epochs=EPOCHS, costs={"points": "ends" if arm == "ends" else "all"}, **SETTINGS)
    found = score(model.eval(), make_roads(500, seed=HELD_OUT_SEED))
    return {**{name: round(value, 4) for name, value in found.items()}, "losses": [round(entry["loss"], 4) for entry in log]}
