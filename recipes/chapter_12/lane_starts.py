"""The whole training of recipes/lanes.py from two other starts, so that the accuracy of the small LSTR is known from three.

Roads, settings and held-out roads are those of recipes/lanes.py, whose own run, from seed 0, is stored in models/lanes. About twelve
minutes of processor time a run.
"""

from pathlib import Path

import torch

from book_lib.data.lanes import make_roads
from book_lib.experiments.small_lanes import HELD_OUT_SEED, SETTINGS, new_lstr, score, train_lstr

SEEDS, ROADS, EPOCHS, HELD_OUT = (1, 2), 6_000, 20, 1_000
FACTS = {"settings": SETTINGS | {"roads": ROADS, "epochs": EPOCHS}, "held_out": {"roads": HELD_OUT, "first_seed": HELD_OUT_SEED}}
WORK = Path(__file__).parents[2] / "build" / "recipes"


def plan(runs):
    return [{"seed": seed} for seed in SEEDS]


def run(seed):
    torch.set_num_threads(1)
    WORK.mkdir(parents=True, exist_ok=True)
    checkpoint = WORK / f"lane_starts_{seed}.pt"
    model = new_lstr(seed=seed)
    log = train_lstr(model, make_roads(ROADS), seed=seed, epochs=EPOCHS, checkpoint=checkpoint, **SETTINGS)
    found = score(model.eval(), make_roads(HELD_OUT, seed=HELD_OUT_SEED))
    checkpoint.unlink()
    return {**{name: round(value, 4) for name, value in found.items()}, "losses": [round(entry["loss"], 4) for entry in log]}
