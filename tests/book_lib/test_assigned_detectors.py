"""One detector under every rule: a loss and a gradient for each, resumable tiny trainings, and what is counted."""

import runpy
from pathlib import Path

import pytest
import torch

from book_lib.data.scenes import AREAS, CLASSES, make_scenes, scene_batch
from book_lib.experiments import assigned_detectors
from book_lib.experiments.assigned_detectors import (
    BAGS,
    EPOCHS,
    RATE_EPOCHS,
    RATES,
    RULES,
    SETTINGS,
    SEVERAL_SEEDS,
    SIDE,
    AssignersTable,
    assigners_table,
    best_bag,
    best_rate,
    detector_with_trained_backbone,
    effective_positives,
    new_detector,
    positives_by_size,
    priors_for,
    rule_loss,
    train_and_score,
    train_briefly,
    watched_scene,
    weights_of,
)
from book_lib.experiments.side_by_side import METHODS, made_up_answers, priors_of

TINY = SETTINGS | {"scenes": 12, "scenes_an_epoch": 8, "batch": 4, "pretraining_steps": 1, "held_out": 4}
RECIPE = Path(__file__).parents[2] / "recipes" / "chapter_10" / "assigners.py"


@pytest.mark.parametrize("rule", RULES)
def test_a_few_steps_under_each_rule_lower_its_loss(rule):
    images, _, targets = scene_batch(make_scenes(4, size=(SIDE, SIDE)))
    model, priors = new_detector(rule, seed=0), priors_for(rule)
    optimizer, losses = torch.optim.AdamW(model.parameters(), lr=2e-3), []
    for _ in range(6):
        loss, parts = rule_loss(rule, model, images, targets, priors)
        optimizer.zero_grad()
        loss.backward()
        assert all(parameter.grad is not None and parameter.grad.isfinite().all() for parameter in model.parameters())
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] and all(value >= 0 for value in parts.values())


def test_a_picture_without_objects_teaches_background_only():
    images, _, _ = scene_batch(make_scenes(1, size=(SIDE, SIDE)))
    empty = [{"labels": torch.zeros(0, dtype=torch.int64), "boxes": torch.zeros(0, 4)}]
    for rule in RULES:
        loss, _ = rule_loss(rule, new_detector(rule, seed=0), images, empty, priors_for(rule))
        assert 0 < loss.item() < 10, rule


def test_all_rules_begin_with_the_same_network_and_differ_in_the_head_only_where_they_must():
    def sizes(rule, width=1):
        return {name: tensor.shape for name, tensor in new_detector(rule, seed=0, width=width).state_dict().items()}

    plain = sizes("fcos")
    assert all(sizes(rule) == plain for rule in RULES if rule != "auto_assign")
    assert set(sizes("auto_assign")) - set(plain) == {"objectness_head.weight", "objectness_head.bias", "means", "deviations"}
    first, again = (new_detector("fcos", seed=3).state_dict() for _ in range(2))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert sizes("retinanet", 2)["class_head.weight"][1] == 2 * plain["class_head.weight"][1]
    assert {len(priors_for(rule)) for rule in RULES} == {100 + 25 + 9}


@pytest.mark.parametrize("rule", ["fcos", "free_anchor", "auto_assign"])
def test_a_run_is_scored_and_weights_are_watched(rule, tmp_path):
    result = train_and_score(rule, lr=1e-3, seed=1, epochs=2, work=tmp_path, sizes=TINY)
    assert len(result["loss_by_epoch"]) == 2 and 0 <= result["scores"]["AP"] <= 1 and 0 <= result["AP_without_nms"] <= 1
    if rule == "fcos":
        assert len(result["positives_by_epoch"]) == 2 and result["positives_by_epoch"][0] > 0
    else:
        assert list(result["weights"]) == ["0", "1", "2"] and len(result["effective_by_epoch"]) == 3
        assert all(sum(row) == pytest.approx(1, abs=0.02) for rows in result["weights"].values() for row in rows)
    assert [path.name for path in tmp_path.iterdir()] == ["backbone-1-1-1.safetensors"]


def test_a_run_that_was_cut_off_ends_with_the_same_numbers(tmp_path, monkeypatch):
    wanted = {"lr": 1e-3, "seed": 0, "epochs": 2, "sizes": TINY}
    undisturbed = train_and_score("auto_assign", **wanted, work=tmp_path / "a")
    looks = []

    def stop(weights):
        looks.append(weights)
        if len(looks) == 3:                                      # at the start, after the first epoch, after the second
            raise KeyboardInterrupt
        return effective_positives(weights)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(assigned_detectors, "effective_positives", stop)
        train_and_score("auto_assign", **wanted, work=tmp_path / "b")
    assert train_and_score("auto_assign", **wanted, work=tmp_path / "b") == undisturbed


