"""The list of chapters agrees with the cover, with the table of contents and with the notebooks themselves."""

import json
import re
from html import unescape
from pathlib import Path

import pytest

from book_lib.book.chapters import PATH, page_of, written
from book_lib.book.claims import CHAPTERS
from book_lib.widgets.book_map import packed_chapters

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = {chapter: ROOT / "chapters" / f"{chapter.file}.ipynb" for chapter in PATH if chapter.file in written()}


def cells(path):
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def test_the_cover_lists_the_same_chapters_under_the_same_titles():
    block = re.search(r"```\{chapter-path\}\n(.*?)```", (ROOT / "index.md").read_text(encoding="utf-8"), re.DOTALL)
    lines = [[part.strip() for part in line.split("|")] for line in block[1].splitlines()]
    assert [(name, title) for name, title, _ in lines] == [(chapter.file, chapter.title) for chapter in PATH]


def test_a_chapter_needs_only_earlier_ones_and_slugs_are_those_of_the_claims():
    assert [chapter.number for chapter in PATH] == list(range(1, len(PATH) + 1))
    assert {chapter.slug for chapter in PATH} == set(CHAPTERS) - {"vision"}
    for place, chapter in enumerate(PATH):
        assert set(chapter.needs) <= {other.slug for other in PATH[:place]}, chapter.file


@pytest.mark.parametrize("chapter", NOTEBOOKS, ids=lambda chapter: chapter.file)
def test_a_written_chapter_opens_with_this_title_and_question_and_takes_these_minutes(chapter):
    text = "".join("".join(cell["source"]) for cell in cells(NOTEBOOKS[chapter])[:6])
    assert text.startswith(f"# {chapter.number} · {chapter.title}\n")
    asked = re.search(r"\*\*The question of this chapter\.\*\* (.+)", text)[1]
    assert re.sub(r"[*_]", "", asked).strip() == chapter.question
    book = json.loads(NOTEBOOKS[chapter].read_text(encoding="utf-8"))["metadata"]["book"]
    assert book["minutes_to_read"] == chapter.minutes


def test_planned_chapters_have_no_page_and_no_minutes():
    assert {"05_transformer", "09_detr"} <= written() and page_of("transformer") == "../chapters/05_transformer.html"
    for chapter in PATH:
        assert (page_of(chapter.slug) is None) == (chapter.file not in written())
        assert chapter.minutes is None or chapter.file in written()
    assert page_of(None) is None and page_of("cooking") is None


def test_a_stored_map_of_the_book_knows_the_chapters_written_since():
    """A chapter that shows the map keeps its state: after a new chapter it is to be run again."""
    for path in NOTEBOOKS.values():
        for stored in re.findall(r'data-esm=\\"book_map\\"[^>]*?data-model=\\"(.*?)\\"', path.read_text(encoding="utf-8")):
            model = json.loads(unescape(json.loads(f'"{stored}"')))
            assert model["chapters"] == packed_chapters(), f"{path.name} shows an old map: run it again"
