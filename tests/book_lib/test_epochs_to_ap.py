"""Epochs to an AP: what is planned, how a curve is read, every changed part trains, and offsets learn slowly."""

import pytest
import torch

from book_lib.book.models import load_log
from book_lib.data.scenes import make_scenes
from book_lib.experiments.compared_detectors import SETTINGS
from book_lib.experiments.detector_training import train_deformable
from book_lib.experiments.epochs_to_ap import (
    EPOCHS,
    PARTS,
    RATES,
    effect_of_part,
    fits,
    greatest_gain,
    plan_of,
    rate_of_parts,
    run_one,
    run_part,
    step_seconds,
    stored_runs,
    wanted,
    whole_trainings,
)
from book_lib.experiments.small_deformable import detect_deformable, new_deformable, slower_parts

TINY = SETTINGS | {"scenes": 12, "scenes_an_epoch": 8, "batch": 4, "pretraining_steps": 1, "held_out": 4}
SCENES = make_scenes(16, seed=70, sides=(48, 56))


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """A folder for checkpoints, in which the backbone is trained once."""
    return tmp_path_factory.mktemp("work")


def rate_rows(best):
    """The rows that compare the rates, one better than the others, and of these the lower ones better."""
    scores = {lr: {"AP": 0.5 if lr == best else 0.4 - lr} for lr in RATES["deformable"]}
    return [wanted(lr, 0) | {way: scores[lr] for way in ("padded", "alone")} for lr in RATES["deformable"]]


def test_rates_come_first_then_more_starts_then_detr():
    rates = plan_of([])
    assert rates == plan_of(rate_rows(1e-3)[:-1]) and {row["epochs"] for row in rates} == {EPOCHS}
    plan, first = plan_of(rate_rows(1e-3)), len(RATES["deformable"])
    own, detr = plan[first:-4], plan[-4:]
    assert plan[:first] == rates and [row["lr"] for row in own] == [1e-3] * 4 + [5e-4] * 2 + [2e-3] * 2
    assert [(row["seed"], row["scene_set"], row["epochs"]) for row in own] == [
        (1, "scenes", EPOCHS), (2, "scenes", EPOCHS), (0, "harder scenes", EPOCHS), (0, "scenes", 2 * EPOCHS),
        *((seed, "scenes", EPOCHS) for seed in (1, 2, 1, 2))]
    assert [(row["lr"], row["seed"], row["scene_set"]) for row in detr] == [
        (5e-4, 1, "scenes"), (5e-4, 2, "scenes"), (2.5e-4, 0, "scenes"), (5e-4, 0, "harder scenes")]
    assert all(row["detector"] == "detr" and row["epochs"] == EPOCHS for row in detr)


def test_a_row_has_ap_and_seconds_after_every_epoch(work):
    row = run_one("deformable", "scenes", 3, 1e-4, 0, sizes=TINY, work=work)
    assert len(row["AP_by_epoch"]) == len(row["seconds_of_processor_by_epoch"]) == len(row["loss_by_epoch"]) == 3
    assert all(0 <= ap <= 1 for ap in row["AP_by_epoch"]) and all(seconds > 0 for seconds in row["seconds_of_processor_by_epoch"])
    assert len(row["by_layer"]["AP"]) == 3 and {"AP_small", "AP_after_nms", "duplicates"} <= row["padded"].keys()


@pytest.mark.parametrize("part", PARTS)
def test_every_changed_part_trains(part):
    model, usual = new_deformable(seed=0, **PARTS[part]), new_deformable(seed=0)
    before = {name: parameter.clone() for name, parameter in model.named_parameters()}
    kept = usual.state_dict()
    differs = any(name not in kept or not torch.equal(kept[name], value) for name, value in before.items())
    assert differs == (part not in ("unchanged", "absolute boxes")), "boxes without the reference point have the same weights"
    log = train_deformable(model, SCENES[:8], seed=0, epochs=1, batch=8, top_rate=1e-2)
    assert log[0]["loss"] > 0 and all(not torch.equal(before[name], parameter) for name, parameter in model.named_parameters())
    found = detect_deformable(model.eval(), SCENES[8:12])
    assert [len(layer) for layer in found] == [4, 4, 4] and all(len(one["scores"]) == 20 for one in found[-1])


def test_a_part_takes_the_best_rate_and_needs_it_compared(work):
    assert rate_of_parts(rate_rows(1e-3)) == 1e-3 and rate_of_parts(rate_rows(5e-4)) == 5e-4
    with pytest.raises(ValueError, match="the rates have not been compared yet"):
        rate_of_parts(rate_rows(1e-3)[1:])
    assert len(run_part("one level", 0, 1e-3, sizes=TINY, work=work)["AP_by_epoch"]) == EPOCHS
    with pytest.raises(ValueError, match="part is 'no attention', expected one of unchanged, one level"):
        run_part("no attention", 0, 1e-3, work=work)


