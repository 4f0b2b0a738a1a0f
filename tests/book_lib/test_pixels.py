"""Chapter 7's training code, tiny."""

import math

import numpy as np
import pytest
import torch

from book_lib.experiments.pixels import (
    baseline_nats,
    class_accuracy,
    digits,
    fine_tune,
    nats_by_place,
    new_model,
    probe_accuracies,
    train_pixels,
)

TINY = {"d_model": 16, "n_heads": 2, "n_layers": 1}


def test_the_parts_do_not_meet_and_are_all():
    parts = [digits(part) for part in ("train", "choice", "held out")]
    assert [len(pixels) for pixels, _ in parts] == [1197, 300, 300] and sum(len(labels) for _, labels in parts) == 1797
    assert all(pixels.min() >= 0 and pixels.max() <= 16 and len(labels.unique()) == 10 for pixels, labels in parts)


def test_baselines_know_more_and_more():
    nats = [baseline_nats(kind) for kind in ("uniform", "histogram", "left", "place")]
    assert nats[0] == math.log(17) and nats[0] > nats[1] > nats[2] > 0 and nats[1] > nats[3]
    levels = digits("train")[0].flatten()
    shares = (np.bincount(levels, minlength=17) + 1) / (len(levels) + 17)
    assert nats[1] == pytest.approx(-np.log(shares)[digits("held out")[0].flatten()].mean())


@pytest.mark.parametrize("objective", ["autoregressive", "masked"])
def test_training_beats_the_uniform(objective):
    model = new_model(seed=0, **TINY)
    assert nats_by_place(model, objective).mean().item() == pytest.approx(math.log(17), abs=1e-4)
    losses = train_pixels(model, objective, steps=40, lr=0.01, seed=0)
    assert len(losses) == 40 and nats_by_place(model, objective).mean() < 2.3
    again = [train_pixels(new_model(seed=0, **TINY), objective, steps=3, lr=0.01, seed=0) for _ in range(2)]
    assert again[0] == again[1]


def test_probes_and_fine_tuning():
    model = new_model(seed=0, n_classes=10, **TINY)
    accuracies = probe_accuracies(model)
    assert len(accuracies) == 3 and accuracies[0] > 0.9
    assert class_accuracy(model) < 0.2
    fine_tune(model, steps=60, lr=0.01, seed=0, generative=0.0)
    assert class_accuracy(model) > 0.3
    losses = fine_tune(new_model(seed=0, n_classes=10, **TINY), steps=1, lr=0.01, seed=0, generative=1.0, n_labels=20)
    assert losses[0] == pytest.approx(math.log(17) + math.log(10), abs=1e-4)


def test_refused():
    for call, message in ((lambda: digits("test"), "part is 'test'"), (lambda: baseline_nats("up"), "kind is 'up'"),
                          (lambda: train_pixels(torch.nn.Identity(), "both", steps=1, lr=1, seed=0), "objective is 'both'")):
        with pytest.raises(ValueError, match=message):
            call()
