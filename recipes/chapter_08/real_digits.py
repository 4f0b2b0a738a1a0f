"""ViT and a CNN of the same size on real digits, and what helps ViT when there are few: augmentation, distillation, pre-training.

Sizes as in picture_sizes. Arms of 200 digits: "plain", "augmented" (moved by up to 4 px), "distilled" (a second token learns from a CNN
trained on the same 200, moved likewise), "pretrained" (ViT begins with what a ViT has learned from 50 000 rendered shapes, with a new
head). The class "digit" is left out of those shapes: scenes draws it from all of scikit-learn's digits, the held-out ones among them. Each
arm at the better of two rates by the choice part, chosen with one seed and a quarter of the steps; then three seeds. About 35 minutes of
one core, eight of them the pre-training, whose weights wait in build/recipes.
"""

import functools
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from book_lib.data.scenes import CLASSES
from book_lib.experiments.named_pictures import (
    FIRST_SEED,
    HELD_OUT_SEED,
    MODELS,
    N_DIGITS,
    accuracy,
    digit_pictures,
    named_pictures,
    new_model,
    train_names,
)

STEPS, RATES, SEEDS = 600, (0.001, 0.003), (0, 1, 2)
SIZES, FEW = (50, 200, 1_000), 200
ARMS = (("vit", "augmented"), ("vit", "pretrained"), ("vit", "distilled"), ("cnn", "augmented"))
SHAPES = [name for name in CLASSES if name != "digit"]
PRETRAINING = {"classes": SHAPES, "pictures": 50_000, "steps": 4_000, "lr": 0.001, "seed": 0, "held_out": 2_000}
BEGUN = Path(__file__).parents[2] / "build" / "recipes" / f"vit_without_digits_{PRETRAINING['pictures']}_{PRETRAINING['steps']}.safetensors"
FACTS = {"settings": {"steps": STEPS, "rates": list(RATES), "choice": 300, "held_out": 300}, "pretraining": PRETRAINING}


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


def shapes(n, seed):
    """The first n pictures of named_pictures from a seed on that show no digit: (uint8 [n, 3, 32, 32], labels [n], numbers of SHAPES)."""
    images, labels = named_pictures(n * 13 // 10, seed)
    wanted = labels != CLASSES.index("digit")
    return images[wanted][:n], labels[wanted][:n]


@functools.cache
def pretrained():
    """The ViT that has learned to name rendered shapes; trained here unless its weights wait in build/recipes."""
    model = new_model("vit", seed=PRETRAINING["seed"], n_classes=len(SHAPES))
    if BEGUN.exists():
        model.load_state_dict(load_file(BEGUN))
        return model
    n, (steps, lr, seed) = PRETRAINING["pictures"], (PRETRAINING[name] for name in ("steps", "lr", "seed"))
    train_names(model, n, steps=steps, lr=lr, seed=seed, pictures=shapes(n, FIRST_SEED))
    BEGUN.parent.mkdir(parents=True, exist_ok=True)
    save_file(model.state_dict(), BEGUN)
    return model


@functools.cache
def pretraining_accuracy():
    """What the pre-trained ViT names rightly of shapes that it has not seen."""
    return round(accuracy(pretrained(), pictures=shapes(PRETRAINING["held_out"], HELD_OUT_SEED)), 4)


def beginning(model, arm, seed):
    """The network that an arm begins with."""
    if arm != "pretrained":
        return new_model(model, seed=seed, n_classes=N_DIGITS, **({"readout": "distilled"} if arm == "distilled" else {}))
    begun = new_model("vit", seed=seed, n_classes=N_DIGITS)
    known = {name: tensor for name, tensor in pretrained().state_dict().items() if not name.startswith("head.")}
    begun.load_state_dict(known, strict=False)
    return begun


def run(model, arm, n, lr, seed, steps):
    torch.set_num_threads(1)
    trained = beginning(model, arm, seed)
    train_names(trained, n, steps=steps, lr=lr, seed=seed, augment=arm in ("augmented", "distilled"), mirror=False,
                pictures=digit_pictures("train"), teacher=teacher_of(seed) if arm == "distilled" else None)
    return {"choice_accuracy": round(accuracy(trained, pictures=digit_pictures("choice")), 4),
            "accuracy": round(accuracy(trained, pictures=digit_pictures("held out")), 4),
            **({"pretraining_accuracy": pretraining_accuracy()} if arm == "pretrained" else {})}
