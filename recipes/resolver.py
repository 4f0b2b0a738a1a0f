"""Train networks that must say at 它 itself what it stands for (chapter 5).

`python recipes/resolver.py` takes about three minutes on one core.
"""

import sys
import time

import torch

from book_lib.book.models import save_model
from book_lib.data.translation import make_pairs
from book_lib.experiments.referent import SIZES, Resolver, resolved, train_resolver, twin_pairs

SEEDS, STEPS = range(3), 1500


def main():
    torch.set_num_threads(1)
    pairs = [pair for pair in make_pairs(60_000, seed=1) if pair.kind == "because"]
    test, weights, runs, start = twin_pairs(250, seed=4), {}, [], time.perf_counter()
    for seed in SEEDS:
        model = Resolver(seed=seed)
        losses = train_resolver(model, pairs, seed=seed, steps=STEPS)
        right = resolved(model.eval(), test).count("right") / len(test)
        weights |= {f"seed{seed}.{key}": tensor for key, tensor in model.state_dict().items()}
        means = [round(sum(losses[i : i + 100]) / 100, 4) for i in range(0, STEPS, 100)]
        runs.append({"seed": seed, "right": round(right, 4), "loss_by_100_steps": means})
        print(f"seed {seed}: {100 * right:.1f} % right after {time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)
    save_model("resolver", weights, {
        "recipe": "recipes/resolver.py",
        "sizes": SIZES,
        "seeds": list(SEEDS),
        "steps": STEPS,
        "test": "250 couples of held-out combinations, seed 4",
        "versions": {"torch": torch.__version__},
        "seconds": round(time.perf_counter() - start),
        "runs": runs,
    })


if __name__ == "__main__":
    main()
