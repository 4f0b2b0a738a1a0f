"""ViT with learned positions and without any, on real digits: what is left when nothing says where a patch was.

Both arms on all digits of the training part, each at the better of two rates by the choice part, chosen with one seed and all steps; then
two more seeds. "accuracy_shuffled": the patches of every held-out digit in an order of its own. About seven minutes.
"""

import torch

from book_lib.experiments.named_pictures import N_DIGITS, accuracy, digit_pictures, new_model, train_names
from book_lib.vision.patches import reorder_patches

STEPS, RATES, SEEDS = 600, (0.001, 0.003), (0, 1, 2)
ARMS, PATCH = ("learned", "none"), 4
FACTS = {"settings": {"steps": STEPS, "rates": list(RATES), "digits": 1_197, "choice": 300, "held_out": 300}}


def plan(runs):
    """Both arms at both rates with one seed, then the other seeds at the better one."""
    wanted = []
    for positions in ARMS:
        wanted += [{"positions": positions, "lr": lr, "seed": SEEDS[0], "steps": STEPS} for lr in RATES]
        tried = [run for run in runs if (run["positions"], run["seed"]) == (positions, SEEDS[0])]
        if len(tried) == len(RATES):
            best = max(tried, key=lambda run: run["choice_accuracy"])["lr"]
            wanted += [{"positions": positions, "lr": best, "seed": seed, "steps": STEPS} for seed in SEEDS[1:]]
    return wanted


def run(positions, lr, seed, steps):
    torch.set_num_threads(1)
    model, pictures = new_model("vit", seed=seed, n_classes=N_DIGITS, positions=positions), digit_pictures("train")
    train_names(model, len(pictures[0]), steps=steps, lr=lr, seed=seed, augment=True, mirror=False, pictures=pictures)
    images, labels = digit_pictures("held out")
    orders = torch.rand(len(images), (images.size(-1) // PATCH) ** 2, generator=torch.Generator().manual_seed(0)).argsort(dim=1)
    return {"choice_accuracy": round(accuracy(model, pictures=digit_pictures("choice")), 4),
            "accuracy": round(accuracy(model, pictures=(images, labels)), 4),
            "accuracy_shuffled": round(accuracy(model, pictures=(reorder_patches(images, PATCH, orders), labels)), 4)}
