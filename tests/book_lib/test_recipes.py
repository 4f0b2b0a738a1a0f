"""What `make models` runs: a recipe for every shipped model, and every recipe and recorder starts."""

import json
import runpy
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RECIPES, RECORDERS = sorted(ROOT.glob("recipes/*.py")), sorted(ROOT.glob("figures/*/record.py"))


def load(path, monkeypatch):
    """The names a script defines, as `python PATH` finds them: with its own folder on the path."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(path.parent)
    try:
        return runpy.run_path(str(path))
    finally:
        for name in set(sys.modules) - before:
            if str(getattr(sys.modules[name], "__file__", "")).startswith(str(path.parent)):
                del sys.modules[name]


def test_every_shipped_model_names_its_recipe():
    named = {log.parent.name: json.loads(log.read_text(encoding="utf-8"))["recipe"] for log in ROOT.glob("models/*/metrics.json")}
    assert named == {path.stem: f"recipes/{path.name}" for path in RECIPES}
    assert named.keys() == {folder.name for folder in (ROOT / "models").iterdir() if folder.is_dir()}


@pytest.mark.parametrize("path", RECIPES + RECORDERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_recipe_finds_what_it_imports(path, monkeypatch):
    assert callable(load(path, monkeypatch)["main"])


def test_a_lookup_run_that_is_stored_is_not_run_again(monkeypatch):
    run_missing, calls = load(ROOT / "recipes" / "lookup.py", monkeypatch)["run_missing"], []
    there = {"score": "plain", "d_k": 4, "lr": 1e-3, "seed": 0}

    def summary(*wanted):
        calls.append(wanted)
        return dict(zip(there, wanted, strict=True))

    monkeypatch.setitem(run_missing.__globals__, "summary", summary)
    monkeypatch.setitem(run_missing.__globals__, "save_log", lambda *_: None)
    runs = [there]
    run_missing([("plain", 4, 1e-3, 0), ("plain", 4, 3e-3, 0)], runs)
    assert calls == [("plain", 4, 3e-3, 0)] and len(runs) == 2
