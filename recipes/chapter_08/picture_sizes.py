"""ViT and a CNN of the same size on training sets of 100 to 50 000 pictures: held-out accuracy of each at its own best rate.

For each size and model three rates with one seed and a quarter of the steps, judged on pictures of their own; then five seeds at the
best. About two and a half hours of one core, or two minutes of a large GPU (BOOK_DEVICE=cuda); one seed of every size comes first.
"""

from book_lib.experiments.named_pictures import HELD_OUT_SEED, MODELS, N_HELD_OUT, accuracy, named_pictures, new_model, train_names

STEPS = {100: 600, 50_000: 4_000, 2_500: 2_000, 500: 1_000, 10_000: 3_000}   # by the number of pictures
RATES, SEEDS = (0.0003, 0.001, 0.003), (0, 1, 2, 3, 4)
CHOICE_SEED, N_CHOICE = HELD_OUT_SEED + N_HELD_OUT, 1_000                    # pictures to choose rates on, which nothing else uses
FACTS = {"settings": {"steps": {str(n): steps for n, steps in STEPS.items()}, "rates": list(RATES), "held_out": N_HELD_OUT,
                      "choice": N_CHOICE}}


def plan(runs):
    """For each size the choice of rates and one full run of each model at its best; then the other seeds, small sets first."""
    first, others = [], []
    for n, steps in STEPS.items():
        first += [{"model": name, "n": n, "lr": lr, "seed": SEEDS[0], "steps": steps // 4} for name in MODELS for lr in RATES]
        for name in MODELS:
            tried = [run for run in runs if (run["model"], run["n"], run["steps"]) == (name, n, steps // 4)]
            if len(tried) == len(RATES):
                best = max(tried, key=lambda run: run["choice_accuracy"])["lr"]
                full = [{"model": name, "n": n, "lr": best, "seed": seed, "steps": steps} for seed in SEEDS]
                first, others = first + full[:1], others + full[1:]
    return first + sorted(others, key=lambda wanted: (wanted["n"], wanted["seed"]))


def run(model, n, lr, seed, steps):
    trained = new_model(model, seed=seed)
    losses = train_names(trained, n, steps=steps, lr=lr, seed=seed)
    seen = tuple(some[:1_000] for some in named_pictures(n))
    return {"choice_accuracy": round(accuracy(trained, N_CHOICE, CHOICE_SEED), 4), "accuracy": round(accuracy(trained), 4),
            "accuracy_on_seen": round(accuracy(trained, pictures=seen), 4), "last_losses": round(sum(losses[-50:]) / 50, 4)}