def test_a_query_that_looks_everywhere_is_told_of_every_real_cell():
    model = new_deformable(seed=0, **PARTS["one level, all cells"]).eval()
    images, real = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0)), torch.ones(1, 64, 64, dtype=torch.bool)
    real[:, :, 48:] = False
    maps = model.maps(images, real)
    memory = maps.tokens.detach().requires_grad_()
    query, attention = torch.randn(1, 2, 96, generator=torch.Generator().manual_seed(1)), model.decoder_layers[0].cross_attention
    output = attention(query, None, memory, maps.shapes, maps.mask)[0]
    told = torch.autograd.grad(output.sum(), memory)[0].abs().sum(-1) > 0
    assert torch.equal(told, maps.mask) and maps.mask.sum() == 48 and maps.shapes == [(8, 8)]
    by_hand = attention.attention(query, memory + maps.code, memory, maps.mask[:, None, None])[0]
    torch.testing.assert_close(output, by_hand)
    usual, same = new_deformable(seed=0, **PARTS["one level"]).state_dict(), model.state_dict()
    assert {name for name in usual if "box_heads" in name or name.startswith("reference")} <= same.keys()
    assert not any("offsets" in name for name in same)
    with pytest.raises(ValueError, match="n_levels is 3, expected 1"):
        new_deformable(seed=0, everywhere=True)


def test_near_cells_count_by_a_bell_round_the_reference_point():
    model = new_deformable(seed=0, **PARTS["one level, near cells"]).eval()
    images, real = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0)), torch.ones(1, 64, 64, dtype=torch.bool)
    real[:, :, 48:] = False
    maps, attention = model.maps(images, real), model.decoder_layers[0].cross_attention
    reference = torch.tensor([[[[0.25, 0.5]]]])                              # of a map of 8 cells a side: x 2, y 4
    bell = attention.bell(reference[:, :, 0], (8, 8)).view(8, 8)
    assert bell[4, 2].item() == pytest.approx(-(0.5**2 + 0.5**2) / 8) and bell[7, 5].item() == pytest.approx(-(3.5**2 + 3.5**2) / 8)
    query = torch.randn(1, 1, 96, generator=torch.Generator().manual_seed(1))
    output = attention(query, reference, maps.tokens, maps.shapes, maps.mask)[0]
    own = attention.attention
    keys, values = own.keys_and_values(maps.tokens + maps.code, maps.tokens)
    scores = own.q_proj(query).view(1, 1, 4, 24).transpose(1, 2) @ keys.transpose(-2, -1) / 24**0.5 + bell.flatten()
    weights = scores.masked_fill(~maps.mask[:, None, None], -float("inf")).softmax(-1)
    torch.testing.assert_close(output, own.o_proj((weights @ values).transpose(1, 2).flatten(2)))
    assert model(images, real).boxes.isfinite().all()


