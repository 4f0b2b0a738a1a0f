"""The small DETR and 12 ways of compressing it, untrained and after 1 240 steps, a twelfth of its own training, at the better of two rates.

A rate is chosen with one order of the batches and 310 steps; three orders in full, scored on 1 000 scenes. Each model is then rounded to
int8 and to 4 bits without more training. About three minutes of processor time for a full run, 45 s for a rate, once half a minute for the
scenes: nearly three hours in all, of which the rates are half an hour and each order 40 minutes. A GPU
trains (BOOK_DEVICE=cuda); the scoring stays on the processor.
"""

from book_lib.experiments.compressed_longer import LONGER, RATES, better_rate, facts, plan_of_changes, train_change
from book_lib.experiments.compressed_variants import stored

FACTS = {"settings": LONGER["detr"]} | facts("detr", RATES["detr"])


def plan(runs):
    return plan_of_changes("detr", runs)


def run(change, steps, seed, lr=None):
    if lr is None:
        lr = better_rate(stored("longer_detr"), {"change": change, "steps": steps}, RATES["detr"]) if steps else 0.0
    return train_change("detr", change, steps=steps, seed=seed, lr=lr, rounded=steps in (0, LONGER["detr"]["steps"]))
