"""The public address stands in _config.yml; what is derived from it agrees, and nothing else repeats it."""

import contextlib
import io
import shutil

import nbformat
import pytest
from sample_book import make_book

import set_address
from book_files import ROOT
from run_chapter import file_problems, read
from set_address import SETUP_MARK, address, disagreements, rewrite, setup_cell

ELSEWHERE = "https://git.example.org/readers/a-fork"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make_book(tmp_path_factory.mktemp("made") / "book").parents[1]


@pytest.fixture
def book(made, tmp_path):
    return shutil.copytree(made, tmp_path / "book", symlinks=True)


def move(root, url=ELSEWHERE):
    config = root / "_config.yml"
    config.write_text(config.read_text(encoding="utf-8").replace(address(ROOT), url), encoding="utf-8")


def test_this_book_agrees():
    assert disagreements(ROOT) == []


def test_a_fork_sets_one_line_and_runs_the_tool(book, monkeypatch, capsys):
    chapter = book / "chapters" / "02_self_attention.ipynb"
    before = read(chapter)
    move(book)
    monkeypatch.setattr(set_address, "ROOT", book)
    assert set_address.main(["--check"]) == 1
    told = capsys.readouterr().out
    assert "CITATION.cff gives" in told and "02_self_attention.ipynb: the set-up cell is not the one for" in told
    assert set_address.main([]) == 0
    told = capsys.readouterr().out
    assert "rewrote CITATION.cff" in told and f"everything agrees with _config.yml: {ELSEWHERE}" in told
    after = read(chapter)
    assert f"%pip install --quiet git+{ELSEWHERE}" in after.cells[1].source
    assert f"repository-code: {ELSEWHERE}\n" in (book / "CITATION.cff").read_text(encoding="utf-8")
    assert file_problems(chapter) == [] and rewrite(book) == []
    assert after.cells[:1] + after.cells[2:] == before.cells[:1] + before.cells[2:]


def test_a_chapter_without_the_cell_gets_it(book):
    chapter = book / "chapters" / "02_self_attention.ipynb"
    notebook = read(chapter)
    del notebook.cells[1]
    nbformat.write(notebook, chapter)
    assert "0 set-up cells" in disagreements(book)[0]
    assert rewrite(book) == [chapter] and disagreements(book) == []
    assert read(chapter).cells[1].source.startswith(SETUP_MARK)


@pytest.mark.parametrize("place", ["README.md", "appendix/how.md", "tools/links.py"])
def test_no_other_file_repeats_the_address(book, place):
    path = book / place
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"See {address(book)} for more.", encoding="utf-8")
    [told] = disagreements(book)
    assert told.startswith(f"{place} repeats the address") and told.endswith("which belongs in _config.yml alone")


def test_nor_does_another_cell(book):
    chapter = book / "chapters" / "02_self_attention.ipynb"
    notebook = read(chapter)
    notebook.cells[0].source += f"\n{address(book)}"
    nbformat.write(notebook, chapter)
    assert "the address stands outside the set-up cell" in disagreements(book)[0]


@pytest.mark.parametrize("url", ["", "example.org", "http://example.org/a/b", "https://example.org/a"])
def test_what_is_not_an_address(book, url, monkeypatch, capsys):
    move(book, url or '""')
    monkeypatch.setattr(set_address, "ROOT", book)
    assert set_address.main(["--check"]) == 1
    told = capsys.readouterr().out
    assert told.startswith("_config.yml: repository.url must be https://HOST/OWNER/NAME") and told.count("\n") == 1


@pytest.mark.parametrize("url", ["https://git.example.org/OWNER/a-book", ELSEWHERE])
def test_the_cell_does_nothing_where_the_library_is(url):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(setup_cell(url).replace("%pip", "raise SystemError #"), {})
    assert out.getvalue() == ""


def test_the_cell_says_what_is_missing_while_there_is_no_address(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(SystemExit, match="The book's library is missing here: run `pip install -e .`"):
        exec(setup_cell("https://git.example.org/OWNER/a-book"), {})
