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


def test_long_notebooks_come_before_short_ones_and_the_library_last():
    (command,) = run_tests.commands()["python"]
    seconds = [run_tests.seconds_to_run(word) for word in command if word.startswith(str(ROOT / "chapters"))]
    assert len(seconds) > 10 and seconds == sorted(seconds, reverse=True) and command[-1] == "tests/book_lib"


def test_one_chapter_is_its_notebooks_its_pages_its_figures_their_modules_and_its_coursework():
    parts = run_tests.commands_of_chapter("09")
    (browser,), (notebooks,), (library,), (parity,), (coursework,) = parts.values()
    assert list(parts) == ["browser", "notebooks", "library", "parity", "coursework"]
    names = ("chapters/09_detr_lab.ipynb", "chapters/09_detr.ipynb", "coursework/09_detr/09_detr.ipynb")
    assert notebooks[-3:] == [str(ROOT / name) for name in names] and "--nbval" in notebooks
    assert "tests/site" in browser and "tests/figures/test_figure_query_explorer.py" in browser
    assert "tests/figures/test_figure_timeline.py" not in browser
    assert {"09_detr", "test_figure_query_explorer"} <= set(browser[-1].split(" or ")) and browser[-2] == "-k"
    assert "tests/parity/test_detr_parity.py" in parity and "tests/book_lib/test_matching.py" in library
    assert not {"tests/book_lib/test_transformer.py", "tests/book_lib/test_attention.py"} & set(library)
    assert not any("tests/figures" in word for word in library + parity)
    assert coursework[-4:] == ["tests/chapters", "tests/coursework", "-k", "09_detr"]


def test_what_many_chapters_import_is_tested_with_the_first_of_them():
    firsts = [run_tests.commands_of_chapter(number) for number in ("01", "03", "05")]
    assert ["tests/book_lib/test_models.py" in parts["library"][0] for parts in firsts] == [False, True, False]
    assert ["tests/figures/test_figure_quiz.py" in parts["browser"][0] for parts in firsts] == [True, False, False]


def test_of_a_chapter_several_parts_run_at_once_and_each_is_shown_whole(monkeypatch, capfd, tmp_path):
    wait = "import pathlib, time\nprint('{0} begins', flush=True)\npathlib.Path(r'{2}', '{0}').touch()\n" \
        "while not pathlib.Path(r'{2}', '{1}').exists(): time.sleep(.01)\nprint('1 passed, {0}')"
    parts = {name: [[sys.executable, "-c", wait.format(name, other, tmp_path)]] for name, other in (("lab", "site"), ("site", "lab"))}
    failing = [[sys.executable, "-c", "print('1 failed'); raise SystemExit(1)"]]
    monkeypatch.setattr(run_tests, "commands_of_chapter", lambda number: parts | {"library": failing, "figures": []})
    assert run_tests.main(["--chapter", "02"]) == 1
    told = capfd.readouterr().out
    assert all(f"\n== {name}\n{name} begins\n1 passed, {name}\n" in told for name in ("lab", "site"))
    summary = told.splitlines()[-5:]
    assert [line.split()[:2] for line in summary[:3]] == [["lab", "passed"], ["site", "passed"], ["library", "FAILED"]]
    assert summary[3].endswith("nothing to test yet") and "make test: failed: library, in" in summary[4]


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
