"""The five look-up readers: each at four widths and five rates from one seed, the two best rates from two more seeds.

At one width three of them try all rates from all seeds. 198 trainings, six minutes of processor time.
"""

from book_lib.experiments.lookup import RATES, SCORES, SEEDS, SOLVED, STEPS, WIDTHS, runs_of, steps_or_never, summary

EVERY_RATE = 64, ("plain", "scaled", "normalised")        # the width and the scores for which all seeds try all rates
FACTS = {"settings": {"steps": STEPS, "solved": SOLVED, "batch": 64, "n_pairs": 16, "n_words": 64, "n_answers": 8, "d_model": 64}}


def plan(runs):
    """The first seed's runs, and as soon as these are there, the other seeds' at the rates that solved it soonest."""
    first, *others = SEEDS
    wanted = []
    for d_k, score in ((d_k, score) for d_k in WIDTHS for score in SCORES):
        wanted += _runs(score, d_k, RATES, [first])
        tried = [run for lr in RATES for run in runs_of(runs, score, d_k, lr) if run["seed"] == first]
        if len(tried) == len(RATES):
            best = sorted(tried, key=lambda run: (steps_or_never(run), -run["accuracy"][1]))[:2]
            wanted += _runs(score, d_k, [run["lr"] for run in best], others)
    d_k, scores = EVERY_RATE
    wanted += [run for score in scores for run in _runs(score, d_k, RATES, others)]
    return [run for i, run in enumerate(wanted) if run not in wanted[:i]]


def _runs(score, d_k, rates, seeds):
    return [{"score": score, "d_k": d_k, "lr": lr, "seed": seed} for seed in seeds for lr in rates]


def run(score, d_k, lr, seed):
    return summary(score, d_k, lr, seed)
