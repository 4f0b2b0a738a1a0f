"""What `make models` and `make experiments` run: a recipe for every shipped model and log, and every recipe and recorder starts."""

import json
import runpy
import sys
from pathlib import Path

import pytest

from book_lib.book.models import load_log
from experiments import is_stored, stored_runs

ROOT = Path(__file__).parents[2]
RECIPES, RECORDERS = sorted(ROOT.glob("recipes/*.py")), sorted(ROOT.glob("figures/*/record.py"))
TABLES = sorted(ROOT.glob("recipes/chapter_*/*.py"))


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
    recipes = {path.stem: path.relative_to(ROOT).as_posix() for path in RECIPES + TABLES}
    assert named == {name: recipes[name] for name in named} and set(recipes) - set(named) <= {path.stem for path in TABLES}
    assert named.keys() == {folder.name for folder in (ROOT / "models").iterdir() if folder.is_dir()}


@pytest.mark.parametrize("path", RECIPES + RECORDERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_recipe_finds_what_it_imports(path, monkeypatch):
    assert callable(load(path, monkeypatch)["main"])


@pytest.mark.parametrize("path", TABLES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_table_of_trainings_is_planned_and_its_log_agrees(path):
    recipe, runs = runpy.run_path(str(path)), stored_runs(path.stem)
    plan = recipe["plan"](runs)
    assert plan and recipe["plan"]([]) and all(plan.count(wanted) == 1 for wanted in plan)
    assert all(isinstance(value, str | int | float | bool | None) for wanted in plan for value in wanted.values())
    assert all(sum(is_stored(wanted, [run]) for wanted in plan) == 1 for run in runs), "each stored run is one of the plan"
    stored = load_log(path.stem) if runs else {**recipe["FACTS"], "recipe": path.relative_to(ROOT).as_posix()}
    assert all(stored[name] == json.loads(json.dumps(value)) for name, value in recipe["FACTS"].items())
