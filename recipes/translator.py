"""Train the book's translator from Chinese to English (chapter 5).

`python recipes/translator.py` takes about five minutes on two cores; it stores weights, log and scores in models/translator.
"""

import sys
import time

import torch

from book_lib.book.models import save_model
from book_lib.data.translation import make_pairs
from book_lib.experiments.translator import SIZES, new_translator, right_translations, train_translator

SEED, STEPS, EVERY, PAIRS = 0, 1600, 200, 60_000
SETTINGS = {"warmup": 400, "top_rate": 2e-3, "batch": 64, "smoothing": 0.1}


def main():
    torch.set_num_threads(2)
    pairs, few = make_pairs(PAIRS, seed=1), make_pairs(200, seed=3, split="test")
    model, checks, steps, start = new_translator(seed=SEED), [], [0], time.perf_counter()

    def watch(model):
        if steps[0] % EVERY == 0:
            share = right_translations(model.eval(), few).float().mean().item()
            model.train()
            checks.append({"step": steps[0], "right": round(share, 4)})
            seconds = time.perf_counter() - start
            print(f"step {steps[0]}: {100 * share:.1f} % of 200 new sentences right after {seconds:.0f} s", file=sys.stderr, flush=True)
        steps[0] += 1

    losses = train_translator(model, pairs, seed=SEED, steps=STEPS, watch=watch, **SETTINGS)
    seconds = time.perf_counter() - start
    scores = {}
    for split in ("test", "longer", "new_combination"):
        scores[split] = round(right_translations(model.eval(), make_pairs(1000, seed=2, split=split)).float().mean().item(), 4)
        print(f"{split}: {100 * scores[split]:.1f} % right", file=sys.stderr)
    save_model("translator", model.state_dict(), {
        "recipe": "recipes/translator.py",
        "seed": SEED,
        "sizes": SIZES,
        "settings": SETTINGS,
        "steps": STEPS,
        "training_pairs": f"{len({pair.source for pair in pairs})} different ones among {PAIRS}, seed 1",
        "versions": {"torch": torch.__version__},
        "threads": torch.get_num_threads(),
        "seconds": round(seconds),
        "parameters": sum(p.numel() for p in model.parameters()),
        "loss_by_100_steps": [round(sum(losses[i : i + 100]) / 100, 4) for i in range(0, STEPS, 100)],
        "right_while_training": checks,
        "scores": scores,
    })


if __name__ == "__main__":
    main()
