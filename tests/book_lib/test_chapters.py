"""The list of chapters: read from the notebooks, whose words are those of their pages, and from planned.yml for those to come."""

import json
import re
from pathlib import Path

import pytest
import yaml

from book_lib.book.chapters import chapters, metadata, page_of, pages, slugs, written

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = {chapter: ROOT / "chapters" / f"{chapter.file}.ipynb" for chapter in chapters() if chapter.file}
FACTS = {"title": "Bats", "slug": "bats", "question": "What is a *bat*?", "summary": "About bats.", "needs": [], "minutes_to_read": 7}


def cells(path):
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def test_all_chapters_are_there_in_order_written_or_planned():
    assert [chapter.number for chapter in chapters()] == list(range(1, 13))
    assert {"05_transformer", "09_detr"} <= written() and page_of("transformer") == "../chapters/05_transformer.html"
    assert all(page_of(slug) is None for slug in (None, "cooking", *(chapter.slug for chapter in chapters() if not chapter.file)))
    assert all(chapter.part and (chapter.minutes is None) == (chapter.file is None) for chapter in chapters())
    planned = {entry["slug"] for entry in yaml.safe_load((ROOT / "planned.yml").read_text(encoding="utf-8"))}
    assert planned == {chapter.slug for chapter in chapters() if not chapter.file}, "an entry of planned.yml is written by now: take it out"


@pytest.mark.parametrize("chapter", NOTEBOOKS, ids=lambda chapter: chapter.file)
def test_a_written_chapter_opens_with_its_title_and_question(chapter):
    text = "".join("".join(cell["source"]) for cell in cells(NOTEBOOKS[chapter])[:6])
    assert text.startswith(f"# {chapter.number} · {chapter.title}\n")
    assert chapter.question in re.sub(r"[>\s]+", " ", re.sub(r"[*_]", "", text))


def write_book(root, toc=("21_bats", "21_bats_lab"), plan="", **books):
    (root / "chapters").mkdir(exist_ok=True)
    sections = [{"file": f"chapters/{name}"} for name in toc[1:]]
    named = {"root": "index", "parts": [{"caption": "Night", "chapters": [{"file": f"chapters/{toc[0]}", "sections": sections}]}]}
    (root / "_toc.yml").write_text(yaml.safe_dump(named), encoding="utf-8")
    (root / "planned.yml").write_text(plan or "[]", encoding="utf-8")
    for name, book in ({"21_bats": FACTS, "21_bats_lab": {"form": "lab"}} | books).items():
        (root / "chapters" / f"{name}.ipynb").write_text(json.dumps({"cells": [], "metadata": {"book": book}}), encoding="utf-8")
    return root


def test_a_chapter_is_its_lesson_with_its_lab_and_part(tmp_path):
    plan = yaml.safe_dump([FACTS | {"number": 21, "title": "Old plan"}, FACTS | {"number": 22, "slug": "owls", "needs": ["bats"]}])
    first, second = chapters(write_book(tmp_path, plan=plan))
    assert (first.number, first.title, first.part, first.minutes) == (21, "Bats", "Night", 7)
    assert first.question == "What is a bat?"
    assert (first.file, first.lab) == ("21_bats", "21_bats_lab")
    assert (second.slug, second.file, second.needs) == ("owls", None, ("bats",))
    assert pages(yaml.safe_load((tmp_path / "_toc.yml").read_text())) == [("chapters/21_bats", "Night"), ("chapters/21_bats_lab", "Night")]
    assert metadata(tmp_path / "chapters" / "21_bats_lab.ipynb") == {"form": "lab"}


@pytest.mark.parametrize(("change", "said"), [
    ({"21_bats": FACTS | {"question": " "}}, "21_bats.ipynb: metadata.book: question must be a text; "),
    ({"21_bats": FACTS | {"needs": ["owls"]}}, "chapter 21 (bats) needs 'owls', which is no chapter before it"),
    ({"toc": ("bats",), "bats": FACTS}, "bats.ipynb: metadata.book: number must be two digits"),
    ({"toc": ("22_gone",)}, "there is no notebook"),
    ({"plan": "- {number: 3, slug: x}"}, "planned.yml: entry 1: must contain ['question', 'summary', 'title'] properties"),
    ({"plan": "- {slug: x}"}, "planned.yml: entry 1: must contain ['number', 'question', 'summary', 'title'] properties"),
])
def test_what_is_missing_is_named(tmp_path, change, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        chapters(write_book(tmp_path, **change))


def test_a_file_that_is_no_notebook_is_named(tmp_path):
    (write_book(tmp_path) / "chapters" / "21_bats.ipynb").write_text("[]", encoding="utf-8")
    with pytest.raises(ValueError, match="21_bats.ipynb is not a notebook"):
        chapters(tmp_path)


def test_slugs_name_every_chapter_once():
    assert len(set(slugs())) == len(slugs()) == 12
