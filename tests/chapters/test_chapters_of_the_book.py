"""Every notebook of the book keeps the rules of tools/chapter_lints.py. (That its cells give the stored outputs is nbval's part.)"""

import pytest

from book_files import ROOT, chapters_in_book, masters
from chapter_lints import LINTS, Chapter, rules_for

OWED = [(path, rule) for path in chapters_in_book() for rule in rules_for(path)]
OWED += [(path, "no_rounding_errors") for path in masters()]


@pytest.mark.parametrize("path, rule", OWED, ids=lambda value: getattr(value, "stem", value))
def test_chapter(path, rule):
    problems = LINTS[rule](Chapter(path))
    if problems:
        pytest.fail(f"{path.relative_to(ROOT)}, {rule}:\n" + "\n".join(problems), pytrace=False)


def test_the_book_has_chapters():
    assert chapters_in_book(), "_toc.yml names no notebook in chapters/"