def test_boxes_start_where_the_changed_part_says():
    images = torch.rand(2, 3, 48, 56, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        usual, absolute, default = (new_deformable(seed=1, **changed).eval().sampling(images)
                                    for changed in ({}, PARTS["absolute boxes"], PARTS["default init"]))
    torch.testing.assert_close(usual[0].boxes[-1, ..., :2], usual[1].references[-1])
    assert (absolute[0].boxes[-1, ..., :2] == 0.5).all(), "in the middle of the picture, wherever the query looks"
    torch.testing.assert_close(absolute[1].references[0], usual[1].references[0])
    assert usual[0].logits.sigmoid().mean() < 0.02 and default[0].logits.sigmoid().mean() > 0.3, "no class is rare at torch's start"
    (equal,), (unequal,) = ({weights.std().item() > 0 for _, weights in one[1].decoder} for one in (usual, default))
    assert (equal, unequal) == (False, True)


def test_offsets_and_reference_points_learn_at_a_tenth_of_the_rate():
    model, before = new_deformable(seed=0), new_deformable(seed=0).state_dict()
    assert set(slower_parts(model).values()) == {0.1} and len(slower_parts(model)) == 1 + 2 + 3
    train_deformable(model, SCENES[:8], seed=0, epochs=1, batch=8, top_rate=1e-3)
    moved = {name: (parameter - before[name]).abs().max().item() for name, parameter in model.named_parameters()}
    slow = [moved[name] for name in moved if any(name.startswith(start) for start in slower_parts(model))]
    fast = [moved[name] for name in moved if name.startswith("decoder_layers.0.") and "offsets" not in name]
    assert max(slow) == pytest.approx(0.1 * max(fast), rel=0.05), "Adam's first step is about the rate, whatever the gradient"
    assert "reference." not in slower_parts(new_deformable(seed=0, refine=True, two_stage=True))


def test_the_tables_are_of_these_settings():
    """Where a table has been begun, every curve is as long as its run."""
    for name in ("epochs_to_ap", "one_part_changed"):
        try:
            runs = load_log(name)["runs"]
        except ValueError:
            continue
        for run in runs:
            assert len(run["AP_by_epoch"]) == run.get("epochs", EPOCHS) == len(run["seconds_of_processor_by_epoch"])


UNCHANGED = [0.54, 0.36, 0.47]


@pytest.mark.parametrize(("changed", "found"), [
    ([], "not run"), ([0.45], "open"), ([0.32], "open"), ([0.30], "lower"), ([0.57], "open"), ([0.60], "higher"),
    ([0.30, 0.34], "open"), ([0.30, 0.29, 0.25], "lower"), ([0.30, 0.34, 0.35], "open"), ([0.60, 0.61, 0.70], "higher")])
def test_all_starts_must_lie_well_beyond_all_unchanged_ones(changed, found):
    assert effect_of_part(changed, UNCHANGED) == found
    verdicts = {"not run": "not testable here", "open": "not testable here", "lower": "right", "higher": "wrong"}
    assert [verdict for verdict in dict.fromkeys(verdicts.values()) if fits(verdict, found)] == [verdicts[found]]
    with pytest.raises(ValueError, match="no unchanged training"):
        effect_of_part(changed, [])


@pytest.mark.parametrize(("aps", "found"), [
    ({}, "not run"), ({"one point": [0.2]}, "not run"), ({"one level": []}, "not run"), ({"one level": [0.2]}, "open"),
    ({"one level": [0.2], "one point": [0.3]}, "lower"), ({"one level": [0.2], "one point": [0.24]}, "open"),
    ({"one level": [0.2], "one point": [0.3], "default init": [0.22]}, "open"), ({"one level": [0.2], "one point": [0.1]}, "higher"),
    ({"one level": [0.45], "one point": [0.1]}, "higher"), ({"one level": [0.45], "one point": [0.5]}, "open"),
    ({"one level": [0.62], "one point": [0.5]}, "higher"), ({"one level": [0.2, 0.25], "one point": [0.31, 0.4]}, "lower")])
def test_the_greatest_gain_is_greater_than_every_other(aps, found):
    assert greatest_gain("one level", aps, UNCHANGED) == found


def test_a_table_that_has_not_been_begun_has_no_rows():
    assert stored_runs("a table that nobody knows") == [] and stored_runs("rivals")


def test_whole_trainings_are_the_stored_rows_and_the_shipped_models():
    found, step = whole_trainings(), load_log("step_seconds")["runs"][0]
    for name, model, epochs in (("detr", "detr", 48), ("deformable", "deformable_detr", 12)):
        assert found[name][-1] == pytest.approx((epochs, epochs * 312 * step[name] / 60, load_log(model)["scores_alone"]["AP"]))
    refined = [run["alone"]["AP"] for run in stored_runs("one_part_changed") if run["part"] == "refinement"]
    assert [ap for _, _, ap in found["refined"]] == refined and {epochs for epochs, _, _ in found["refined"]} == {EPOCHS}
    own = [run["alone"]["AP"] for run in stored_runs("epochs_to_ap")
           if (run["detector"], run["scene_set"], run["epochs"]) == ("deformable", "scenes", EPOCHS) and run["lr"] in (1e-3, 2e-3)]
    assert sorted(ap for epochs, _, ap in found["deformable"] if epochs == EPOCHS) == sorted(own)
    assert sorted({epochs for epochs, _, _ in found["detr"]}) == [EPOCHS, 4 * EPOCHS, 48]


def test_both_detectors_are_timed_in_turn():
    found = step_seconds(batch=2, steps=1)
    assert set(found) == {"detr", "deformable", "ratio"} and min(found.values()) > 0
    with pytest.raises(TypeError, match="levels"):
        step_seconds(batch=2, steps=1, levels=1)
    (stored,) = stored_runs("step_seconds")
    assert stored["ratio"] == pytest.approx(stored["deformable"] / stored["detr"], abs=0.05)


def test_looks_are_stored_for_every_epoch_of_the_shipped_training():
    table = load_log("looks_over_training")
    epochs = load_log("deformable_detr")["settings"]["epochs"]
    assert sorted(run["epoch"] for run in table["runs"]) == list(range(epochs + 1))
    for run in table["runs"]:
        assert len(run["points"]) == 48 and sum(point[2] for point in run["points"]) == pytest.approx(1, abs=0.01)
