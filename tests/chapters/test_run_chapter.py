"""`make chapter`: what it stores, what it says when a cell fails, and that what it stores is what nbval then finds again."""

import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import nbformat
import pytest
from sample_book import make_book

import run_chapter
from book_files import ROOT, chapters_in_book, find_chapter, other_notebooks, slug_of
from run_chapter import (
    GIGABYTES_ALLOWED,
    REFERENCE_QUESTION,
    REFERENCE_SECONDS,
    Meter,
    budget_problems,
    execute,
    file_problems,
    main,
    normalise,
    read,
    start_anew,
    write,
)


def notebook_of(*sources, **book):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    notebook.metadata.book = book
    return notebook


@pytest.fixture
def chapters(tmp_path, monkeypatch):
    """An empty chapters/ folder that the tool takes for the book's."""
    folder = tmp_path / "chapters"
    folder.mkdir()
    monkeypatch.setattr(run_chapter, "find_chapter", lambda number: find_chapter(number, tmp_path))
    return folder


def test_running_stores_clean_outputs(chapters, capsys):
    noisy = 'import sys\nprint("out")\nprint("warning", file=sys.stderr)\nprint(object())'
    path = chapters / "07_noise.ipynb"
    nbformat.write(notebook_of(noisy, "", "import os\nos.path.basename(os.getcwd())", seconds_to_run=1), path)
    assert main(["07"]) == 0
    first = path.read_bytes()
    stored = read(path)
    assert stored.cells[0].outputs == [{"output_type": "stream", "name": "stdout", "text": "out\n<object object at 0x000000>\n"}]
    assert stored.cells[1].outputs[0].data["text/plain"] == "'chapters'"
    assert [cell.execution_count for cell in stored.cells] == [1, 2]
    assert b"warning" not in first.replace(b'print(\\"warning', b"") and first.endswith(b"}\n")
    assert file_problems(path) == []
    assert main(["07"]) == 0 and path.read_bytes() == first
    assert "07_noise.ipynb: took" in capsys.readouterr().out


def test_a_drawing_is_stored_by_name_without_its_words():
    from book_lib.pictures.drawing import Drawing

    notebook = notebook_of("Drawing()", seconds_to_run=1)
    shown = Drawing("attention_layer", lit="scores", size="small")._repr_mimebundle_()
    notebook.cells[0].outputs = [nbformat.v4.new_output("execute_result", data=shown, execution_count=3)]
    normalise(notebook)
    stored = dict(notebook.cells[0].outputs[0].data)
    assert stored["text/plain"] == "Drawing('attention_layer', lit='scores', size='small')"
    assert 'data-drawing="attention_layer" data-lit="scores" data-size="small"' in stored["image/svg+xml"]
    assert "softmax" not in stored["image/svg+xml"] and ElementTree.fromstring(stored["image/svg+xml"]).tag.endswith("svg")
    normalise(notebook)
    assert notebook.cells[0].outputs[0].data == stored


def test_widget_state_views_and_timing_metadata_are_dropped():
    notebook = notebook_of("slider", seconds_to_run=1)
    view = {"application/vnd.jupyter.widget-view+json": {"model_id": "0"}, "text/plain": "Slider()"}
    notebook.metadata.update(widgets={"state": {}}, colab={"provenance": []})
    notebook.cells[0].metadata = nbformat.from_dict({"execution": {"iopub": "2026"}, "id": "x", "tags": ["b", "a", "a"]})
    notebook.cells[0].outputs = [
        nbformat.v4.new_output("execute_result", data=view, metadata={"image/png": {"width": 7}}, execution_count=31),
        nbformat.v4.new_output("display_data", data={"application/vnd.jupyter.widget-view+json": {}}),
    ]
    normalise(notebook)
    assert set(notebook.metadata) == {"book", "kernelspec", "language_info"}
    assert notebook.cells[0].metadata == {"tags": ["a", "b"]}
    assert notebook.cells[0].outputs == [
        {"output_type": "execute_result", "data": {"text/plain": "Slider()"}, "metadata": {}, "execution_count": 1}
    ]


def test_cell_ids_change_with_their_cell_alone():
    before, after = notebook_of("1", "2", "2"), notebook_of("0", "1", "2", "2")
    normalise(before)
    normalise(after)
    ids = [cell.id for cell in before.cells]
    assert len(set(ids)) == 3 and [cell.id for cell in after.cells][1:] == ids


def test_a_failing_cell_gives_one_line_and_leaves_the_file(chapters, capsys):
    path = chapters / "07_broken.ipynb"
    broken = 'y = x +\\\n    1\nraise ValueError("first line\\nd_model 7 is odd")'
    nbformat.write(notebook_of("x = 1", broken, "z = 3", seconds_to_run=1), path)
    before = path.read_bytes()
    assert main(["07"]) == 1
    told = capsys.readouterr()
    assert told.err == "07_broken.ipynb: code cell 2 of 3 failed: `y = x +\\`: ValueError: d_model 7 is odd\n" and told.out == ""
    assert path.read_bytes() == before


