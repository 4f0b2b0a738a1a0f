"""The four readers of the recall task, each from three seeds at two or three rates: 27 trainings, four minutes of processor time.

The Elman RNN is trained four times as long as the others.
"""

from book_lib.experiments.recall import BEFORE, DISTANCES, LENGTH, RATES, READERS, SEEDS, SOLVED, STEPS, summary

FACTS = {
    "settings": {"steps": STEPS, "batch": 128, "length": LENGTH, "before": BEFORE, "solved": SOLVED},
    "distances": DISTANCES,
}


def plan(runs):
    return [{"reader": name, "lr": lr, "seed": seed} for seed in SEEDS for name in READERS for lr in RATES[name]]


def run(reader, lr, seed):
    return summary(reader, lr, seed)
