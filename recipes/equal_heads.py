"""Train four heads from an equal start and watch rounding pull them apart (chapter 3).

`python recipes/equal_heads.py` should take half a minute where it has a core to itself. That is an estimate: 40 steps in each precision,
timed and multiplied, give 23 s. The run that made the shipped log shared its machine and took 216 s.
"""

import sys
import time

import torch

from book_lib.book.models import save_model
from book_lib.experiments.gaps import GapFiller, accuracy_by_gap, exercises, right_answers, train_gap_filler
from book_lib.experiments.heads import head_difference, make_heads_equal

SEED, STEPS, EVERY = 0, 1500, 25


def main():
    torch.set_num_threads(1)
    corpus, test = exercises(20_000, seed=1), exercises(1000, seed=2)
    weights, runs, start = {}, [], time.perf_counter()
    for name, dtype in (("single precision", torch.float32), ("double precision", torch.float64)):
        model, differences = GapFiller(4, seed=SEED).to(dtype), []
        make_heads_equal(model.layers[0])
        losses = train_gap_filler(
            model,
            seed=SEED,
            steps=STEPS,
            corpus=corpus,
            watch=lambda model, seen=differences: seen.append(head_difference(model.layers[0])),
        )
        accuracy = accuracy_by_gap(right_answers(model.double(), *test), *test)
        weights |= {f"{name}.{key}": tensor for key, tensor in model.state_dict().items()}
        runs.append(
            {
                "precision": name,
                "seed": SEED,
                "accuracy": {gap: round(share, 4) for gap, share in accuracy.items()},
                "difference_every_25_steps": [float(f"{x:.3g}") for x in differences[::EVERY]],
                "loss_by_100_steps": [round(sum(losses[i : i + 100]) / 100, 4) for i in range(0, STEPS, 100)],
            }
        )
        print(f"{name}: {runs[-1]['accuracy']}, heads differ by {differences[-1]:.1e}", file=sys.stderr)
    save_model(
        "equal_heads",
        weights,
        {
            "recipe": "recipes/equal_heads.py",
            "steps": STEPS,
            "versions": {"torch": torch.__version__},
            "seconds": round(time.perf_counter() - start),
            "runs": runs,
        },
    )


if __name__ == "__main__":
    main()
