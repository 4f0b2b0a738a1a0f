"""compressed_variants.py: one list from the chapter's tables, each number where its table has it."""

from statistics import mean

import pytest

from book_lib.book.models import load_log
from book_lib.experiments import compressed_variants
from book_lib.experiments.compressed import FURTHER, VARIANTS
from book_lib.experiments.compressed_longer import FROM_START, LONGER, SEEDS, STUDENTS, better_rate, change_arms
from book_lib.experiments.compressed_variants import METHODS, NAMES, designs, full_runs, stored, trained, variants

MODELS = ("translator", "detr")


@pytest.mark.parametrize("model", MODELS)
def test_the_original_comes_first_and_every_row_has_its_numbers(model):
    rows = variants(model)
    original = rows[0]
    assert original["name"] == original["method"] == "original" and original["time"] == 1
    assert len({row["name"] for row in rows}) == len(rows) and len(rows) >= 4
    for row in rows:
        assert 0 <= row["low"] <= row["quality"] <= row["high"] <= 1 and row["bytes"] > 0 and row["multiplications"] > 0
        assert 0.3 < row["time"] < 2


@pytest.mark.parametrize("model", MODELS)
def test_numbers_are_those_of_the_tables(model):
    found = {row["name"]: row for row in variants(model)}
    rounded = {run["weights"]: run for run in load_log("rounded")["runs"] if (run["model"], run["activations"]) == (model, "float32")}
    assert found["original"]["quality"] == rounded["float32"]["quality"] and found["int8"]["bytes"] == rounded["8 bits"]["bytes"]
    assert found["int8"]["bytes"] < found["original"]["bytes"] / 3 and found["4-bit codebook"]["bytes"] < found["int8"]["bytes"]
    four = found["4 bits"]
    assert (four["quality"], four["bytes"], four["time"]) == (rounded["4 bits"]["quality"], rounded["4 bits"]["bytes"], 1)
    times = {run["change"]: run["time"] for run in load_log("compressed_times")["runs"] if run["model"] == model}
    assert found["int8"]["time"] == 1 and found["int8 kernels"]["time"] == times["torch int8"]
    whole = {"original": four["bytes"], "4 bits": four["bytes"]}
    for change, (before, after) in trained(model).items():
        row = found[NAMES.get(change, change)]
        assert row["quality"] == pytest.approx(mean(after), abs=1e-4) and (row["low"], row["high"]) == (min(after), max(after))
        assert change not in whole or before == found[{"original": "original"}.get(change, "4 bits")]["quality"]


@pytest.mark.parametrize("model", MODELS)
def test_a_long_training_ran_at_the_better_of_its_rates_in_three_orders(model):
    log = load_log(f"longer_{model}")
    for arm in change_arms(model):
        runs = full_runs(arm, log["runs"])
        assert {run["lr"] for run in runs} == {better_rate(log["runs"], arm, log["rates"])}
        assert sorted(run["seed"] for run in runs) == list(SEEDS)


def test_every_change_has_its_method_and_its_times():
    assert set(METHODS) == {*VARIANTS, *FURTHER}
    times = load_log("compressed_times")["runs"]
    changes = {*VARIANTS, *FURTHER}
    assert {(run["model"], run["change"]) for run in times} >= {(model, change) for model in MODELS for change in changes}
    assert all(abs(run["time"] - 1) < 0.02 for run in times if run["change"] in ("original", "pruned 50 %", "pruned 90 %", "2:4"))


@pytest.mark.parametrize("model", MODELS)
def test_students_have_the_spread_of_their_orders(model):
    found = {row["name"]: row for row in variants(model)}
    for arm in ("distilled", "alone", "alone, twice as long"):
        steps = LONGER[model]["steps"] * (2 if arm == "alone, twice as long" else 1)
        runs = [run["quality"] for run in full_runs({"model": model, "arm": arm, "steps": steps}, stored("students"))]
        row = found[f"student, {arm}"]
        assert (row["low"], row["high"]) == (min(runs), max(runs)) and len(runs) == 3


def long_run(change, seed, quality, *, steps=None, lr=5e-4, model="translator"):
    return {"change": change, "steps": LONGER[model]["steps"] if steps is None else steps, "seed": seed, "lr": lr, "bytes": 900 + seed,
            "quality": quality, "int8_bytes": 300, "int8_quality": quality - 0.01, "int4_bytes": 200, "int4_quality": quality - 0.1}


def test_long_trainings_give_mean_and_spread_and_leave_out_what_only_chose_a_rate(monkeypatch):
    few = LONGER["translator"]["steps"] // 4
    runs = [*(long_run(change, 0, 0.9, steps=0, lr=0.0) for change in ("original", "2:4", "pruned 90 %")),
            long_run("pruned 90 %", 0, 0.3, steps=few), long_run("2:4", 0, 0.1, steps=few),
            *(long_run("2:4", seed, quality) for seed, quality in enumerate((0.6, 0.7, 0.8))), long_run("original", 0, 0.95),
            long_run("original", 0, 0.94, lr=2e-3)]
    taught = [{"model": "translator", "arm": "distilled", "steps": steps, "seed": 0, "lr": 5e-4, "bytes": 500, "quality": quality}
              for steps, quality in ((few, 0.2), (LONGER["translator"]["steps"], 0.85))]
    begun = [{"design": "linear attention in the encoder", "steps": steps, "seed": 0, "lr": 5e-3, "quality": 0.5}
             for steps in (1, FROM_START["steps"])]
    tables = {"longer_translator": runs, "students": taught, "from_the_start": begun}
    monkeypatch.setattr(compressed_variants, "stored", lambda name: tables.get(name, []))
    rows = {row["name"]: row for row in variants("translator")}
    assert list(rows)[5:] == ["original, trained on", "original, trained on, int8", "original, trained on, 4 bits after",
                              "2:4", "2:4, int8", "2:4, 4 bits after", "student, distilled"]
    assert rows["original, trained on"]["time"] == 1 and rows["original, trained on"]["method"] == "original"
    assert (rows["2:4"]["quality"], rows["2:4"]["low"], rows["2:4"]["high"], rows["2:4"]["bytes"]) == (0.7, 0.6, 0.8, 901)
    assert rows["2:4, 4 bits after"]["quality"] == 0.6 and rows["2:4, int8"]["bytes"] == 300
    times = {run["change"]: run["time"] for run in load_log("compressed_times")["runs"] if run["model"] == "translator"}
    assert rows["student, distilled"]["time"] == times[STUDENTS["translator"]] and rows["2:4"]["time"] == times["2:4"]
    assert trained("translator") == {"original": (0.9, [0.95]), "2:4": (0.9, [0.6, 0.7, 0.8])} and trained("detr") == {}
    assert designs() == {"linear attention in the encoder": begun[1:]}
