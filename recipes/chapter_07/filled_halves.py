"""The lower halves of all held-out digits, filled in every way by the shipped models, and what a classifier and a neighbour say of them.

Three draws of each way that draws. About half a minute of one core; nothing is trained.
"""

from book_lib.experiments.half_digits import WAYS, distance_to_digits, filled_halves, named_right
from book_lib.experiments.pixels import digits, load_igpt

SEEDS, FIXED = (0, 1, 2), ("truth", "empty")
FACTS = {"settings": {"part": "held out", "models": ["igpt", "igpt_masked"]}}


def plan(runs):
    return [{"way": way, "seed": seed} for seed in SEEDS for way in WAYS if seed == SEEDS[0] or way not in FIXED]


def run(way, seed):
    pixels, labels = digits("held out")
    filled = filled_halves(way, pixels, seed=seed, models={"autoregressive": load_igpt(), "masked": load_igpt("igpt_masked")})
    return {"named_right": round(named_right(filled, labels), 4), "distance": round(distance_to_digits(filled), 3)}
