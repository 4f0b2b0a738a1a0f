"""Strings repeated through one vector of two widths, or with a look back: 15 trainings, five minutes of processor time.

Each network tries three rates from one seed and has two more seeds at its best one.
"""

from book_lib.experiments.bottleneck import ARMS, BATCH, LENGTHS, LONGEST, N_LETTERS, RATES, SEEDS, STEPS, at_best_rate, summary

FACTS = {"settings": {"steps": STEPS, "batch": BATCH, "n_letters": N_LETTERS, "longest": LONGEST}, "lengths": LENGTHS}


def plan(runs):
    """The first seed at every rate, and as soon as these are there, the other seeds at the best one."""
    networks = [(arm, width) for arm, widths in ARMS.items() for width in widths]
    wanted = [_run(*network, lr, SEEDS[0]) for network in networks for lr in RATES]
    for network in networks:
        tried = {run["lr"] for run in runs if (run["arm"], run["width"], run["seed"], run["steps"]) == (*network, SEEDS[0], STEPS)}
        if tried >= set(RATES):
            best = at_best_rate(runs, *network)[0]["lr"]
            wanted += [_run(*network, best, seed) for seed in SEEDS[1:]]
    return wanted


def _run(arm, width, lr, seed):
    return {"arm": arm, "width": width, "lr": lr, "seed": seed, "steps": STEPS}


def run(arm, width, lr, seed, steps):
    return summary(arm, width, lr, seed, steps)