def test_a_kernel_that_dies_gives_one_line(chapters, capsys):
    nbformat.write(notebook_of("import os\nos._exit(1)", seconds_to_run=1), chapters / "07_dead.ipynb")
    assert main(["07"]) == 1
    assert capsys.readouterr().err == "07_dead.ipynb: code cell 1 of 1 failed: `import os`: the kernel died (out of memory?)\n"


@pytest.mark.parametrize("number, complaint", [("7", "two digits"), ("", "two digits"), ("99", "there are 07, 08"), ("08", "ambiguous")])
def test_which_chapter(chapters, capsys, number, complaint):
    for name in ("07_a", "08_b", "08_c"):
        nbformat.write(notebook_of("1"), chapters / f"{name}.ipynb")
    assert main([number]) == 1
    told = capsys.readouterr().err
    assert complaint in told and told.count("\n") == 1


def test_what_is_not_a_notebook(chapters, capsys):
    (chapters / "07_a.ipynb").write_text("{", encoding="utf-8")
    assert main(["07"]) == 1
    told = capsys.readouterr().err
    assert told.startswith("07_a.ipynb is not a notebook") and told.count("\n") == 1


def test_check_says_what_is_not_normalised(chapters, capsys):
    nbformat.write(notebook_of("1", seconds_to_run=1), chapters / "07_a.ipynb")
    assert main(["07", "--check"]) == 1
    assert "make chapter CH=07" in capsys.readouterr().out
    path = chapters / "07_a.ipynb"
    notebook = read(path)
    normalise(notebook)
    write(notebook, path)
    assert main(["07", "--check"]) == 0
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert main(["07", "--check"]) == 1
    assert "laid out differently" in capsys.readouterr().out


def test_the_budget_is_the_kernels_own():
    """Memory allocated by a cell is counted, and what this process (which started the kernel) holds is not."""
    here = bytearray(b"x" * 400_000_000)
    _, small = execute(notebook_of("1"), ROOT)
    _, large = execute(notebook_of("there = bytearray(b'x' * 300_000_000)"), ROOT)
    assert len(here) > small and large > small + 290e6


def test_work_costs_what_the_reference_says_it_costs():
    """Seconds are those of the book's machine, whatever this one and its other work are like; waiting and asking cost nothing."""
    work = f"from contextlib import redirect_stdout\nfrom io import StringIO\nquestion = {REFERENCE_QUESTION!r}"
    ten = "with redirect_stdout(StringIO()):\n    for _ in range(10):\n        exec(question)"
    idle, _ = execute(notebook_of(work, "import torch, time", "time.sleep(2)"), ROOT)
    spent, _ = execute(notebook_of(work, ten, ten), ROOT)
    assert 20 * REFERENCE_SECONDS * 0.6 < spent - idle < 20 * REFERENCE_SECONDS * 1.9


def test_a_slow_or_busy_machine_costs_no_more():
    for slower in (1, 3.5):
        meter = Meter(lambda question, slower=slower: asked_of(slower, question))
        meter.after_cell(5)
        meter.after_cell(0.2)
        assert meter.read() == (pytest.approx(20), 9)


def asked_of(slower, question):
    """What a kernel answers that has done 20 s of the book's machine and, in between, two references with a second of preparation each."""
    reference = slower * REFERENCE_SECONDS
    return f"{reference} {reference + 1}" if question == REFERENCE_QUESTION else f"9 {20 * slower + 2 * (reference + 1)}"


@pytest.mark.parametrize(
    "about, complaint",
    [
        (dict(stated=10, seconds=12, peak_bytes=1e9), None),
        (dict(stated=10, seconds=25, peak_bytes=1e9), "factor of two"),
        (dict(stated=10, seconds=4, peak_bytes=1e9), "factor of two"),
        (dict(stated=80, seconds=91, peak_bytes=1e9), "may take 90 s"),
        (dict(stated=60, seconds=24, peak_bytes=1e9, doubt=1.5), None),
        (dict(stated=60, seconds=19, peak_bytes=1e9, doubt=1.5), "factor of two"),
        (dict(stated=10, seconds=31, peak_bytes=1e9, doubt=1.5), "factor of two"),
        (dict(stated=80, seconds=120, peak_bytes=1e9, doubt=1.5), None),
        (dict(stated=80, seconds=136, peak_bytes=1e9, doubt=1.5), "may take 90 s"),
        (dict(stated=None, seconds=10, peak_bytes=1e9), "missing"),
        (dict(stated=10, seconds=10, peak_bytes=1.6e9), "of memory"),
    ],
)
def test_budget(about, complaint):
    problems = budget_problems(**about)
    assert [complaint in problem for problem in problems] == ([True] if complaint else [])
    assert GIGABYTES_ALLOWED == 1.5


