"""DETR and its rivals trained alike: resumable, scored before and after, and compared at each one's best rate."""

import pytest

from book_lib.data.scenes import HARD_SIDES, make_scenes
from book_lib.experiments import compared_detectors
from book_lib.experiments.compared_detectors import (
    RATES,
    RIVAL_EPOCHS,
    SCENE_SETS,
    SETTINGS,
    TRAIN,
    best_rate,
    fair_rivals,
    of_starts,
    rivals_table,
    train_and_score,
)

TINY = SETTINGS | {"scenes": 12, "scenes_an_epoch": 8, "batch": 4, "pretraining_steps": 1, "held_out": 4}


def row(detector, lr, ap, *, epochs=RIVAL_EPOCHS // 4, seed=0, scene_set="scenes"):
    scores = {"AP": ap}
    return {"detector": detector, "lr": lr, "epochs": epochs, "seed": seed, "scene_set": scene_set, "padded": scores, "alone": scores}


@pytest.mark.parametrize("detector", TRAIN)
def test_a_run_is_scored_in_both_ways_and_leaves_no_checkpoint(detector, tmp_path):
    result = train_and_score(detector, lr=1e-4, seed=1, epochs=2, work=tmp_path, sizes=TINY)
    assert len(result["loss_by_epoch"]) == 2 and result["AP_before_any_padding"].keys() == {"padded", "alone"}
    assert all(0 <= result[way][name] <= 1 for way in ("padded", "alone") for name in ("AP", "duplicates"))
    assert ("by_layer" in result) == (detector != "dense") and "AP_by_epoch" not in result
    assert [path.name for path in tmp_path.iterdir()] == ["backbone-1-1.safetensors"]


def test_a_run_that_was_cut_off_ends_with_the_same_numbers(tmp_path, monkeypatch):
    wanted = {"lr": 1e-3, "seed": 0, "epochs": 3, "sizes": TINY}
    undisturbed = train_and_score("dense", **wanted, work=tmp_path / "a")

    def stop(name, held_out):
        def after_epoch(epoch, model):
            if epoch == 1:
                raise KeyboardInterrupt
        return after_epoch

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(compared_detectors, "look_in", stop)
        train_and_score("dense", **wanted, work=tmp_path / "b")
    assert train_and_score("dense", **wanted, work=tmp_path / "b") == undisturbed


def test_both_begin_with_the_same_backbone(tmp_path):
    first, again = (compared_detectors.pretrained_backbone(3, steps=1, work=tmp_path / folder) for folder in "ab")
    assert all((first[key] == again[key]).all() for key in first)


def test_the_best_rate_is_known_once_all_have_been_tried():
    slow, fast = RATES["detr"]
    assert best_rate([], "detr") == best_rate([row("detr", fast, 0.9)], "detr") == slow
    runs = [row("detr", slow, 0.4), row("detr", fast, 0.5), row("dense", RATES["dense"][0], 0.1)]
    assert best_rate(runs, "detr") == fast and best_rate(runs, "dense") == RATES["dense"][0]
    assert best_rate([*runs, row("detr", fast, 0.1, scene_set="harder scenes")], "detr") == fast
    full = [row("detr", lr, 0.7, epochs=RIVAL_EPOCHS) for lr in (slow, fast)]
    full.append(row("detr", fast, 0.2, epochs=RIVAL_EPOCHS, scene_set="harder scenes"))
    assert fair_rivals(runs + full) == [full[1]] and fair_rivals(runs + full, "harder scenes") == [full[2]]
    assert fair_rivals(runs + full[:1]) == [full[0]] and fair_rivals(runs) == []


def test_starts_are_given_with_their_range():
    runs = [row("detr", 1e-3, ap) for ap in (0.5, 0.7, 0.75)]
    assert of_starts(runs, "alone", "AP") == "0.650 (0.500 to 0.750)" and of_starts([], "alone", "AP") == "not run yet"
    assert of_starts(runs[:1], "alone", "AP") == "0.500" and of_starts(runs[:2], "alone", "AP") == "0.600 (0.500 to 0.700)"


def sized(detector, lr, values, **more):
    """A row whose scores of all, small, medium and large objects are values, padded, and a little less alone."""
    names = ("AP", "AP_small", "AP_medium", "AP_large")
    run = row(detector, lr, 0, epochs=RIVAL_EPOCHS, **more)
    padded = dict(zip(names, values, strict=True))
    return run | {"padded": padded, "alone": {name: value - 0.01 for name, value in padded.items()}}


def test_the_table_has_every_start_and_says_which_rate_it_had():
    slow, fast = RATES["dense"]
    runs = [sized("detr", RATES["detr"][0], (0.5, 0.4, 0.6, 0.9)), sized("dense", slow, (0.7, 0.5, 0.7, 0.8))]
    table = rivals_table(runs)
    assert [table.ahead(size) for size in table.SIZES] == ["dense", "dense", "dense", "detr"]
    assert "dense, 1 of 3 starts, rate 0.001\n  padded all    0.700\n  padded small  0.500" in repr(table)
    runs += [sized("dense", slow, (0.8, 0.1, 0.7, 0.9), seed=1)] + [row("dense", lr, ap) for lr, ap in ((slow, 0.1), (fast, 0.2))]
    table = rivals_table(runs)
    assert "dense, 2 of 3 starts, rate 0.001 (0.002 was better after 5 epochs)\n  padded all    0.750 (0.700 to 0.800)" in repr(table)
    assert table.ahead("small") == "detr" and "<td>0.750<br><small>(0.700 to 0.800)</small></td>" in table._repr_html_()
    runs[0]["alone"]["AP_large"] = 0.8
    assert rivals_table(runs).ahead("large") is None                         # DETR is ahead padded, and behind alone
    runs.append(sized("dense", fast, (0.9, 0.9, 0.9, 0.9)))
    assert "dense, 1 of 3 starts, rate 0.002\n  padded all    0.900" in repr(rivals_table(runs))
    assert rivals_table(runs, "harder scenes").ahead("all") is None and "not run yet" in repr(rivals_table(runs, "harder scenes"))


def test_the_harder_scenes_are_larger_and_hold_smaller_objects():
    plain, hard = (make_scenes(120, seed=5, **SCENE_SETS[name][0]) for name in SCENE_SETS)

    def share_under(scenes, side):
        longest = [(scene.boxes_xyxy[:, 2:] - scene.boxes_xyxy[:, :2]).max(1) for scene in scenes]
        return sum((sides < side).sum() for sides in longest) / sum(map(len, longest))

    assert {side for scene in hard for side in scene.size} == set(HARD_SIDES)
    assert share_under(plain, 8) == 0 and 0.15 < share_under(hard, 8) < 0.35
