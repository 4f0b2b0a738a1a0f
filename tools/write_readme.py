"""Write what README.md says of the chapters: the table of parts, how many of the article's claims are answered. `--check` only looks.

Both follow from _toc.yml, planned.yml and the notebooks.
"""

import re
import sys

from book_files import ROOT, chapters_in_book
from book_lib.book.chapters import chapters
from book_lib.book.claims import load_claims

sys.path.insert(0, str(ROOT / "site"))
from book_site.claims import stored_verdicts  # noqa: E402

TABLE = re.compile(r"^\| part \| chapters \| state \|\n(?:\|.*\n)+", re.MULTILINE)
ANSWERED = re.compile(r"\b\d+ of its \d+ claims are answered")


def main(arguments):
    path = ROOT / "README.md"
    text = path.read_text(encoding="utf-8")
    wanted = rewritten(text, ROOT)
    if "--check" in arguments:
        print("README.md says what the notebooks say" if text == wanted else "README.md is behind its notebooks: run tools/write_readme.py")
        return int(text != wanted)
    path.write_text(wanted, encoding="utf-8")
    return 0


def rewritten(text, root):
    """README's text with table and count as they should be. Raises ValueError where it has no place for them."""
    if not TABLE.search(text) or not ANSWERED.search(text):
        raise ValueError("README.md has no table “part | chapters | state”, or does not say how many claims are answered")
    answered = {box["claim"] for path in chapters_in_book(root) for box in stored_verdicts(path)}
    text = ANSWERED.sub(f"{len(answered)} of its {len(load_claims(root / 'claims.yml'))} claims are answered", text)
    return TABLE.sub(lambda found: table(chapters(root)), text)


def table(book):
    """A row a part: its chapters by number, the written ones bold, and which of them are written."""
    rows = ["| part | chapters | state |", "|---|---|---|"]
    for part in dict.fromkeys(chapter.part for chapter in book):
        here = [chapter for chapter in book if chapter.part == part]
        names = " · ".join(f"**{c.number} {c.title}**" if c.file else f"{c.number} {c.title}" for c in here)
        rows.append(f"| {part.removeprefix('Part ')} | {names} | {state(here)} |")
    return "\n".join(rows) + "\n"


def state(part):
    written, planned = ([chapter.number for chapter in part if bool(chapter.file) == is_written] for is_written in (True, False))
    if not planned or not written:
        return "finished" if written else "on the way"
    return f"{numbers(written)} finished, {numbers(planned)} on the way"


def numbers(found):
    """2, 3, 4, 5 -> "2 to 5"; 9 -> "9"; otherwise a list."""
    if len(found) > 2 and found == list(range(found[0], found[-1] + 1)):
        return f"{found[0]} to {found[-1]}"
    return ", ".join(map(str, found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
