"""`make experiments`: what is stored is not run again, what a plan learns from its runs is run next, and two processes share a table."""

import json

import pytest

import book_lib.book.models
from experiments import main, recipes_of

RECIPE = """
from pathlib import Path

FACTS = {"settings": {"steps": 3}}

def plan(runs):
    first = [{"lr": lr, "seed": 0} for lr in (0.1, 0.2)]
    return first + ([{"lr": max(runs, key=lambda run: run["score"])["lr"], "seed": 1}] if len(runs) >= 2 else [])

def run(lr, seed):
    with open(Path(__file__).with_name("calls"), "a") as file:
        print(lr, seed, file=file)
    return {"score": lr}
"""


@pytest.fixture
def table(tmp_path, monkeypatch):
    """A throw-away chapter 77 with one table of trainings; gives its file of calls and its log."""
    folder = tmp_path / "recipes" / "chapter_77"
    folder.mkdir(parents=True)
    (folder / "toy.py").write_text(RECIPE)
    monkeypatch.setattr("experiments.ROOT", tmp_path)
    monkeypatch.setattr(book_lib.book.models, "ROOT", tmp_path)
    return folder / "calls", tmp_path / "models" / "toy" / "metrics.json"


def test_a_table_is_filled_once(table, capsys):
    calls, log = table
    main(["77"])
    assert calls.read_text().split("\n")[:-1] == ["0.1 0", "0.2 0", "0.2 1"], "the best rate gets a second seed"
    stored = json.loads(log.read_text())
    assert stored["recipe"] == "recipes/chapter_77/toy.py" and stored["settings"] == {"steps": 3}
    assert stored["runs"][0] == {"lr": 0.1, "seed": 0, "score": 0.1}
    main(["77", "toy"])
    assert len(calls.read_text().split("\n")) == 4, "what is stored is not run again"
    capsys.readouterr()
    main(["77", "--list"])
    assert capsys.readouterr().out.splitlines()[:2] == ["toy: 3 of 3 runs are done", 'done  {"lr": 0.1, "seed": 0}']


def test_two_processes_share_a_table(table):
    calls, _ = table
    main(["77", "--share", "2/2"])
    assert calls.read_text() == "0.2 0\n"
    main(["77", "--share", "1/2"])
    assert calls.read_text() == "0.2 0\n0.1 0\n0.2 1\n"


def test_what_is_not_there_is_named(table, capsys):
    with pytest.raises(ValueError, match="chapter '78' has no experiments; the chapters that have some: 77"):
        recipes_of("78")
    with pytest.raises(SystemExit):
        main(["77", "joy"])
    assert "chapter 77 has no experiment 'joy'; it has toy" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["77", "--share", "3/2"])
