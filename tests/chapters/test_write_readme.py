"""README.md says of the chapters what the notebooks say."""

import os
import subprocess
import sys

import pytest

from book_files import ROOT
from book_lib.book.chapters import Chapter
from write_readme import main, numbers, rewritten, table

BOOK = tuple(
    Chapter(number, f"c{number}", f"Title {number}", "Why?", "So.", part=part, file=file)
    for number, part, file in ((1, "Way", "01_a"), (2, "Part I · One", "02_b"), (3, "Part I · One", None), (4, "Part II · Two", None))
)


def test_readme_follows_the_chapters(capsys):
    assert main(["--check"]) == 0, capsys.readouterr().out


def test_it_runs_as_the_person_told_to_runs_it():
    bare = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | {"PYTHONPATH": str(ROOT)}
    run = subprocess.run([sys.executable, ROOT / "tools" / "write_readme.py", "--check"], capture_output=True, text=True, env=bare)
    assert run.returncode == 0 and run.stderr == "", run.stdout + run.stderr


def test_the_table_has_a_row_a_part():
    assert table(BOOK).splitlines()[2:] == [
        "| Way | **1 Title 1** | finished |",
        "| I · One | **2 Title 2** · 3 Title 3 | 2 finished, 3 on the way |",
        "| II · Two | 4 Title 4 | on the way |",
    ]
    assert [numbers(found) for found in ([9], [2, 3, 4, 5], [2, 3], [2, 4, 5])] == ["9", "2 to 5", "2, 3", "2, 4, 5"]


def test_stale_words_are_replaced_and_a_readme_without_a_place_is_refused():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    stale = text.replace("**2 Self-attention**", "2 Self-attention").replace("of its 75 claims are", "of its 99 claims are")
    assert stale != text and rewritten(stale, ROOT) == text
    with pytest.raises(ValueError, match="README.md has no table"):
        rewritten("# A book\n", ROOT)