def test_the_plan_asks_for_rates_then_one_run_of_each_then_more_starts():
    plan = runpy.run_path(str(RECIPE))["plan"]
    wanted = plan([])
    rates, full = [one for one in wanted if one["epochs"] < EPOCHS], [one for one in wanted if one["epochs"] == EPOCHS]
    assert wanted == rates + full and len(rates) == 2 * (len(RULES) + 1) + len(BAGS)
    assert len(full) == len(RULES) + 1 + 2 * (len(SEVERAL_SEEDS) + 1)
    assert {one["rule"] for one in full if one["seed"] == 2} == set(SEVERAL_SEEDS)
    tried = [one | {"scores": {"AP": 0.1 + one["lr"] * (one["rule"] == "fcos")}} for one in rates]
    assert {one.get("bag") for one in full} == {BAGS[0], None}
    assert {one["bag"] for one in rates if one["rule"] == "free_anchor"} == set(BAGS)
    smallest = [one | {"scores": {"AP": 0.9 if one.get("bag") == BAGS[-1] else 0.1}} for one in tried]
    again = [one for one in plan(smallest) if one["rule"] == "free_anchor"]
    assert best_bag(smallest) == BAGS[-1] and best_bag(tried[:4]) == BAGS[0] and best_bag(smallest, "fcos") is None
    assert {one["bag"] for one in again if one["epochs"] == EPOCHS} == {BAGS[-1]} and len(plan(smallest)) == len(wanted)
    assert [one["lr"] for one in again if one["epochs"] == RATE_EPOCHS and one["bag"] == BAGS[-1]] == [RATES[-1], RATES[0]]
    assert best_rate(tried, "fcos") == RATES[1] and best_rate(tried, "atss") == RATES[0] == best_rate([], "fcos")
    assert {one["lr"] for one in plan(tried) if one["rule"] == "fcos" and one["epochs"] == EPOCHS} == {RATES[1]}


def test_a_short_training_begins_with_the_trained_backbone_and_lowers_the_loss():
    losses = train_briefly(detector_with_trained_backbone("fcos"), "fcos", steps=12, batch=4)
    assert len(losses) == 12 and sum(losses[-3:]) < sum(losses[:3])
    backbones = [detector_with_trained_backbone(rule, seed=seed).backbone.state_dict() for rule, seed in (("fcos", 0), ("auto_assign", 1))]
    assert all(torch.equal(tensor, backbones[1][name]) for name, tensor in backbones[0].items())
    weights = weights_of(detector_with_trained_backbone("auto_assign").eval(), "auto_assign", watched_scene())
    assert weights.shape == (100 + 25 + 9, len(watched_scene().labels))


def test_the_table_says_what_is_stored_and_no_more():
    assert repr(AssignersTable([])) == f"0 of {len(RULES) + 1} arms have a full run" and "<table" not in AssignersTable([])._repr_html_()
    scores = {"AP": 0.5, "AP_small": 0.25, "AP_medium": 0.5, "AP_large": 0.75}
    row = {"rule": "fcos", "width": 1, "epochs": EPOCHS, "lr": RATES[0], "seed": 0}
    row |= {"scores": scores, "AP_without_nms": 0.4, "duplicates": 0.3}
    runs = [row, row | {"seed": 1, "scores": scores | {"AP": 0.6}}, row | {"rule": "atss", "lr": RATES[1]}, row | {"width": 2}]
    table = AssignersTable(runs)
    assert repr(table).splitlines() == [
        f"1 of {len(RULES) + 1} arms have a full run",
        "FCOS: starts 2, AP 0.550 (0.500 to 0.600), small 0.250 (0.250 to 0.250), medium 0.500 (0.500 to 0.500), "
        "large 0.750 (0.750 to 0.750), without NMS 0.400 (0.400 to 0.400), duplicates 0.300 (0.300 to 0.300)"]
    assert "<td>0.550 (0.500 to 0.600)</td>" in table._repr_html_() and set(table.arms.values()) >= {"ATSS", "RetinaNet, twice as wide"}
    tried = [row | {"rule": "atss", "epochs": RATE_EPOCHS, "lr": lr, "scores": scores | {"AP": lr}} for lr in RATES]
    assert list(AssignersTable(runs + tried).lines()) == ["FCOS", "ATSS"]                       # its better rate has a full run
    assert isinstance(assigners_table(), AssignersTable)


def test_positives_are_counted_by_size():
    scenes = make_scenes(4, size=(SIDE, SIDE))
    table = positives_by_size(scenes, lambda target, priors: made_up_answers(target, priors, n_classes=len(CLASSES), learnt=0.5))
    n = sum(len(scene.labels) for scene in scenes)
    assert table.keys() == METHODS.keys() and all(sum(map(len, sizes.values())) == n for sizes in table.values())
    assert all(sizes.keys() == AREAS.keys() for sizes in table.values())
    assert all(count == 1 for counts in table["one_to_one"].values() for count in counts)
    assert all(count <= 1 for counts in table["yolo_v3_paper"].values() for count in counts)


def test_effective_positives_are_the_number_of_equal_weights():
    weights = torch.tensor([[0.25, 1.0], [0.25, 0], [0.25, 0], [0.25, 0]])
    assert effective_positives(weights).tolist() == pytest.approx([4, 1])


def test_other_rules_are_refused():
    for rule in ("yolo_v1", "detr"):
        with pytest.raises(ValueError, match="expected one of retinanet, fcos"):
            priors_for(rule)
    with pytest.raises(ValueError, match="method is 'detr', expected one of rpn"):
        priors_of("detr", (SIDE, SIDE))
    with pytest.raises(ValueError, match="learnt is 2, expected 0 to 1"):
        made_up_answers({"labels": [], "boxes": []}, priors_for("fcos"), n_classes=3, learnt=2)
