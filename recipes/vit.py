"""Train the book's ViT on 50 000 pictures of one object each (chapter 8).

`python recipes/vit.py` takes about ten minutes on one core; it stores weights, log and scores in models/vit.
"""

import sys
import time

import torch

from book_lib.book.models import model_folder, save_model
from book_lib.experiments.named_pictures import BATCH, HELD_OUT_SEED, N_HELD_OUT, VIT, accuracy, new_model, train_names

SEED, PICTURES, STEPS, RATE = 0, 50_000, 6_000, 0.001


def main():
    torch.set_num_threads(1)
    started, model = time.process_time(), new_model("vit", seed=SEED)
    losses = train_names(model, PICTURES, steps=STEPS, lr=RATE, seed=SEED)
    save_model("vit", model.state_dict(), {
        "recipe": "recipes/vit.py",
        "seed": SEED,
        "sizes": VIT,
        "changed": {},
        "settings": {"pictures": PICTURES, "steps": STEPS, "lr": RATE, "batch": BATCH},
        "versions": {"torch": torch.__version__},
        "threads": torch.get_num_threads(),
        "processor_seconds": round(time.process_time() - started),
        "parameters": sum(p.numel() for p in model.parameters()),
        "losses": [round(sum(losses[i : i + 100]) / 100, 4) for i in range(0, STEPS, 100)],
        "held_out": {"pictures": N_HELD_OUT, "first_seed": HELD_OUT_SEED},
        "accuracy": round(accuracy(model), 4),
    })
    print(f"stored in {model_folder('vit')}: {accuracy(model):.3f}", file=sys.stderr)


if __name__ == "__main__":
    main()
