"""The book's own detectors: seeded starts, a step of training, and the shipped weights scored again."""

import dataclasses

import numpy as np
import pytest
import torch

from book_lib.book.models import load_log, load_model
from book_lib.data.scenes import CLASSES, make_scenes
from book_lib.detection.dense import duplicate_share
from book_lib.detection.evaluation import average_precision
from book_lib.experiments.detector_training import batches_of_one_size, pretrain_backbone, train_dense, train_detr, warm_then_cosine
from book_lib.experiments.small_detectors import (
    HELD_OUT_SEED,
    detect,
    detect_by_layer,
    detect_dense,
    load_dense,
    load_detr,
    new_dense,
    new_detr,
)

SCENES = make_scenes(24, seed=70)


def test_a_start_follows_from_its_seed():
    first, again, other = new_detr(seed=1), new_detr(seed=1), new_detr(seed=2)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), again.parameters(), strict=True))
    assert not torch.equal(first.queries, other.queries)


def test_detr_learns_in_a_few_steps_and_the_same_way_twice():
    logs = [train_detr(new_detr(seed=0), SCENES, seed=0, epochs=6, batch=8, top_rate=5e-4) for _ in range(2)]
    assert [entry["loss"] for entry in logs[0]] == [entry["loss"] for entry in logs[1]]
    assert logs[0][-1]["loss"] < 0.9 * logs[0][0]["loss"]
    assert {"classes", "boxes_0", "giou_1"} <= set(logs[0][0])


def test_an_epoch_may_draw_a_part_of_the_scenes():
    seen = []
    model = new_detr(seed=0)
    forward = model.forward
    model.forward = lambda images, mask: seen.append(len(images)) or forward(images, mask)
    train_detr(model, SCENES, seed=0, epochs=1, scenes_an_epoch=16, batch=8)
    assert seen == [8, 8]


def test_the_dense_detector_learns_too():
    log = train_dense(new_dense(seed=0), SCENES, seed=0, epochs=4, batch=8)
    assert log[-1]["loss"] < 0.9 * log[0]["loss"] and set(log[0]) == {"epoch", "loss", "classes", "giou", "seconds"}


def test_a_backbone_learns_to_name_single_objects():
    steps = pretrain_backbone(new_dense(seed=0).backbone, seed=0, steps=60, batch=32, n_pictures=32, top_rate=3e-3)
    assert sum(share for _, share in steps[-5:]) / 5 > 0.5 > sum(share for _, share in steps[:5]) / 5


def test_the_rate_rises_then_falls_to_nothing():
    rate = warm_then_cosine(1.0, warm=0.1)
    assert rate(0.0) < 0.02 and rate(0.1) == pytest.approx(0.97, abs=0.02) and rate(0.5) < rate(0.2) and rate(1.0) == pytest.approx(0)


def test_the_shipped_detr_scores_what_its_log_says():
    metrics, held_out = load_log("detr"), make_scenes(1000, seed=HELD_OUT_SEED)
    assert metrics["scores_by_layer"][-1]["AP50"] >= 0.93 and metrics["scores_by_layer"][-1]["AP"] >= 0.65
    some = held_out[:200]
    model = load_detr()
    layers = detect_by_layer(model, some)
    scores = average_precision(layers[-1], some)
    assert scores["AP"] == pytest.approx(metrics["log_any_padding"][-1]["AP"], abs=0.002)
    assert torch.equal(detect(model, some[:4])[0]["scores"], detect_by_layer(model, some[:4])[-1][0]["scores"])
    assert average_precision(layers[0], some)["AP"] < scores["AP"]
    assert sum(p.numel() for p in model.parameters()) == metrics["parameters"] < 1_000_000


def test_the_shipped_detr_does_not_need_padding():
    metrics, scenes, model = load_log("detr"), make_scenes(200, seed=HELD_OUT_SEED), load_detr()
    padded, alone = (average_precision(detect(model, scenes, batch=n), scenes)["AP"] for n in (32, 1))
    assert alone == pytest.approx(metrics["log_any_padding"][-1]["AP_alone"], abs=0.002) and abs(alone - padded) < 0.03
    assert metrics["AP_alone_before_any_padding"] < alone - 0.3                     # what the last epochs were for


