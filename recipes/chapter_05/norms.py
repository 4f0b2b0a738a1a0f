"""Small translators that keep or break a rule of norms or masks.

Layer norm, batch norm with and without padding, a norm over the sentence (also in the encoder only, where nothing can leak), no causal
mask. The first three at two rates from one seed, everything at the better rate from three: 21 trainings, eight minutes of processor time.
"""

from book_lib.experiments.norms import RULES, SIZES, TRAINING, summary

RATES, SEEDS = (2e-3, 5e-3), range(3)
FACTS = {
    "sizes": SIZES,
    "settings": {**TRAINING, "loss": "mean of the last 50 steps, label smoothing 0.1", "tested": "1000 held-out sentences"},
}


def plan(runs):
    """Both rates for the norms from the first seed; the higher one won for each of them, and is the one all others get."""
    norms, best = RULES[:3], RATES[-1]
    wanted = [{"rule": rule, "lr": best, "seed": seed} for seed in SEEDS for rule in reversed(RULES)]
    return wanted + [{"rule": rule, "lr": RATES[0], "seed": SEEDS[0]} for rule in norms]


def run(rule, lr, seed):
    return summary(rule, lr, seed)
