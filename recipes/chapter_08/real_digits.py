"""ViT and a CNN of the same size on real digits, and what helps ViT when there are few: augmentation, distillation, pre-training.

Sizes as in picture_sizes. Arms of 200 digits: "plain", "augmented" (moved by up to 4 px), "distilled" (a second token learns from a CNN
trained on the same 200, moved likewise), "pretrained" (ViT begins with models/vit, which has seen rendered shapes, with a new head). Each
arm at the better of two rates by the choice part, chosen with one seed and a quarter of the steps; then three seeds. About 25 minutes.
"""

import functools

import torch

from book_lib.experiments.named_pictures import (
    MODELS,
    N_DIGITS,
    accuracy,
    digit_pictures,
    load_vit,
    new_model,
    train_names,
)

STEPS, RATES, SEEDS = 600, (0.001, 0.003), (0, 1, 2)
SIZES, FEW = (50, 200, 1_000), 200
ARMS = (("vit", "augmented"), ("vit", "pretrained"), ("vit", "distilled"), ("cnn", "augmented"))
FACTS = {"settings": {"steps": STEPS, "rates": list(RATES), "choice": 300, "held_out": 300}}


def plan(runs):
    """Every arm at both rates, shortly, then in full at the better one."""
    arms = [{"model": name, "arm": "plain", "n": n} for n in SIZES for name in MODELS]
    arms += [{"model": name, "arm": arm, "n": FEW} for name, arm in ARMS]
    wanted = []
    for arm in arms:
        wanted += [{**arm, "lr": lr, "seed": 0, "steps": STEPS // 4} for lr in RATES]
        tried = [run for run in runs if arm.items() <= run.items() and run["steps"] == STEPS // 4]
        if len(tried) == len(RATES):
            best = max(tried, key=lambda run: run["choice_accuracy"])["lr"]
            wanted += [{**arm, "lr": best, "seed": seed, "steps": STEPS} for seed in SEEDS]
    return wanted


@functools.cache
def teacher_of(seed):
    """A CNN trained on the same few digits, moved, at the rate that picture_sizes found best for CNNs of few pictures."""
    teacher = new_model("cnn", seed=seed, n_classes=N_DIGITS)
    train_names(teacher, FEW, steps=STEPS, lr=0.003, seed=seed, augment=True, mirror=False, pictures=digit_pictures("train"))
    return teacher


def beginning(model, arm, seed):
    """The network that an arm begins with."""
    if arm != "pretrained":
        return new_model(model, seed=seed, n_classes=N_DIGITS, **({"readout": "distilled"} if arm == "distilled" else {}))
    begun = new_model("vit", seed=seed, n_classes=N_DIGITS)
    known = {name: tensor for name, tensor in load_vit().state_dict().items() if not name.startswith("head.")}
    begun.load_state_dict(known, strict=False)
    return begun


def run(model, arm, n, lr, seed, steps):
    torch.set_num_threads(1)
    trained = beginning(model, arm, seed)
    train_names(trained, n, steps=steps, lr=lr, seed=seed, augment=arm in ("augmented", "distilled"), mirror=False,
                pictures=digit_pictures("train"), teacher=teacher_of(seed) if arm == "distilled" else None)
    return {"choice_accuracy": round(accuracy(trained, pictures=digit_pictures("choice")), 4),
            "accuracy": round(accuracy(trained, pictures=digit_pictures("held out")), 4)}