def test_batches_of_one_size_have_padding_of_any_width_and_none():
    batches = list(batches_of_one_size(make_scenes(800, seed=5), 16, 800)(0, torch.Generator().manual_seed(0)))
    real = [mask.float().mean().item() for _, mask, _ in batches]
    assert len(batches) == 50 and sum(share > 0.97 for share in real) > 15 and sum(share < 0.85 for share in real) > 3
    assert {tuple(images.shape[2:]) for images, _, _ in batches} >= {(64, 72), (96, 96)}
    again = list(batches_of_one_size(make_scenes(800, seed=5), 16, 800)(0, torch.Generator().manual_seed(0)))
    assert all(torch.equal(a[0], b[0]) for a, b in zip(batches, again, strict=True))


def test_without_talk_the_shipped_detr_repeats_itself():
    scenes, model = make_scenes(60, seed=HELD_OUT_SEED), load_detr()
    before = duplicate_share(detect(model, scenes))
    model.talk = False
    assert duplicate_share(detect(model, scenes)) > before + 0.02


def test_the_shipped_dense_detector_scores_what_its_log_says():
    metrics, scenes = load_log("dense"), make_scenes(100, seed=HELD_OUT_SEED)
    found = detect_dense(load_dense(), scenes)
    assert average_precision(found, scenes)["AP"] == pytest.approx(metrics["scores"]["with_nms"]["AP"], abs=0.05)
    assert all(int(one["labels"].max()) < len(CLASSES) for one in found)


def test_every_ablation_has_its_scores():
    runs = load_log("detr_ablations")["runs"]
    assert list(runs)[0] == "everything" and len(runs) == 8
    assert all({"AP", "AP50"} <= set(run["scores"]) and 0 <= run["duplicates"] <= 1 for run in runs.values())


def test_shipped_weights_are_small():
    for name in ("detr", "dense"):
        weights, _ = load_model(name)
        assert sum(tensor.numel() * tensor.element_size() for tensor in weights.values()) < 4_000_000


@pytest.mark.parametrize(("change", "message"), [
    ({"boxes": SCENES[5].boxes * 80}, r"targets\[5\]\['boxes'\]\[0\] is .*these are px"),
    ({"boxes": np.full_like(SCENES[5].boxes, np.nan)}, r"targets\[5\]\['boxes'\]\[0\] is \[nan.*see how the annotation was read"),
    ({"labels": SCENES[5].labels - 9}, r"targets\[5\]\['labels'\]\[0\] is -\d, expected 0 to 5"),
    ({"labels": SCENES[5].labels.astype(np.float32)}, r"targets\[5\]\['labels'\] has dtype torch.float32"),
])
def test_both_trainers_look_at_their_scenes_before_they_begin(change, message):
    scenes = SCENES[:5] + [dataclasses.replace(SCENES[5], **change)] + SCENES[6:]
    for train, model in ((train_detr, new_detr(seed=0)), (train_dense, new_dense(seed=0))):
        before = [parameter.clone() for parameter in model.parameters()]
        with pytest.raises(ValueError, match=message):
            train(model, scenes, seed=0, epochs=1, batch=4)
        assert all(torch.equal(*pair) for pair in zip(before, model.parameters(), strict=True))


def test_an_epoch_without_a_whole_batch_is_refused():
    for train, model in ((train_detr, new_detr(seed=0)), (train_dense, new_dense(seed=0))):
        with pytest.raises(ValueError, match="an epoch draws 24 of 24 scenes, expected at least one batch of 25"):
            train(model, SCENES, seed=0, epochs=1, batch=25)
        with pytest.raises(ValueError, match="an epoch draws 3 of 24 scenes, expected at least one batch of 4"):
            train(model, SCENES, seed=0, epochs=1, batch=4, scenes_an_epoch=3)
        with pytest.raises(ValueError, match="an epoch draws 0 of 0 scenes"):
            train(model, [], seed=0, epochs=1)
        with pytest.raises(ValueError, match="batch is 0, expected a whole number"):
            train(model, SCENES, seed=0, epochs=1, batch=0)
