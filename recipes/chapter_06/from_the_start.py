"""Translators designed to be small and trained from their start, as long as the book's: shared layers, fewer layers, narrower ones.

Also heads that share keys and values in pairs, and linear attention in the encoder; the book's own design is the control.
A rate is chosen with one start, run in full at both, since trainings a quarter as long chose wrongly; then two more starts. About 160 s of
processor time for a full run: an hour and a half in all, of which the rates are half an hour and each start twenty minutes.
"""

from book_lib.experiments.compressed_longer import FROM_START, START_RATES, better_rate, design_arms, facts, planned, train_design
from book_lib.experiments.compressed_variants import stored

FACTS = {"settings": FROM_START} | facts("translator", START_RATES)


def plan(runs):
    return planned(design_arms(), lambda arm: START_RATES, runs, both_in_full=True)


def run(design, steps, seed, lr=None):
    lr = better_rate(stored("from_the_start"), {"design": design, "steps": steps}, START_RATES) if lr is None else lr
    return train_design(design, steps=steps, seed=seed, lr=lr)
