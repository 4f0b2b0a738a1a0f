"""Chapter 6's long tables: rates first and chosen by quality, every recipe runs at a tiny size, and the arms differ where they should."""

import runpy
from pathlib import Path

import pytest
import torch

from book_lib.experiments import compressed
from book_lib.experiments.compressed import FURTHER, MODELS, VARIANTS, attentions
from book_lib.experiments.compressed_longer import (
    CHANGES,
    DESIGNS,
    LONGER,
    NOT_OF_THE_DETECTOR,
    SEEDS,
    better_rate,
    change_arms,
    new_design,
    planned,
    student_arms,
    train_change,
    train_design,
    train_student,
)

RECIPES = Path(__file__).parents[2] / "recipes" / "chapter_06"
TINY = {"translator": {"steps": 2, "batch": 4}, "detr": {"steps": 2, "batch": 4, "epochs": 2, "scenes": 8}}
COSTS = ("bytes", "parameters", "multiplications")


@pytest.fixture(autouse=True)
def few_examples(monkeypatch):
    monkeypatch.setattr(compressed, "_held_out_scenes", lambda: compressed.make_scenes(2, seed=compressed.HELD_OUT_SEED))
    monkeypatch.setattr(compressed, "_held_out_pairs", lambda: compressed.make_pairs(2, seed=2, split="test"))
    monkeypatch.setattr(compressed, "_training_pairs", lambda: compressed.make_pairs(40, seed=1))


ARMS, RATES = [{"change": "a", "steps": 40}, {"change": "b", "steps": 80}], (0.1, 0.2)


