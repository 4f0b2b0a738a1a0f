"""Every chapter of the book keeps every rule of chapter_lints.py. (That its cells give the stored outputs is nbval's part: `make test`.)"""

import pytest
from chapter_lints import LINTS, Chapter

from book_files import ROOT, chapters_in_book


@pytest.mark.parametrize("rule", LINTS)
@pytest.mark.parametrize("path", chapters_in_book(), ids=lambda path: path.stem)
def test_chapter(path, rule):
    problems = LINTS[rule](Chapter(path))
    if problems:
        pytest.fail(f"{path.relative_to(ROOT)}, {rule}:\n" + "\n".join(problems), pytrace=False)


def test_the_book_has_chapters():
    assert chapters_in_book(), "_toc.yml names no notebook in chapters/"
