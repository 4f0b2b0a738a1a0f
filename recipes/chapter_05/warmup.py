"""The first steps of deep translators: with warm-up and without, the norm after the sublayers or before them, and without residuals.

Post-norm with residuals at four rates from three seeds, since it is its warm-up that is in question; the others at two rates from one seed,
and at the better one and the larger from two more. The one without residuals also four times as long; of it we measure how different the
words of a sentence still are behind the encoder. A training takes half a minute of processor time, the whole table about 20 minutes.
"""

import torch

from book_lib.data.translation import encode_source, make_pairs
from book_lib.experiments.depth import token_likeness, without_residuals
from book_lib.experiments.translator import new_translator, train_translator

ARMS = [
    {"norm": "post", "warmup": True, "residuals": True},
    {"norm": "post", "warmup": False, "residuals": True},
    {"norm": "pre", "warmup": True, "residuals": True},
    {"norm": "pre", "warmup": False, "residuals": True},
    {"norm": "post", "warmup": True, "residuals": False},
]
RATES, MORE_RATES, SEEDS, STEPS, EVERY = (5e-4, 3e-3), (1e-3, 2e-3), range(3), 300, 25
SIZES = {"d_model": 64, "n_heads": 4, "d_ff": 128, "n_layers": 6, "dropout": 0.0}
TRAINING = {"warmup": 150, "batch": 32}
FACTS = {"sizes": SIZES, "settings": {**TRAINING, "loss": f"means of {EVERY} steps, label smoothing 0.1"}}


def plan(runs):
    """Both rates from the first seed, and as soon as these are there, the other seeds at the rate that ended lower, and at the larger."""
    first, *others = SEEDS
    wanted = []
    for arm in ARMS:
        tried = [{**arm, "lr": lr, "seed": first, "steps": STEPS} for lr in RATES]
        wanted += tried
        if arm["norm"] == "post" and arm["residuals"]:
            wanted += [{**arm, "lr": lr, "seed": seed, "steps": STEPS} for lr in RATES + MORE_RATES for seed in SEEDS]
        ended = [run for run in runs if any(all(run[key] == value for key, value in one.items()) for one in tried)]
        if len(ended) == len(tried):
            best = min(ended, key=lambda run: run["loss"][-1])["lr"]
            wanted += [{**arm, "lr": lr, "seed": seed, "steps": STEPS} for lr in sorted({best, max(RATES)}) for seed in others]
            wanted += [] if arm["residuals"] else [{**arm, "lr": best, "seed": first, "steps": 4 * STEPS}]
    return [one for i, one in enumerate(wanted) if one not in wanted[:i]]


def run(norm, warmup, residuals, lr, seed, steps):
    model = new_translator(seed=seed, norm_first=norm == "pre", **SIZES)
    if not residuals:
        without_residuals(model.encoder)
        without_residuals(model.decoder)
    losses = train_translator(model, make_pairs(20_000, seed=1), seed=seed, steps=steps, rise=warmup, top_rate=lr, **TRAINING)
    results = {"loss": [round(sum(losses[i : i + EVERY]) / EVERY, 4) for i in range(0, steps, EVERY)]}
    return results if residuals else {**results, "words_apart": round(words_apart(model.eval()), 6)}


@torch.no_grad()
def words_apart(model):
    """How different the words of a sentence are behind the encoder, 1 minus their mean cosine, in held-out sentences of 12 characters."""
    sentences = [pair.source for pair in make_pairs(1000, seed=2, split="test") if len(pair.source) == 12]
    memory, _, _ = model.encode(encode_source(sentences), need_weights=False)
    return 1 - token_likeness(memory)
