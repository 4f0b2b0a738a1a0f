"""The translator after each way of compressing, untrained and after 800 steps, half of its own training, at the better of two rates.

A rate is chosen with one order of the batches and 200 steps; three orders in full. Each model is then rounded to int8 and to 4 bits without
more training. About 100 s of processor time for a full run and 25 s for a rate: an hour and three quarters in all, of which what was not
trained is two minutes, the rates a quarter of an hour and each order half an hour.
"""

from book_lib.experiments.compressed_longer import LONGER, RATES, better_rate, facts, plan_of_changes, train_change
from book_lib.experiments.compressed_variants import stored

FACTS = {"settings": LONGER["translator"]} | facts("translator", RATES["translator"])


def plan(runs):
    return plan_of_changes("translator", runs)


def run(change, steps, seed, lr=None):
    if lr is None:
        lr = better_rate(stored("longer_translator"), {"change": change, "steps": steps}, RATES["translator"]) if steps else 0.0
    return train_change("translator", change, steps=steps, seed=seed, lr=lr)
