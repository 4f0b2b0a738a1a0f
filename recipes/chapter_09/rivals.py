"""DETR against a dense detector, 20 epochs each: same start of the backbone, scenes, batches and padding; two rates each; three starts.

An epoch of 5 000 scenes takes DETR 75 s of processor time and the dense detector 65 s, on harder scenes twice as long: about three hours
for the plain scenes and four for the harder ones. Rates are compared with one start and a quarter of the epochs. The first runs take the
rates of the shipped models; where another rate turns out better, the plan grows by a run with it.
"""

from book_lib.experiments.compared_detectors import RATES, RIVAL_EPOCHS, RIVAL_SEEDS, SETTINGS, best_rate, train_and_score

FACTS = {
    "settings": SETTINGS | {"epochs": RIVAL_EPOCHS, "epochs_for_the_rates": RIVAL_EPOCHS // 4},
    "rates": {name: list(rates) for name, rates in RATES.items()},
}


def plan(runs):
    first = [wanted(detector, RATES[detector][0], 0) for detector in RATES]
    rates = [wanted(detector, lr, 0, epochs=RIVAL_EPOCHS // 4) for detector, own in RATES.items() for lr in own]
    starts = [wanted(detector, best_rate(runs, detector), seed) for seed in RIVAL_SEEDS for detector in RATES]
    harder = [one | {"scene_set": "harder scenes"} for one in starts]
    return first + rates + [one for one in starts if one not in first] + harder


def wanted(detector, lr, seed, *, epochs=RIVAL_EPOCHS):
    return {"detector": detector, "scene_set": "scenes", "epochs": epochs, "lr": lr, "seed": seed}


def run(detector, scene_set, epochs, lr, seed):
    name = f"{detector}-{scene_set.replace(' ', '-')}-{epochs}-{lr:g}-{seed}"
    return train_and_score(detector, lr=lr, seed=seed, epochs=epochs, scene_set=scene_set, name=name)



