"""The works that lead from translation to vision and what their scores cost: `history.yml` read and checked against `references.bib`."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pybtex.database import parse_string
from pybtex.exceptions import PybtexError
from pybtex.richtext import Text

from book_lib.book.chapters import slugs
from book_lib.book.files import POSITIVE, TEXT, entries, own, read_yaml, record

TASKS = ("translation", "language", "classification", "generation", "detection", "segmentation", "lanes")
IDEAS = (
    "recurrence", "convolution", "attention", "self-attention", "pre-training", "set prediction", "sparse attention", "patches", "anchors",
    "promptable",
)
# What a benchmark's costs are counted in: one unit each, so that two points of one benchmark can always be divided by each other.
BENCHMARKS = {
    "WMT14 English–German, BLEU": "FLOP",
    "WMT14 English–French, BLEU": "FLOP",
    "ImageNet, top-1 %": "TPUv3 core-days",
    "ImageNet, linear probe, top-1 %": None,
    "COCO val, AP": "GPU-hours",
}

_DATE = {"type": "string", "pattern": r"^\d{4}-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?$",
         "description": "YYYY-MM or YYYY-MM-DD, in quotes"}
_ARXIV = {"type": ["string", "null"], "pattern": r"^(\d{4}\.\d{5}|1[0-4]\d\d\.\d{4})$",     # four digits after the dot until 2014
          "description": "a number like 2005.12872, in quotes"}
_MAYBE = {"type": ["number", "null"], "exclusiveMinimum": 0, "description": "a number above 0, or empty"}
_HEADLINE = record({"what": TEXT, "score": POSITIVE, "unit": TEXT, "where": TEXT})
_POINT = record({"work": TEXT, "model": TEXT, "benchmark": {"enum": [*BENCHMARKS]}, "score": POSITIVE, "parameters": _MAYBE, "cost": _MAYBE,
                 "cost_unit": {"type": ["string", "null"]}, "note": TEXT, "where": TEXT})


@dataclass(frozen=True)
class Headline:
    """The number a work is known for: what was measured, score, unit, and where it was read."""

    what: str
    score: float
    unit: str
    where: str


@dataclass(frozen=True)
class Work:
    """One paper. title, authors (as "First Last") and year are those of references.bib; date is that of the first public version."""

    key: str
    name: str
    date: str
    venue: str
    task: str
    ideas: tuple[str, ...]
    arxiv: str | None
    headline: Headline
    missing: str
    price: str
    opened: str
    chapter: str | None
    title: str
    authors: tuple[str, ...]
    year: int
    url: str | None


@dataclass(frozen=True)
class Point:
    """One model's score on one benchmark, with its parameters in millions, its cost in cost_unit, or both."""

    work: str
    model: str
    benchmark: str
    score: float
    parameters: float | None
    cost: float | None
    cost_unit: str | None
    note: str
    where: str


def works() -> tuple[Work, ...]:
    """The works of history.yml, oldest first."""
    return _book()[0]


def points() -> tuple[Point, ...]:
    """The points of history.yml, in its order: benchmark by benchmark."""
    return _book()[1]


def work(key: str) -> Work:
    """One work by its key in references.bib. Raises ValueError for a key that history.yml has no work for."""
    found = {entry.key: entry for entry in works()}
    if key not in found:
        raise ValueError(f"work {key!r} is not in history.yml, which has {', '.join(found)}")
    return found[key]


@cache
def _book():
    return read_history(own("history.yml"), own("references.bib"))


def read_history(path, bibliography) -> tuple[tuple[Work, ...], tuple[Point, ...]]:
    """Read a history.yml with the references.bib it cites: (works, points). Raises ValueError naming the first wrong entry."""
    path, cited, data = Path(path), read_bibliography(bibliography), read_yaml(Path(path))
    if not isinstance(data, dict) or set(data) != {"works", "points"}:
        raise ValueError(f"{path.name}: expected two lists, works and points")
    some_ideas = {"type": "array", "minItems": 1, "items": {"enum": IDEAS}}
    schema = record({"key": TEXT, "name": TEXT, "date": _DATE, "venue": TEXT, "task": {"enum": TASKS}, "ideas": some_ideas, "arxiv": _ARXIV,
                     "headline": _HEADLINE, "missing": TEXT, "price": TEXT, "opened": TEXT, "chapter": {"enum": (*slugs(), None)}})
    found = tuple(_work(where, row, cited) for where, row in entries(path.name, data["works"], schema, noun="work", title="key"))
    for before, after in zip(found, found[1:], strict=False):
        if before.date > after.date:
            raise ValueError(f"{path.name}: {after.key} of {after.date} stands after {before.key} of {before.date}; the oldest comes first")
    repeated = [entry.key for place, entry in enumerate(found) if entry.key in {other.key for other in found[:place]}]
    if repeated:
        raise ValueError(f"{path.name}: the work {repeated[0]} stands twice")
    rows = entries(path.name, data["points"], _POINT, noun="point", title="model")
    return found, tuple(_point(where, row, cited) for where, row in rows)


def _work(where, row, cited):
    about = _cited(where, row["key"], cited)
    if row["arxiv"] and row["arxiv"] not in (about["url"] or ""):
        raise ValueError(f"{where}: arxiv {row['arxiv']} is not the address that references.bib gives, {about['url']}")
    return Work(**row | {"ideas": tuple(row["ideas"]), "headline": Headline(**row["headline"])}, **about)


def _point(where, row, cited):
    _cited(where, row["work"], cited)
    if row["parameters"] is None and row["cost"] is None:
        raise ValueError(f"{where}: parameters and cost are both empty, so the point has no place")
    unit = BENCHMARKS[row["benchmark"]] if row["cost"] is not None else None
    if row["cost_unit"] != unit or (row["cost"] is not None and unit is None):
        raise ValueError(f"{where}: cost_unit {row['cost_unit']!r} must be {unit!r} for {row['benchmark']}, and empty where cost is")
    return Point(**row)


def _cited(where, key, cited):
    if key not in cited:
        raise ValueError(f"{where}: {key} is not in references.bib")
    return cited[key]


def read_bibliography(path) -> dict[str, dict]:
    """The entries of a .bib file: {key: {title, authors, year, url}}, accents as letters, braces gone. Raises ValueError, in one line."""
    path = Path(path)
    if not path.exists():
        raise ValueError(f"{path} does not exist")
    try:
        parsed = parse_string(path.read_text(encoding="utf-8"), "bibtex").entries
    except PybtexError as error:
        raise ValueError(f"{path.name}: {' '.join(str(error).split())}") from None
    return {key: _entry(f"{path.name}: {key}", entry) for key, entry in parsed.items()}


def _entry(where, entry):
    absent = [name for name in ("author", "title", "year") if name not in entry.fields and name not in entry.persons]
    if absent:
        raise ValueError(f"{where} has no {absent[0]}")
    parts = ("first", "middle", "prelast", "last", "lineage")
    authors = tuple(_plain(" ".join(name for part in parts for name in person.get_part(part))) for person in entry.persons["author"])
    return {"title": _plain(entry.fields["title"]), "authors": authors, "year": int(entry.fields["year"]), "url": entry.fields.get("url")}


def _plain(text):
    return str(Text.from_latex(text)).replace("$", "")
