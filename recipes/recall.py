"""Train the four readers of chapter 2's recall task, each from three seeds at two or three rates.

`python recipes/recall.py` trains 27 times, the Elman RNN four times as long as the others, about four minutes of processor time, and
stores the log in models/recall/metrics.json, run by run: what is there already is not run again.
"""

import sys

import torch

from book_lib.book.models import load_log, save_log
from book_lib.experiments.recall import BEFORE, DISTANCES, LENGTH, RATES, READERS, SEEDS, SOLVED, STEPS, summary


def main():
    torch.set_num_threads(1)
    try:
        runs = load_log("recall")["runs"]
    except ValueError:
        runs = []
    done = {(run["reader"], run["lr"], run["seed"]) for run in runs}
    wanted = [(name, lr, seed) for seed in SEEDS for name in READERS for lr in RATES[name]]
    for run in (run for run in wanted if run not in done):
        runs.append(summary(*run))
        print(runs[-1], file=sys.stderr, flush=True)
        save_log("recall", {
            "recipe": "recipes/recall.py",
            "settings": {"steps": STEPS, "batch": 128, "length": LENGTH, "before": BEFORE, "solved": SOLVED},
            "distances": DISTANCES,
            "versions": {"torch": torch.__version__},
            "runs": runs,
        })


if __name__ == "__main__":
    main()
