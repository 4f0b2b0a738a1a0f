"""Train the five look-up readers of chapter 2's lab: each at four widths and five rates from one seed, the two best rates from two more.

`python recipes/lookup.py` trains 200 times, six minutes of processor time, and stores the log in models/lookup/metrics.json, run by run:
what is there already is not run again.
"""

import sys

import torch

from book_lib.book.models import load_log, save_log
from book_lib.experiments.lookup import RATES, SCORES, SEEDS, SOLVED, STEPS, WIDTHS, runs_of, steps_or_never, summary

EVERY_RATE = 64, ("plain", "scaled", "normalised")        # the width and the scores for which all seeds try all rates


def main():
    torch.set_num_threads(1)
    try:
        runs = load_log("lookup")["runs"]
    except ValueError:
        runs = []
    first, *others = SEEDS
    for d_k, score in ((d_k, score) for d_k in WIDTHS for score in SCORES):
        run_missing([(score, d_k, lr, first) for lr in RATES], runs)
        tried = sorted(RATES, key=lambda lr, d_k=d_k, score=score: soonest(runs_of(runs, score, d_k, lr)[0]))
        run_missing([(score, d_k, lr, seed) for seed in others for lr in tried[:2]], runs)
    d_k, scores = EVERY_RATE
    run_missing([(score, d_k, lr, seed) for seed in others for score in scores for lr in RATES], runs)


def soonest(run):
    return steps_or_never(run), -run["accuracy"][1]


def run_missing(wanted, runs):
    """Do the wanted runs that are not among the runs, store all after each."""
    for run in wanted:
        if run not in {(done["score"], done["d_k"], done["lr"], done["seed"]) for done in runs}:
            runs.append(summary(*run))
            print(runs[-1], file=sys.stderr, flush=True)
            save_log("lookup", {
                "recipe": "recipes/lookup.py",
                "settings": {"steps": STEPS, "solved": SOLVED, "batch": 64, "n_pairs": 16, "n_words": 64, "n_answers": 8, "d_model": 64},
                "versions": {"torch": torch.__version__},
                "runs": runs,
            })


if __name__ == "__main__":
    main()