def test_chapters_of_the_book():
    chapters = chapters_in_book()
    assert chapters == sorted(chapters) and slug_of("chapters/02_self_attention.ipynb") == "self_attention"
    assert slug_of("chapters/04_positional_encoding.ipynb") == "positional" and slug_of("chapters/99_new.ipynb") == "new"


def test_a_chapter_of_the_toc_that_is_not_there(tmp_path):
    (tmp_path / "_toc.yml").write_text("root: index\nparts:\n- chapters:\n  - file: chapters/03_x\n", encoding="utf-8")
    with pytest.raises(ValueError, match="names chapters/03_x, but there is no such notebook"):
        chapters_in_book(tmp_path)


def test_a_page_of_the_appendix_that_is_a_notebook_runs_like_a_chapter(tmp_path):
    pages = "".join(f"  - file: appendix/{name}\n" for name in ("page", "text"))
    (tmp_path / "_toc.yml").write_text(f"root: index\nparts:\n- chapters:\n{pages}", encoding="utf-8")
    (tmp_path / "appendix").mkdir()
    (tmp_path / "appendix/page.ipynb").touch()
    (tmp_path / "appendix/text.md").touch()
    assert other_notebooks(tmp_path) == find_chapter("page", tmp_path) == [tmp_path / "appendix/page.ipynb"]
    assert [path.name for path in other_notebooks()] == ["your_own_photographs.ipynb"]


@pytest.fixture(scope="module")
def nbval_run(tmp_path_factory):
    """One nbval run over a good chapter and bad ones, each test's outcome by notebook and cell."""
    good = make_book(tmp_path_factory.mktemp("book"))
    for name in ("wrong", "slow"):
        shutil.copy(good, good.with_stem(name))
    text = good.read_text(encoding="utf-8")
    good.with_stem("wrong").write_text(text.replace('"45 by counting', '"46 by counting').replace("45 by", "46 by"), encoding="utf-8")
    good.with_stem("slow").write_text(text.replace('"seconds_to_run": 6', '"seconds_to_run": 80'), encoding="utf-8")
    report = good.parent / "report.xml"
    command = [sys.executable, "-m", "pytest", "-p", "conftest", "-c", str(ROOT / "pyproject.toml"), f"--rootdir={good.parent}", "-q"]
    command += ["--nbval", "--nbval-current-env", f"--nbval-sanitize-with={ROOT / 'tests' / 'nbval_sanitize.cfg'}", f"--junitxml={report}"]
    environment = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tools'}"}
    command += ["-p", "no:cacheprovider", "-n", "2", "--dist", "loadfile"]
    command += map(str, sorted(good.parent.glob("*.ipynb")))
    done = subprocess.run(command, cwd=good.parent, env=environment, capture_output=True, text=True)
    assert report.exists(), done.stdout + done.stderr
    outcomes = {}
    for case in ElementTree.parse(report).iter("testcase"):
        fault = next((child for child in case if child.tag in ("failure", "error", "skipped")), None)
        notebook = case.get("classname").removesuffix(".ipynb").split(".")[-1]
        outcomes.setdefault(notebook, {})[case.get("name")] = "" if fault is None else f"{fault.get('message')}{fault.text}"
    return outcomes


def test_nbval_finds_again_what_was_stored(nbval_run):
    """Times, addresses and warnings differ from run to run, and do not count."""
    good = nbval_run["02_self_attention"]
    assert set(good.values()) == {""} and "Budget" in good and len(good) > 15


def test_nbval_finds_a_wrong_number(nbval_run):
    wrong = [name for name, fault in nbval_run["wrong"].items() if fault]
    assert len(wrong) == 1 and "46 by counting" in nbval_run["wrong"][wrong[0]]


def test_nbval_finds_a_wrong_time(nbval_run):
    assert [name for name, fault in nbval_run["slow"].items() if fault] == ["Budget"]
    assert "states 80 s" in nbval_run["slow"]["Budget"]


def test_a_kernel_that_dies_at_once_is_started_again():
    died, slow = "Kernel died before replying to kernel_info", "Kernel didn't respond in 60 seconds"
    for said, tries in (([died, died], 3), ([died, died, died], 3), ([slow], 1)):
        called, left = [], iter(said)

        def start(called=called, left=left):
            called.append(len(called))
            for words in left:
                raise RuntimeError(words)
            return "ready"

        if tries > len(said):
            assert start_anew(start) == "ready"
        else:
            with pytest.raises(RuntimeError, match=said[-1]):
                start_anew(start)
        assert len(called) == tries
    with pytest.raises(ValueError, match="tries is 0, expected 1 or more"):
        start_anew(start, tries=0)
