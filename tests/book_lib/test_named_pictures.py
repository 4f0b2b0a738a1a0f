"""Chapter 8's training code, tiny."""

import runpy
from pathlib import Path

import pytest
import torch

from book_lib.data.scenes import CLASSES
from book_lib.experiments.named_pictures import (
    HELD_OUT_SEED,
    accuracy,
    augmented,
    digit_pictures,
    named_pictures,
    new_model,
    normalised,
    train_names,
)

TINY = {"vit": {"d_model": 16, "n_heads": 2, "d_ff": 16, "n_layers": 1, "patch_size": 8}, "cnn": {"widths": (8, 8)}}


def test_pictures_are_the_same_in_every_set():
    few, many, others = named_pictures(20), named_pictures(40), named_pictures(20, HELD_OUT_SEED)
    assert few[0].shape == (20, 3, 32, 32) and few[0].dtype == torch.uint8 and torch.equal(few[0], many[0][:20])
    assert not torch.equal(few[0], others[0]) and len(many[1].unique()) == 6
    assert abs(normalised(many[0]).mean()) < 0.5 and 0.3 < normalised(many[0]).std() < 2


def test_both_are_of_one_size():
    counts = {kind: sum(parameter.numel() for parameter in new_model(kind, seed=0).parameters()) for kind in ("vit", "cnn")}
    assert abs(counts["vit"] / counts["cnn"] - 1) < 0.05, counts


@pytest.mark.parametrize("kind", ["vit", "cnn"])
def test_training_learns_what_it_sees(kind):
    model = new_model(kind, seed=0, **TINY[kind])
    losses = train_names(model, 20, steps=60, lr=0.01, seed=0)
    assert sum(losses[-5:]) < 0.6 * sum(losses[:5])
    assert 0 <= accuracy(model, 50) <= 1
    again = [train_names(new_model(kind, seed=0, **TINY[kind]), 20, steps=3, lr=0.01, seed=0) for _ in range(2)]
    assert again[0] == again[1]


def test_augmented_pictures_are_moved_or_mirrored():
    images = named_pictures(20)[0]
    changed = augmented(images, torch.Generator().manual_seed(0))
    assert changed.shape == images.shape and changed.dtype == torch.uint8
    assert sum(torch.equal(one, other) for one, other in zip(images, changed, strict=True)) < 5
    assert set(changed[0].flatten().tolist()) <= set(images[0].flatten().tolist())
    marked = torch.zeros(64, 3, 32, 32, dtype=torch.uint8)
    marked[..., 14:18, 5] = 255                                                # left of the middle, wherever it is moved to
    sides = {mirror: augmented(marked, torch.Generator().manual_seed(0), mirror=mirror)[..., 16:].any().item() for mirror in (True, False)}
    assert sides == {True: True, False: False}


def test_digits_are_enlarged_and_never_mirrored():
    images, labels = digit_pictures("train")
    assert images.shape == (1197, 3, 32, 32) and images.dtype == torch.uint8 and sorted(labels.unique().tolist()) == list(range(10))
    parts = [len(digit_pictures(part)[0]) for part in ("choice", "held out")]
    assert parts == [300, 300]
    small = {"n_classes": 10, **TINY["vit"]}
    losses = [train_names(new_model("vit", seed=0, **small), 60, steps=4, lr=0.01, seed=0, augment=True, mirror=mirror,
                          pictures=(images, labels)) for mirror in (False, True)]
    assert losses[0] != losses[1]


def test_a_distilled_vit_learns_from_a_cnn():
    teacher, model = new_model("cnn", seed=0, **TINY["cnn"]), new_model("vit", seed=0, readout="distilled", **TINY["vit"])
    before = {name: tensor.clone() for name, tensor in teacher.state_dict().items()}
    train_names(model, 20, steps=3, lr=0.01, seed=0, augment=True, teacher=teacher)
    assert model.distillation_head.weight.any() and all(torch.equal(before[name], now) for name, now in teacher.state_dict().items())


def test_refused():
    with pytest.raises(ValueError, match="kind is 'mlp'"):
        new_model("mlp", seed=0)


def test_pre_training_shows_no_digit_and_leaves_the_head_behind():
    """Of the table real_digits: the digits in rendered pictures come from the collection that the networks are then tested on."""
    recipe = runpy.run_path(str(Path(__file__).parents[2] / "recipes" / "chapter_08" / "real_digits.py"))
    images, labels = recipe["shapes"](60, 0)
    all_images, all_labels = named_pictures(78)
    kept = all_labels != CLASSES.index("digit")
    assert torch.equal(images, all_images[kept][:60]) and torch.equal(labels, all_labels[kept][:60]) and labels.max() == 4
    known = new_model("vit", seed=1, n_classes=5)
    torch.nn.init.normal_(known.head.weight)
    recipe["beginning"].__globals__["pretrained"] = lambda: known
    begun = recipe["beginning"]("vit", "pretrained", 0)
    assert torch.equal(begun.positions, known.positions)
    assert torch.equal(begun.blocks[3].mlp.linear1.weight, known.blocks[3].mlp.linear1.weight)
    assert begun.head.weight.shape == (10, 64) and not begun.head.weight.any()
