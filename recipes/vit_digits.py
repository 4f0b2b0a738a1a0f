"""Train the book's ViT on all real digits of the training part, moved by up to 4 px (chapter 8).

`python recipes/vit_digits.py` takes about four minutes on one core; it stores weights, log and scores in models/vit_digits. The rate is the
better of two, each tried for a quarter of the steps and judged on the choice part.
"""

import sys
import time

import torch

from book_lib.book.models import model_folder, save_model
from book_lib.experiments.named_pictures import BATCH, N_DIGITS, VIT, accuracy, digit_pictures, new_model, train_names

SEED, STEPS, RATES = 0, 1_800, (0.001, 0.003)
CHANGED = {"n_classes": N_DIGITS}


def trained(lr, steps):
    """A ViT trained at a rate, and its losses."""
    model, pictures = new_model("vit", seed=SEED, **CHANGED), digit_pictures("train")
    return model, train_names(model, len(pictures[0]), steps=steps, lr=lr, seed=SEED, augment=True, mirror=False, pictures=pictures)


def main():
    torch.set_num_threads(1)
    started, tried = time.process_time(), {}
    for lr in RATES:
        tried[lr] = round(accuracy(trained(lr, STEPS // 4)[0], pictures=digit_pictures("choice")), 4)
    rate = max(RATES, key=tried.get)
    model, losses = trained(rate, STEPS)
    held_out = digit_pictures("held out")
    save_model("vit_digits", model.state_dict(), {
        "recipe": "recipes/vit_digits.py",
        "seed": SEED,
        "sizes": VIT,
        "changed": CHANGED,
        "settings": {"digits": len(digit_pictures("train")[0]), "steps": STEPS, "lr": rate, "batch": BATCH},
        "tried": [{"lr": lr, "steps": STEPS // 4, "choice_accuracy": found} for lr, found in tried.items()],
        "versions": {"torch": torch.__version__},
        "threads": torch.get_num_threads(),
        "processor_seconds": round(time.process_time() - started),
        "parameters": sum(p.numel() for p in model.parameters()),
        "losses": [round(sum(losses[i : i + 100]) / 100, 4) for i in range(0, STEPS, 100)],
        "held_out": {"digits": len(held_out[0])},
        "choice_accuracy": round(accuracy(model, pictures=digit_pictures("choice")), 4),
        "accuracy": round(accuracy(model, pictures=held_out), 4),
    })
    print(f"stored in {model_folder('vit_digits')}: {accuracy(model, pictures=held_out):.3f}", file=sys.stderr)


if __name__ == "__main__":
    main()
