"""Train the book's translator with a bug: no causal mask in the decoder. It reads the answers, and cannot write.

`python recipes/translator_no_mask.py` takes about ten minutes on one core; all else is as in recipes/translator.py.
"""

import sys
import time

import torch

from book_lib.book.models import save_model
from book_lib.data.translation import make_pairs
from book_lib.experiments.no_mask import new_unmasked_translator, teacher_forced
from book_lib.experiments.translator import SIZES, load_translator, right_translations, train_translator

SEED, STEPS, EVERY, PAIRS = 0, 1600, 200, 60_000
SETTINGS = {"warmup": 400, "top_rate": 2e-3, "batch": 64, "smoothing": 0.1}


def scores_of(model, pairs):
    """Teacher forcing, and writing on its own, as shares of right words and of right sentences."""
    return {
        "teacher_forced": round(teacher_forced(model.eval(), pairs), 4),
        "right": round(right_translations(model, pairs).float().mean().item(), 4),
    }


def main():
    torch.set_num_threads(1)
    pairs, few = make_pairs(PAIRS, seed=1), make_pairs(200, seed=3, split="test")
    model, checks, steps, start = new_unmasked_translator(seed=SEED), [], [0], time.perf_counter()

    def watch(model):
        if steps[0] % EVERY == 0:
            checks.append({"step": steps[0]} | scores_of(model, few))
            model.train()
            print(f"{checks[-1]} after {time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)
        steps[0] += 1

    losses = train_translator(model, pairs, seed=SEED, steps=STEPS, watch=watch, **SETTINGS)
    seconds, test = time.perf_counter() - start, make_pairs(1000, seed=2, split="test")
    scores = {"without the mask": scores_of(model, test), "with the mask": scores_of(load_translator()[0], test)}
    print(scores, file=sys.stderr)
    save_model("translator_no_mask", model.state_dict(), {
        "recipe": "recipes/translator_no_mask.py",
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
        "while_training": checks,
        "scores": scores,
    })


if __name__ == "__main__":
    main()
