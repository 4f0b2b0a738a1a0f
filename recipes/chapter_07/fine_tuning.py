"""Name digits with an iGPT: from the shipped weights or from the start, with and without the generative term, on many labels and few.

Two rates with one seed, then two more seeds at the better one. Judged by the share of held-out digits named rightly, and by how well the
network still tells the next pixel. About eight minutes of one core.
"""

from book_lib.experiments.pixels import BATCH, N_TRAIN, class_accuracy, fine_tune, nats_by_place, new_classifier

STEPS, RATES, SEEDS, FEW = 200, (0.006, 0.002), (0, 1, 2), 100
ARMS = (("igpt", 1.0), ("igpt", 0.0), ("untrained", 0.0))
FACTS = {"settings": {"steps": STEPS, "rates": list(RATES), "batch": BATCH, "labels": [FEW, N_TRAIN]}}


def plan(runs):
    """Every arm at every rate with one seed, the shipped weights first, then the other seeds at the better rate by the choice part."""
    arms = [{"start": start, "generative": generative, "n_labels": n} for start, generative in ARMS for n in (N_TRAIN, FEW)]
    wanted = [{**arm, "lr": lr, "seed": 0} for arm in arms for lr in RATES]
    for arm in arms:
        tried = [run for run in runs if run["seed"] == 0 and arm.items() <= run.items()]
        if len(tried) == len(RATES):
            best = max(tried, key=lambda run: (run["choice_accuracy"], -run["lr"]))["lr"]
            wanted += [{**arm, "lr": best, "seed": seed} for seed in SEEDS[1:]]
    return wanted


def run(start, generative, n_labels, lr, seed):
    model = new_classifier(seed=seed, pretrained=start == "igpt")
    fine_tune(model, steps=STEPS, lr=lr, seed=seed, generative=generative, n_labels=n_labels)
    return {"choice_accuracy": round(class_accuracy(model, "choice"), 4), "accuracy": round(class_accuracy(model), 4),
            "nats": round(nats_by_place(model, "autoregressive").mean().item(), 4)}
