"""The works that lead from translation to vision and what their scores cost: `history.yml` read and checked against `references.bib`."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from book_lib.book.chapters import slugs
from book_lib.book.files import own, read_yaml

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

_ACCENTS = {'"': "\u0308", "'": "\u0301", "`": "\u0300", "^": "\u0302", "~": "\u0303", "c": "\u0327", "v": "\u030c"}
_DATE = re.compile(r"\d{4}-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?")
_ARXIV = re.compile(r"\d{4}\.\d{5}|1[0-4]\d\d\.\d{4}")                         # four digits after the dot until 2014


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
    path, entries = Path(path), read_bibliography(bibliography)
    data = read_yaml(path)
    if not isinstance(data, dict) or set(data) != {"works", "points"} or not all(isinstance(rows, list) and rows for rows in data.values()):
        raise ValueError(f"{path.name}: expected two lists, works and points")
    found = tuple(_work(f"{path.name}: work {place}", row, entries) for place, row in enumerate(data["works"], start=1))
    for before, after in zip(found, found[1:], strict=False):
        if before.date > after.date:
            raise ValueError(f"{path.name}: {after.key} of {after.date} stands after {before.key} of {before.date}; the oldest comes first")
    repeated = [entry.key for place, entry in enumerate(found) if entry.key in {other.key for other in found[:place]}]
    if repeated:
        raise ValueError(f"{path.name}: the work {repeated[0]} stands twice")
    return found, tuple(_point(f"{path.name}: point {place}", row, entries) for place, row in enumerate(data["points"], start=1))


def _work(where, row, entries):
    names = ("key", "name", "date", "venue", "task", "ideas", "arxiv", "headline", "missing", "price", "opened", "chapter")
    where = _fields(where, row, names, "key", may_be_null=("arxiv", "chapter"), not_text=("ideas", "headline"))
    if not _DATE.fullmatch(row["date"]):
        raise ValueError(f"{where}: date {row['date']!r} must be YYYY-MM or YYYY-MM-DD")
    _among(where, "task", row["task"], TASKS)
    if not isinstance(row["ideas"], list) or not row["ideas"]:
        raise ValueError(f"{where}: ideas {row['ideas']!r} must be a list out of {', '.join(IDEAS)}")
    for idea in row["ideas"]:
        _among(where, "idea", idea, IDEAS)
    if row["chapter"] is not None:
        _among(where, "chapter", row["chapter"], slugs())
    headline = row["headline"]
    _fields(f"{where}: headline", headline, ("what", "score", "unit", "where"), not_text=("score",))
    _number(f"{where}: headline", "score", headline["score"])
    cited = _entry(where, row["key"], entries)
    if row["arxiv"] is not None:
        if not _ARXIV.fullmatch(row["arxiv"]):
            raise ValueError(f"{where}: arxiv {row['arxiv']!r} must be a number like 2005.12872, in quotes")
        if row["arxiv"] not in (cited["url"] or ""):
            raise ValueError(f"{where}: arxiv {row['arxiv']} is not the address that references.bib gives, {cited['url']}")
    return Work(**row | {"ideas": tuple(row["ideas"]), "headline": Headline(**headline)}, **cited)


def _point(where, row, entries):
    names = ("work", "model", "benchmark", "score", "parameters", "cost", "cost_unit", "note", "where")
    numbers = ("score", "parameters", "cost")
    where = _fields(where, row, names, "model", may_be_null=("parameters", "cost", "cost_unit"), not_text=numbers)
    _among(where, "benchmark", row["benchmark"], tuple(BENCHMARKS))
    _entry(where, row["work"], entries)
    for name in numbers:
        if row[name] is not None:
            _number(where, name, row[name])
    if row["parameters"] is None and row["cost"] is None:
        raise ValueError(f"{where}: parameters and cost are both empty, so the point has no place")
    unit = BENCHMARKS[row["benchmark"]] if row["cost"] is not None else None
    if row["cost_unit"] != unit or (row["cost"] is not None and unit is None):
        raise ValueError(f"{where}: cost_unit {row['cost_unit']!r} must be {unit!r} for {row['benchmark']}, and empty where cost is")
    return Point(**row)


def _fields(where, row, names, title=None, *, may_be_null=(), not_text=()):
    if not isinstance(row, dict):
        raise ValueError(f"{where}: expected {', '.join(names)}, got {row!r}")
    where += f" ({row.get(title, 'no ' + title)})" if title else ""
    missing = [name for name in names if name not in row or (row[name] is None and name not in may_be_null)]
    unknown = [str(name) for name in row if name not in names]
    if missing or unknown:
        raise ValueError(f"{where}: " + (f"{missing[0]} is missing" if missing else f"unknown key {unknown[0]!r}"))
    given = [name for name in names if name not in not_text and row[name] is not None]
    wrong = [name for name in given if not isinstance(row[name], str) or not row[name].strip()]
    if wrong:
        raise ValueError(f"{where}: {wrong[0]} must be text, got {row[wrong[0]]!r}; put it in quotes")
    return where


def _among(where, name, value, known):
    if value not in known:
        raise ValueError(f"{where}: {name} {value!r} must be one of {', '.join(known)}")


def _number(where, name, value):
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
        raise ValueError(f"{where}: {name} {value!r} must be a number above 0")


def _entry(where, key, entries):
    if key not in entries:
        raise ValueError(f"{where}: {key} is not in references.bib")
    return entries[key]


def read_bibliography(path) -> dict[str, dict]:
    """The entries of a .bib file: {key: {title, authors, year, url}}, accents as letters, braces gone.

    Reads what references.bib is written in: values in braces, names as "Last, First". Raises ValueError for anything else.
    """
    path, entries = Path(path), {}
    if not path.exists():
        raise ValueError(f"{path} does not exist")
    text = path.read_text(encoding="utf-8")
    for head in re.finditer(r"^@\w+\{([^,\s]+),", text, flags=re.MULTILINE):
        fields = _bib_fields(text, head.end(), f"{path.name}: {head[1]}")
        absent = [name for name in ("author", "title", "year") if name not in fields]
        if absent:
            raise ValueError(f"{path.name}: {head[1]} has no {absent[0]}")
        authors = tuple(" ".join(reversed(name.split(", ", 1))) for name in re.split(r"\s+and\s+", _plain(fields["author"])))
        entries[head[1]] = {"title": _plain(fields["title"]), "authors": authors, "year": int(fields["year"]), "url": fields.get("url")}
    return entries


def _bib_fields(text, start, where):
    """name = {value} pairs from start to the brace that closes the entry."""
    fields, pattern = {}, re.compile(r"\s*,?\s*(\w+)\s*=\s*\{")
    while match := pattern.match(text, start):
        depth, start = 1, match.end()
        while depth and start < len(text):
            depth += {"{": 1, "}": -1}.get(text[start], 0)
            start += 1
        if depth:
            raise ValueError(f"{where}: a brace of {match[1]} is never closed")
        fields[match[1].lower()] = text[match.end() : start - 1]
    if not re.match(r"\s*,?\s*\}", text[start:]):
        raise ValueError(f"{where}: cannot read from {text[start : start + 30]!r} on; values stand in braces")
    return fields


def _plain(text):
    """TeX's accents as letters, without braces and mathematics marks: {\\"u} -> ü."""
    text = re.sub(r"\\([\"'`^~]|[cv](?=\{))\{?(\w)\}?", lambda found: unicodedata.normalize("NFC", found[2] + _ACCENTS[found[1]]), text)
    text = text.replace("\\L", "Ł").replace("\\l", "ł").replace("\\&", "&").replace("--", "–")
    return " ".join(re.sub(r"[{}$]", "", text).split())
