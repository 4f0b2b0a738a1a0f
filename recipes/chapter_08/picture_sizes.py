"""ViT and a CNN of the same size on training sets of 100 to 50 000 pictures: held-out accuracy of each at its own best rate.

For each size and model three rates with one seed and a quarter of the steps, judged on pictures of their own; then three seeds at the
best. About 20 hours of one core, four fifths of it the full runs; the smallest and the largest set come first, as they tell the most.
"""

from book_lib.experiments.named_pictures import HELD_OUT_SEED, MODELS, N_HELD_OUT, accuracy, new_model, train_names

N_TRAIN, STEPS, RATES, SEEDS = (100, 50_000, 1_000, 10_000, 3_000), 4_000, (0.0003, 0.001, 0.003), (0, 1, 2)
CHOICE_SEED = HELD_OUT_SEED + N_HELD_OUT                                     # pictures to choose rates on, which nothing else uses
FACTS = {"settings": {"steps": STEPS, "rates": list(RATES), "held_out": N_HELD_OUT}}


def plan(runs):
    """For each size the choice of rates, then the full runs of each model whose rate is chosen."""
    wanted = []
    for n in N_TRAIN:
        wanted += [{"model": name, "n": n, "lr": lr, "seed": 0, "steps": STEPS // 4} for name in MODELS for lr in RATES]
        for name in MODELS:
            tried = [run for run in runs if (run["model"], run["n"], run["steps"]) == (name, n, STEPS // 4)]
            if len(tried) == len(RATES):
                best = max(tried, key=lambda run: run["choice_accuracy"])["lr"]
                wanted += [{"model": name, "n": n, "lr": best, "seed": seed, "steps": STEPS} for seed in SEEDS]
    return wanted


def run(model, n, lr, seed, steps):
    trained = new_model(model, seed=seed)
    train_names(trained, n, steps=steps, lr=lr, seed=seed)
    return {"choice_accuracy": accuracy(trained, 1_000, CHOICE_SEED), "accuracy": accuracy(trained)}
