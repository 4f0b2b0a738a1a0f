"""`make test` itself: a part that fails is told, and which commands a part stands for."""

import sys

import nbformat
import pytest

import run_tests
from book_files import ROOT


def parts(**commands):
    return lambda: {name: [[sys.executable, "-c", program] for program in programs] for name, programs in commands.items()}


def test_a_failing_part_fails_the_run_and_the_rest_still_runs(monkeypatch, capfd):
    passing, failing = "print('== 3 passed in 0.1s ==')", "print('1 failed, 2 passed in 0.2s'); raise SystemExit(1)"
    monkeypatch.setattr(run_tests, "commands", parts(first=[failing, "print('never')"], second=[passing], third=[]))
    assert run_tests.main([]) == 1
    told = capfd.readouterr().out
    assert "never" not in told and "make test: failed: first, in" in told
    summary = [line for line in told.splitlines() if line.startswith(("first ", "second ", "third "))]
    assert "FAILED in" in summary[0] and "1 failed, 2 passed in 0.2s" in summary[0]
    assert "passed in" in summary[1] and "3 passed in 0.1s" in summary[1] and "nothing to test yet" in summary[2]


def test_all_parts_pass(monkeypatch, capfd):
    monkeypatch.setattr(run_tests, "commands", parts(first=["print('1 passed')"], second=["print('2 passed')"]))
    assert run_tests.main(["second"]) == 0
    told = capfd.readouterr().out
    assert "== second" in told and "first" not in told and "make test: all parts passed" in told


def test_an_unknown_part(monkeypatch, capsys):
    monkeypatch.setattr(run_tests, "commands", parts(first=[]))
    assert run_tests.main(["frist"]) == 2
    assert capsys.readouterr().err == "there is no part 'frist'; the parts are first\n"


def test_every_test_file_belongs_to_a_part():
    spoken = " ".join(word for part in run_tests.commands().values() for command in part for word in command)
    folders = {path.parent for path in (ROOT / "tests").rglob("test_*.py")}
    assert all(str(folder.relative_to(ROOT)) in spoken for folder in folders)


def test_one_chapter_is_its_notebooks_their_modules_and_its_pages():
    parts = run_tests.commands_of_chapter("09")
    library, (chapters,), (site,) = (parts[name] for name in ("library", "chapters", "site"))
    assert "tests/parity/test_detr_parity.py" in library[0] and "tests/book_lib/test_matching.py" in library[0]
    assert "tests/figures/test_figure_query_explorer.py" in library[0] and "tests/figures/test_figure_timeline.py" not in library[0]
    assert {str(ROOT / "chapters" / "09_detr.ipynb"), str(ROOT / "coursework" / "09_detr" / "09_detr.ipynb")} <= set(chapters)
    assert chapters[-2:] == site[-2:] == ["-k", "09_detr"] and "tests/site" in site


@pytest.mark.parametrize(("imports", "tests"), [
    ("from book_lib.experiments.gaps import GapFiller, exercises", {"book_lib/test_gaps"}),
    ("from book_lib.experiments import lookup, recall", {"book_lib/test_lookup", "book_lib/test_recall"}),
    ("from book_lib.pictures import self_attention as draw", {"book_lib/test_pictures_self_attention"}),
    ("from book_lib.attention import (\n    causal_mask,\n    padding_mask)", {"book_lib/test_attention", "parity/test_attention_parity"}),
    ("figure(\"causal_mask\", number=\"5.1\")", {"figures/test_figure_causal_mask"}),
])
def test_every_way_to_import_a_module_leads_to_its_tests(tmp_path, imports, tests):
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(imports)]), tmp_path / "1.ipynb")
    assert tests <= {name.removeprefix("tests/").removesuffix(".py") for name in run_tests.tests_used_by([tmp_path / "1.ipynb"])}


def test_a_chapter_that_is_not_there(capsys):
    assert run_tests.main(["--chapter", "99"]) == 1
    told = capsys.readouterr().err
    assert "no chapter CH='99'" in told and told.count("\n") == 1


def test_a_chapter_without_pages_tests_passes(monkeypatch, capfd):
    nothing = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", __file__, "-k", "no_such_test"]
    monkeypatch.setattr(run_tests, "commands_of_chapter", lambda number: {"site": [nothing]})
    assert run_tests.main(["--chapter", "09"]) == 0


def test_binder_installs_the_torch_of_the_requirements():
    texts = [(ROOT / folder / "requirements.txt").read_text(encoding="utf-8") for folder in (".", "binder")]
    pins = [line for text in texts for line in text.splitlines() if line.startswith("torch==")]
    assert len(pins) == 2 and pins[1] == f"{pins[0]}+cpu"
