"""The chapters of the book, read where their facts stand: `_toc.yml`, metadata of the notebooks, `planned.yml` for those to come."""

import json
import re
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import fastjsonschema

from book_lib.book.files import TEXT, checked, own, read_yaml

LAB = "_lab"
FOLDER = "chapters/"
_FACTS = ("title", "slug", "question", "summary")
_FITS = fastjsonschema.compile({"type": "object", "required": ["number", *_FACTS], "properties": dict.fromkeys(_FACTS, TEXT) | {
    "number": {"type": "integer", "description": "two digits at the head of the file's name"}, "part": TEXT,
    "needs": {"type": "array", "items": TEXT}, "minutes_to_read": {"type": "integer", "minimum": 1}}})


@dataclass(frozen=True)
class Chapter:
    """One chapter. slug: as in claims.yml; question: without marks of emphasis; needs: slugs of chapters it builds on directly;
    minutes: to read; part: its caption in _toc.yml;
    file and lab: its notebooks in chapters/, without ending. A planned chapter has no file, one of the old form no lab."""

    number: int
    slug: str
    title: str
    question: str
    summary: str
    needs: tuple[str, ...] = ()
    minutes: int | None = None
    file: str | None = None
    lab: str | None = None
    part: str | None = None


def pages(toc) -> list[tuple[str, str | None]]:
    """What a _toc.yml names after its root: (file without ending, caption of its part or None), in the book's order."""
    found = []

    def walk(node, part):
        if isinstance(node, list):
            for child in node:
                walk(child, part)
        elif isinstance(node, dict):
            part = node.get("caption", part)
            if "file" in node:
                found.append((node["file"].removesuffix(".ipynb").removesuffix(".md"), part))
            for child in node.values():
                walk(child, part)

    walk(toc, None)
    return found


def metadata(path) -> dict:
    """The facts a notebook of the book states about itself: its metadata, under "book"; {} where it states none."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))["metadata"].get("book", {})
    except FileNotFoundError:
        raise ValueError(f"there is no notebook {path}") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{Path(path).name} is not a notebook: {error}") from None


def chapters(root=None) -> tuple[Chapter, ...]:
    """The chapters by number, written and planned; root: a folder with _toc.yml and chapters/, the book's own unless given.

    Raises ValueError naming the notebook, or the entry of planned.yml, that lacks a fact or needs a chapter that does not come before it.
    """
    return _read(Path(root)) if root else _own()


@cache
def _own():
    return _read(own("_toc.yml").parent)


def _read(root):
    found = _written(root)
    taken = {number for chapter in found for number in (chapter.number, chapter.slug)}
    found += [chapter for chapter in _planned(root / "planned.yml") if not {chapter.number, chapter.slug} & taken]
    found.sort(key=lambda chapter: chapter.number)
    for place, chapter in enumerate(found):
        unknown = [slug for slug in chapter.needs if slug not in {other.slug for other in found[:place]}]
        if unknown:
            raise ValueError(f"chapter {chapter.number} ({chapter.slug}) needs {unknown[0]!r}, which is no chapter before it")
    return tuple(found)


def _written(root):
    named, found = dict(pages(read_yaml(root / "_toc.yml"))), []
    for page, part in named.items():
        if not page.startswith(FOLDER) or page.endswith(LAB):
            continue
        file = page.removeprefix(FOLDER)
        number = {"number": int(file[:2]) if file[:2].isdigit() else None}
        chapter = _chapter(f"{file}.ipynb: metadata.book", number | metadata(root / f"{page}.ipynb"))
        lab = f"{file}{LAB}" if f"{page}{LAB}" in named else None
        found.append(replace(chapter, file=file, lab=lab, part=part))
    return found


def _planned(path):
    rows = read_yaml(path) if path.exists() else []
    return [_chapter(f"planned.yml: entry {place}", row) for place, row in enumerate(rows, start=1)]


def _chapter(where, facts):
    checked(where, facts, _FITS)
    rest = {"needs": tuple(facts.get("needs", ())), "minutes": facts.get("minutes_to_read"), "part": facts.get("part")}
    plain = {name: re.sub(r"[*_]", "", facts[name]) if name == "question" else facts[name] for name in _FACTS}
    return Chapter(number=facts["number"], **rest, **plain)


def slugs() -> tuple[str, ...]:
    """The names by which claims.yml, questions.yml and history.yml call the chapters."""
    return tuple(chapter.slug for chapter in chapters())


def written() -> frozenset[str]:
    """The files (without ending) of the chapters that _toc.yml names."""
    return frozenset(chapter.file for chapter in chapters() if chapter.file)


def page_of(slug: str | None) -> str | None:
    """Where the site has a chapter, as seen from another chapter; None for one that is not written."""
    file = next((chapter.file for chapter in chapters() if chapter.slug == slug), None)
    return f"../chapters/{file}.html" if file else None
