"""Train the gap fillers that chapter 3 takes apart, five starts each, in about three minutes of processor time.

How soon networks with different numbers of heads learn is measured by recipes/chapter_03/head_counts.py.
"""

import sys

import torch

from book_lib.book.models import save_model
from book_lib.experiments.gaps import GapFiller, accuracy_by_gap, exercises, right_answers, train_gap_filler

# name: how the model is built. The first three have the same number of parameters.
SETTINGS = {**{f"{n}_heads": {"n_heads": n} for n in (1, 4, 8)}, "2_layers": {"n_heads": 4, "n_layers": 2}}
SEEDS = range(5)
STEPS, LR = 1000, 5e-3


def main():
    torch.set_num_threads(1)
    corpus, test = exercises(20_000, seed=1), exercises(1000, seed=2)
    weights, runs = {}, []
    for name, setting in SETTINGS.items():
        for seed in SEEDS:
            model = GapFiller(seed=seed, **setting)
            losses = train_gap_filler(model, seed=seed, steps=STEPS, lr=LR, corpus=corpus)
            weights |= {f"{name}.seed{seed}.{key}": tensor for key, tensor in model.state_dict().items()}
            runs.append(
                {
                    "model": name,
                    "seed": seed,
                    "parameters": sum(p.numel() for p in model.parameters()),
                    "loss_by_100_steps": [round(sum(losses[i : i + 100]) / 100, 4) for i in range(0, STEPS, 100)],
                    "accuracy": {
                        gap: round(share, 4) for gap, share in accuracy_by_gap(right_answers(model.double(), *test), *test).items()
                    },
                }
            )
            print(f"{name:20} seed {seed}: {runs[-1]['accuracy']}", file=sys.stderr, flush=True)
    save_model(
        "heads",
        weights,
        {
            "recipe": "recipes/heads.py",
            "settings": SETTINGS,
            "steps": STEPS,
            "lr": LR,
            "batch": 64,
            "training_sentences": "20 000, seed 1",
            "test_sentences": "1000, seed 2",
            "versions": {"torch": torch.__version__},
            "runs": runs,
        },
    )


if __name__ == "__main__":
    main()
