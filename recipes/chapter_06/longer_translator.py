"""The translator after each way of compressing, untrained and after 800 steps, half of its own training, at the better of two rates.

A rate is chosen with one order of the batches and 200 steps; three orders in full. Each model is then rounded to int8 and to 4 bits without
more training. About 100 s of processor time for a full run and 25 s for a rate: an hour and three quarters in all, of which what was not
trained is two minutes, the rates a quarter of an hour and each order half an hour.
"""

from book_lib.experiments.compressed_longer import LONGER, RATES, better_rate, change_arms, facts, planned, train_change
from book_lib.experiments.compressed_variants import stored

NAME = "translator"
FACTS = {"settings": LONGER[NAME]} | facts(NAME, RATES[NAME])


def plan(runs):
    arms = change_arms(NAME)
    untrained = [{"change": arm["change"], "steps": 0, "seed": 0} for arm in arms]
    return untrained + planned(arms, lambda arm: RATES[NAME])


def run(change, steps, seed, lr=None):
    if lr is None:
        lr = better_rate(stored("longer_translator"), {"change": change, "steps": steps}, RATES[NAME]) if steps else 0.0
    return train_change(NAME, change, steps=steps, seed=seed, lr=lr)
