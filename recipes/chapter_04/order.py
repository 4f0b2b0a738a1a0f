"""The order task with every position code, from five seeds at two rates: 150 trainings, five minutes of processor time.

All readers get the same budget, which is several times what the slowest of those that solve the task needs.
"""

from book_lib.experiments.order import LEARNED, LENGTHS, RATES, READERS, SEEDS, STEPS, TRAINED, summary

FACTS = {"settings": {"steps": STEPS, "batch": 32, "length": TRAINED, "learned": LEARNED}, "lengths": list(LENGTHS)}


def plan(runs):
    return [{"reader": name, "lr": lr, "seed": seed} for seed in SEEDS for name in READERS for lr in RATES]


def run(reader, lr, seed):
    return summary(reader, lr, seed)
