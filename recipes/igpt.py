"""Train the book's iGPT on scikit-learn's digits: each pixel from those before it (chapter 7).

`python recipes/igpt.py` takes about two minutes on one core; it stores weights, log and scores in models/igpt. The weights are those of
the best look at the choice part, not of the last step.
"""

import sys
import time

import torch

from book_lib.book.models import model_folder, save_model
from book_lib.experiments.pixels import BATCH, BETAS, LOOK_EVERY, N_TRAIN, SIZES, TOGETHER, nats_by_place, new_model, train_and_keep_best

SEED, STEPS, RATE = 0, 800, 0.006                                            # the rate: the better of pixel_nats's two


def train_and_store(name, objective, *, steps=STEPS, lr=RATE):
    """Train an iGPT by one objective and store it in models/NAME with its log and its held-out nats per pixel."""
    torch.set_num_threads(1)
    started, model = time.process_time(), new_model(seed=SEED)

    def after_look(look):
        print(f"{look} after {time.process_time() - started:.0f} s of processor", file=sys.stderr, flush=True)

    looks = train_and_keep_best(model, objective, steps=steps, lr=lr, seed=SEED, after_look=after_look)
    seconds, nats = round(time.process_time() - started), nats_by_place(model, objective).mean().item()
    save_model(name, model.state_dict(), {
        "recipe": f"recipes/{name}.py",
        "objective": objective,
        "seed": SEED,
        "sizes": SIZES,
        "settings": {"steps": steps, "lr": lr, "batch": BATCH, "betas": list(BETAS), "look_every": LOOK_EVERY, "together": TOGETHER},
        "digits": N_TRAIN,
        "versions": {"torch": torch.__version__},
        "threads": torch.get_num_threads(),
        "processor_seconds": seconds,
        "parameters": sum(p.numel() for p in model.parameters()),
        "looks": [{"step": look["step"], "choice_nats": round(look["choice_nats"], 4)} for look in looks],
        "kept_step": min(looks, key=lambda look: look["choice_nats"])["step"],
        "held_out_nats": round(nats, 4),
    })
    print(f"stored in {model_folder(name)}: {nats:.3f} nats per held-out pixel", file=sys.stderr)


def main():
    train_and_store("igpt", "autoregressive")


if __name__ == "__main__":
    main()
