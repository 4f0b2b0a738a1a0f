"""Chapter 7's training code, tiny."""

import math

import numpy as np
import pytest
import torch

from book_lib.book.models import load_log
from book_lib.experiments.pixels import (
    OBJECTIVES,
    baseline_nats,
    class_accuracy,
    digits,
    few_label_accuracy,
    fine_tune,
    hide_one,
    load_igpt,
    nats_by_place,
    new_classifier,
    new_model,
    probe_accuracies,
    probe_features,
    train_and_keep_best,
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


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_training_beats_the_uniform(objective):
    model = new_model(seed=0, **TINY)
    assert nats_by_place(model, objective).mean().item() == pytest.approx(math.log(17), abs=1e-4)
    losses = train_pixels(model, objective, steps=40, lr=0.01, seed=0)
    assert len(losses) == 40 and nats_by_place(model, objective).mean() < 2.3
    again = [train_pixels(new_model(seed=0, **TINY), objective, steps=3, lr=0.01, seed=0) for _ in range(2)]
    assert again[0] == again[1]


def test_one_hidden_in_every_picture():
    hidden = hide_one(digits("train")[0], generator=torch.Generator().manual_seed(0))
    assert hidden.dtype == torch.bool and hidden.sum(1).tolist() == [1] * 1197 and hidden.any(0).all()


def test_probes_and_fine_tuning():
    model = new_model(seed=0, n_classes=10, **TINY)
    accuracies = probe_accuracies(model)
    assert len(accuracies) == 3 and accuracies[0] > 0.9
    assert class_accuracy(model) < 0.2
    fine_tune(model, steps=60, lr=0.01, seed=0, generative=0.0)
    assert class_accuracy(model) > 0.3
    losses = fine_tune(new_model(seed=0, n_classes=10, **TINY), steps=1, lr=0.01, seed=0, generative=1.0, n_labels=20)
    assert losses[0] == pytest.approx(math.log(17) + math.log(10), abs=1e-4)


def test_the_best_look_is_kept():
    """A rate that grows far too large at the end: the weights are those of the look with the fewest nats."""
    model, seen = new_model(seed=0, **TINY), []
    looks = train_and_keep_best(model, "autoregressive", steps=250, lr=0.02, seed=0, after_look=seen.append)
    assert [look["step"] for look in looks] == [100, 200, 250] and seen == looks
    best = min(look["choice_nats"] for look in looks)
    assert nats_by_place(model, "autoregressive", "choice").mean().item() == pytest.approx(best, abs=1e-6)
    masked = train_and_keep_best(model, "masked", steps=2, lr=1.0, seed=0)
    assert [look["step"] for look in masked] == [2]
    assert nats_by_place(model, "masked", "choice", together=8).mean().item() == pytest.approx(masked[0]["choice_nats"], abs=1e-6)


def test_masked_nats_by_hand():
    """Each alone is not eight at once; both tell every pixel once, from the others that are not hidden."""
    torch.manual_seed(0)
    model = new_model(seed=0, **TINY)
    torch.nn.init.normal_(model.output.weight)
    pixels, alone = digits("choice")[0], nats_by_place(model, "masked", "choice")
    hidden = torch.zeros(300, 64, dtype=torch.bool)
    hidden[:, 40] = True
    logits = model.masked(pixels, hidden)[:, 40]
    by_hand = torch.nn.functional.cross_entropy(logits, pixels[:, 40], reduction="none")
    assert (alone[:, 40] - by_hand).abs().max() < 1e-5
    together = nats_by_place(model, "masked", "choice", together=8)
    assert together.shape == alone.shape and (together > 0).all() and not torch.allclose(together, alone)


def test_the_shipped_model_is_the_recipes():
    assert nats_by_place(load_igpt(), "autoregressive").mean().item() == pytest.approx(load_log("igpt")["held_out_nats"], abs=2e-4)
    classifier, shipped = new_classifier(seed=0), load_igpt()
    assert torch.equal(classifier.positions, shipped.positions) and not classifier.class_head.weight.any()
    assert not torch.equal(new_classifier(seed=0, pretrained=False).positions, shipped.positions)


def test_probes_of_few_labels_and_of_rows():
    model = new_model(seed=0, **TINY)
    seen, asked = (probe_features(model, part) for part in ("train", "held out"))
    few, all_of_them = few_label_accuracy(seen[0], asked[0], 20), few_label_accuracy(seen[0], asked[0], None)
    assert few < all_of_them and all_of_them == pytest.approx(probe_accuracies(model)[0])
    rows = probe_features(model, "held out", rows=True)
    assert [layer.shape[1] for layer in rows] == [64, 128, 128]
    assert rows[1].reshape(300, 8, 16).mean(1) == pytest.approx(asked[1], abs=1e-5)


def test_refused():
    for call, message in ((lambda: digits("test"), "part is 'test'"), (lambda: baseline_nats("up"), "kind is 'up'"),
                          (lambda: train_pixels(torch.nn.Identity(), "both", steps=1, lr=1, seed=0), "objective is 'both'")):
        with pytest.raises(ValueError, match=message):
            call()
