"""Start deep translators with and without warm-up, residual connections, and a norm before the sublayers (chapter 5).

`python recipes/warmup.py` takes about ten minutes on one core; it stores only the losses, in models/warmup/metrics.json.
"""

import sys
import time

import torch

from book_lib.book.models import save_log
from book_lib.data.translation import TARGET_VOCABULARY, encode_target, make_pairs
from book_lib.experiments.depth import without_residuals
from book_lib.experiments.translator import new_translator, train_translator

SIZES = {"d_model": 64, "n_heads": 4, "d_ff": 128, "n_layers": 6, "dropout": 0.0}
RUNS = {
    "post-norm, warm-up": {},
    "post-norm, no warm-up": {"rise": False},
    "the same, rate / 6": {"rise": False, "top_rate": 5e-4},
    "pre-norm, warm-up": {"norm_first": True},
    "pre-norm, no warm-up": {"norm_first": True, "rise": False},
    "post-norm, no residuals": {"residuals": False},
}
SEEDS, STEPS, EVERY = range(3), 300, 25
RATE = {"warmup": 150, "top_rate": 3e-3, "batch": 32}


def main():
    torch.set_num_threads(1)
    pairs, runs, start = make_pairs(20_000, seed=1), [], time.perf_counter()
    for name, run in RUNS.items():
        for seed in SEEDS:
            model = new_translator(seed=seed, norm_first=run.get("norm_first", False), **SIZES)
            if not run.get("residuals", True):
                without_residuals(model.encoder)
                without_residuals(model.decoder)
            losses = train_translator(model, pairs, seed=seed, steps=STEPS, rise=run.get("rise", True),
                                      **RATE | {"top_rate": run.get("top_rate", RATE["top_rate"])})
            means = [round(sum(losses[i : i + EVERY]) / EVERY, 4) for i in range(0, STEPS, EVERY)]
            runs.append({"run": name, "seed": seed, "loss": means})
            print(f"{name}, seed {seed}: {means[-1]:.2f} at the end, {time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)
    scored = torch.cat([encode_target([pair.target])[0, 1:] for pair in pairs[:5000]])
    shares = torch.bincount(scored, minlength=len(TARGET_VOCABULARY)) / len(scored)
    smoothed = 0.9 * shares + 0.1 / len(shares)
    save_log("warmup", {
        "recipe": "recipes/warmup.py",
        "sizes": SIZES,
        "settings": {"steps": STEPS, **RATE, "loss": f"mean of {EVERY} steps, label smoothing 0.1"},
        "loss_of_word_frequencies": round(-(smoothed * smoothed.log()).sum().item(), 4),
        "versions": {"torch": torch.__version__},
        "seconds": round(time.perf_counter() - start),
        "runs": runs,
    })


if __name__ == "__main__":
    main()