def short_run(arm, lr, quality):
    return {**arm, "steps": arm["steps"] // 4, "lr": lr, "seed": 0, "quality": quality}


def test_rates_come_first_and_the_first_order_of_every_arm_before_the_second():
    plan = planned(ARMS, lambda arm: RATES)
    assert plan[:4] == [{"change": change, "steps": steps, "lr": lr, "seed": 0} for change, steps in (("a", 10), ("b", 20)) for lr in RATES]
    assert plan[4:] == [{**arm, "seed": seed} for seed in SEEDS for arm in ARMS] and len(SEEDS) == 3


def test_where_a_short_training_chose_the_lower_rate_the_higher_is_run_in_full_too():
    higher_won, lower_won = ([short_run(arm, 0.1, 0.5), short_run(arm, 0.2, found)] for arm, found in zip(ARMS, (0.6, 0.4), strict=True))
    plan = planned(ARMS, lambda arm: RATES, [*higher_won, *lower_won])
    assert plan[4:7] == [{**ARMS[0], "seed": 0}, {**ARMS[1], "lr": 0.1, "seed": 0}, {**ARMS[1], "lr": 0.2, "seed": 0}]
    assert plan[7:] == [{**arm, "seed": seed} for seed in SEEDS[1:] for arm in ARMS]
    assert len(planned(ARMS, lambda arm: RATES, [*higher_won, lower_won[0]])) == 10


def test_a_table_may_want_the_first_order_of_every_arm_in_full_at_both_rates():
    tried = [short_run(arm, lr, 0.6 if lr == best else 0.4) for arm, best in zip(ARMS, RATES, strict=True) for lr in RATES]
    plan = planned(ARMS, lambda arm: RATES, tried, both_in_full=True)
    assert [(run["lr"], run["seed"]) for run in plan[4:8]] == [(0.1, 0), (0.2, 0), (0.2, 0), (0.1, 0)]
    assert plan[4:6] == [{**arm, "lr": lr, "seed": 0} for arm, lr in zip(ARMS, RATES, strict=True)]
    assert plan[8:] == [{**arm, "seed": seed} for seed in SEEDS[1:] for arm in ARMS]
    assert planned(ARMS, lambda arm: RATES, both_in_full=True) == planned(ARMS, lambda arm: RATES)


def test_the_better_rate_is_that_of_the_better_short_run_unless_both_were_run_in_full():
    arm, other = ARMS
    lower, higher, worse = short_run(arm, 0.1, 0.2), short_run(arm, 0.2, 0.3), short_run(arm, 0.2, 0.1)
    runs = [lower, short_run(other, 0.2, 1.0), {**arm, "lr": 0.1, "seed": 0, "quality": 0.9}]
    with pytest.raises(ValueError, match="no run of 10 steps at the rate 0.2 yet"):
        better_rate(runs, arm, RATES)
    assert better_rate([*runs, higher], arm, RATES) == 0.2 and better_rate([*runs, worse], arm, RATES) == 0.1
    both = [*runs, worse, {**arm, "lr": 0.2, "seed": 0, "quality": 0.95}]
    assert better_rate(both, arm, RATES) == 0.2 and better_rate([*both, {**arm, "lr": 0.1, "seed": 1, "quality": 1.0}], arm, RATES) == 0.2


def test_every_change_is_trained_and_quarters_of_the_steps_fill_their_epochs():
    assert len(set(CHANGES)) == len(CHANGES) and set(CHANGES) == {*VARIANTS, *FURTHER} > NOT_OF_THE_DETECTOR
    assert len(change_arms("translator")) == len(CHANGES) == len(change_arms("detr")) + len(NOT_OF_THE_DETECTOR)
    for settings in LONGER.values():
        assert settings["steps"] % 4 == 0 and settings["steps"] // 4 % settings.get("epochs", 1) == 0
    assert LONGER["detr"]["steps"] * LONGER["detr"]["batch"] <= LONGER["detr"]["scenes"]


@pytest.mark.parametrize("name, change", [("translator", "2:4"), ("translator", "channels halved, 4 bits"), ("detr", "factorised to 1/4")])
def test_a_row_has_costs_quality_and_what_rounding_makes_of_it(name, change):
    row = train_change(name, change, seed=0, lr=1e-3, examples=2, **TINY[name])
    assert 0 <= row["quality"] <= 1 and row["lr"] == 1e-3 and len(row["loss"]) == 2 and all(row[cost] > 0 for cost in COSTS)
    if change.endswith("4 bits"):
        assert not any(key.startswith("int") for key in row)
    else:
        assert row["int4_bytes"] < row["int8_bytes"] < row["bytes"]
    assert (row["zeros"] == pytest.approx(0.5, abs=0.01)) == (change == "2:4")
    assert train_change(name, change, seed=0, lr=1e-3, examples=2, rounded=False, **TINY[name]).items() <= row.items()


@pytest.mark.parametrize("name", MODELS)
def test_the_same_seed_gives_the_same_row_and_another_another(name):
    first, again, other = (train_change(name, "2:4", seed=seed, lr=1e-3, examples=1, **TINY[name]) for seed in (0, 0, 1))
    assert first == again and first["loss"] != other["loss"] and first["zeros"] == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("name", MODELS)
def test_without_steps_a_row_is_the_untrained_variant(name):
    row = train_change(name, "original", steps=0, seed=0, lr=0.0, examples=2)
    assert row["loss"] == [] and row["quality"] == pytest.approx(compressed.quality(name, compressed.load(name), examples=2), abs=1e-4)


@pytest.mark.parametrize("name", MODELS)
def test_a_student_with_a_teacher_learns_otherwise_and_is_as_large(name):
    rows = [train_student(name, arm, seed=0, lr=1e-3, examples=2, **TINY[name]) for arm in ("alone", "distilled")]
    assert rows[0]["loss"] != rows[1]["loss"] and all(rows[0][cost] == rows[1][cost] for cost in COSTS)
    assert {arm["steps"] // LONGER[arm["model"]]["steps"] for arm in student_arms() if arm["arm"] == "alone, twice as long"} == {2}


def test_designs_are_smaller_than_the_book_s_and_start_from_their_seed():
    sizes = {design: sum(p.numel() for p in new_design(design, seed=0).parameters()) for design in DESIGNS}
    whole = sizes.pop("as the book's")
    assert sizes.pop("linear attention in the encoder") == whole and all(size < whole for size in sizes.values())
    first, again, other = (new_design("keys shared in pairs", seed=seed) for seed in (0, 0, 1))
    key = "decoder.layers.1.self_attention.k_proj.weight"
    weights = [dict(model.named_parameters())[key] for model in (first, again, other)]
    assert torch.equal(weights[0], weights[1]) and not torch.equal(weights[0], weights[2])
    wide = dict(new_design("as the book's", seed=0).named_parameters())[key]
    assert weights[0].std() > wide.std() and all(layer.n_kv_heads == 2 for layer in attentions(first).values())


@pytest.mark.parametrize("name", ["longer_translator", "longer_detr", "students", "from_the_start"])
def test_each_table_runs_each_kind_of_its_rows(name, monkeypatch):
    recipe, called = runpy.run_path(str(RECIPES / f"{name}.py")), []
    trains = {"students": "train_student", "from_the_start": "train_design"}.get(name, "train_change")

    def trained(*arm, **settings):
        called.append(settings)
        return {"lr": settings["lr"]}

    monkeypatch.setitem(recipe["run"].__globals__, trains, trained)
    plan = recipe["plan"]([])
    short = [wanted for wanted in plan if "lr" in wanted]
    arms = {tuple(value for key, value in wanted.items() if key not in ("lr", "seed", "steps")) for wanted in plan}
    assert len(short) == 2 * len(arms) and len(plan) >= 5 * len(arms)
    runs = [{**wanted, **recipe["run"](**wanted), "quality": wanted["lr"]} for wanted in short]
    monkeypatch.setitem(recipe["run"].__globals__, "stored", lambda _: [])
    with pytest.raises(ValueError, match="at the rate"):
        recipe["run"](**plan[-1])
    monkeypatch.setitem(recipe["run"].__globals__, "stored", lambda _: runs)
    assert recipe["run"](**plan[-1])["lr"] == max(wanted["lr"] for wanted in short if is_of(wanted, plan[-1]))
    assert called[-1]["steps"] == plan[-1]["steps"] and called[-1]["seed"] == SEEDS[-1]


def is_of(wanted, full):
    return all(wanted[key] == value for key, value in full.items() if key not in ("steps", "seed"))


@pytest.mark.parametrize("design", ["layers shared", "linear attention in the encoder"])
def test_a_design_is_trained_from_its_start(design):
    row = train_design(design, steps=2, seed=0, lr=1e-3, examples=2, batch=4, pairs=20)
    assert row["loss"][0] > 4 and row["quality"] == 0 and all(row[cost] > 0 for cost in COSTS)


@pytest.mark.parametrize("call, words", [
    (lambda: train_student("detr", "taught", steps=1, seed=0, lr=1e-3), "arm is 'taught', expected one of alone, distilled"),
    (lambda: new_design("wide", seed=0), "design is 'wide', expected one of as the book's"),
])
def test_unknown_names_are_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()
