"""The first steps of deep translators: with warm-up and without, the norm after the sublayers or before them, and without residuals.

Each at two rates from one seed, at the better one from two more; the one without residuals also four times as long. A training takes half
a minute of processor time, the whole table about ten minutes.
"""

from book_lib.data.translation import make_pairs
from book_lib.experiments.depth import without_residuals
from book_lib.experiments.translator import new_translator, train_translator

ARMS = [
    {"norm": "post", "warmup": True, "residuals": True},
    {"norm": "post", "warmup": False, "residuals": True},
    {"norm": "pre", "warmup": True, "residuals": True},
    {"norm": "pre", "warmup": False, "residuals": True},
    {"norm": "post", "warmup": True, "residuals": False},
]
RATES, SEEDS, STEPS, EVERY = (5e-4, 3e-3), range(3), 300, 25
SIZES = {"d_model": 64, "n_heads": 4, "d_ff": 128, "n_layers": 6, "dropout": 0.0}
TRAINING = {"warmup": 150, "batch": 32}
FACTS = {"sizes": SIZES, "settings": {**TRAINING, "loss": f"means of {EVERY} steps, label smoothing 0.1"}}


def plan(runs):
    """Every rate from the first seed, and as soon as these are there, the other seeds at the rate that ended lowest; all at the highest."""
    first, *others = SEEDS
    wanted = []
    for arm in ARMS:
        tried = [{**arm, "lr": lr, "seed": first, "steps": STEPS} for lr in RATES]
        wanted += tried
        ended = [run for run in runs if any(all(run[key] == value for key, value in one.items()) for one in tried)]
        if len(ended) == len(tried):
            best = min(ended, key=lambda run: run["loss"][-1])["lr"]
            wanted += [{**arm, "lr": lr, "seed": seed, "steps": STEPS} for lr in sorted({best, max(RATES)}) for seed in others]
            wanted += [] if arm["residuals"] else [{**arm, "lr": best, "seed": first, "steps": 4 * STEPS}]
    return wanted


def run(norm, warmup, residuals, lr, seed, steps):
    model = new_translator(seed=seed, norm_first=norm == "pre", **SIZES)
    if not residuals:
        without_residuals(model.encoder)
        without_residuals(model.decoder)
    losses = train_translator(model, make_pairs(20_000, seed=1), seed=seed, steps=steps, rise=warmup, top_rate=lr, **TRAINING)
    return {"loss": [round(sum(losses[i : i + EVERY]) / EVERY, 4) for i in range(0, steps, EVERY)]}
