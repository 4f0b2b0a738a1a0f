"""DETR against a dense detector, 20 epochs each: same start of the backbone, scenes, batches and padding; two rates each; three starts.

An epoch of 5 000 scenes takes DETR 75 s of processor time and the dense detector 65 s, on harder scenes twice as long: about three hours
for the plain scenes and four for the harder ones. Rates are compared with one start and a quarter of the epochs; until these runs are stored,
the plan takes the rate of the shipped model.
"""

from book_lib.experiments.compared_detectors import RATES, SETTINGS, train_and_score

EPOCHS, SEEDS = 20, (0, 1, 2)
FACTS = {"settings": SETTINGS | {"epochs": EPOCHS, "epochs_for_the_rates": EPOCHS // 4}, "rates": RATES}


def plan(runs):
    first = [wanted(runs, detector, "scenes", 0) for detector in RATES]
    rates = [{"detector": detector, "scene_set": "scenes", "epochs": EPOCHS // 4, "lr": lr, "seed": 0}
             for detector, own in RATES.items() for lr in own]
    starts = [wanted(runs, detector, "scenes", seed) for seed in SEEDS[1:] for detector in RATES]
    harder = [wanted(runs, detector, "harder scenes", seed) for seed in SEEDS for detector in RATES]
    return first + rates + [run for run in starts + harder if run not in first]


def wanted(runs, detector, scene_set, seed):
    return {"detector": detector, "scene_set": scene_set, "epochs": EPOCHS, "lr": best_rate(runs, detector), "seed": seed}


def best_rate(runs, detector):
    """The rate with the best AP after a quarter of the epochs, padded and alone taken together; the first where one has not been run."""
    tried = {run["lr"]: run["padded"]["AP"] + run["alone"]["AP"] for run in runs
             if run["detector"] == detector and run["epochs"] == EPOCHS // 4}
    return max(RATES[detector], key=tried.get) if set(RATES[detector]) <= set(tried) else RATES[detector][0]


def run(detector, scene_set, epochs, lr, seed):
    name = f"{detector}-{scene_set.replace(' ', '-')}-{epochs}-{lr:g}-{seed}"
    return train_and_score(detector, lr=lr, seed=seed, epochs=epochs, scene_set=scene_set, name=name)



