"""The directives {benchmark-table}, {benchmark-ways} and {page-speed-table}: what `make bench` measured, as tables."""

import json
from pathlib import Path

from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

RESULTS = Path("benchmarks") / "results.json"
PAGES = Path("benchmarks") / "pages.json"
PAGE_COLUMNS = ("Page", "Device", "Performance", "Accessibility", "Layout shift")
COLUMNS = ("What", "Setting", "This book, ms", "Reference, ms", "Ratio", "Reference")
ANOTHER_WAY = "the same by "                                     # so begins the reference of a row of {benchmark-ways}
NOISE = 0.05                                                     # a difference that says nothing
MEASURED = ("ours_ms", "reference_ms", "ratio")
logger = logging.getLogger(__name__)


def setup(app):
    app.add_directive("benchmark-table", BenchmarkTable)
    app.add_directive("benchmark-ways", BenchmarkWays)
    app.add_directive("page-speed-table", PageSpeedTable)


class BenchmarkTable(SphinxDirective):
    """The rows of benchmarks/results.json, but those of {benchmark-ways}, and under them the versions they were measured with."""

    def run(self):
        path = Path(self.env.srcdir) / RESULTS
        self.env.note_dependency(str(path))
        if not path.exists():
            return [nodes.paragraph("", "No measurement is stored yet. ", nodes.literal("", "make bench"), nodes.Text(" makes one."))]
        try:
            results = json.loads(path.read_text(encoding="utf-8"))
            rows = [[row["name"], row["setting"], *[f"{row[name]:.2f}" for name in MEASURED], row["reference"]] for row in results["rows"]
                    if not row["reference"].startswith(ANOTHER_WAY)]
            versions = ", ".join(f"{name} {version}" for name, version in results["versions"].items())
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            logger.warning("%s is not what `make bench` writes: %s", RESULTS, error, location=self.get_location(), type="book")
            return []
        return [table(rows), nodes.paragraph("", f"Measured with {versions}.", classes=["bk-note"])]


class BenchmarkWays(SphinxDirective):
    """The other ways that were timed beside this layer, one a row: how many times as long they take; and in words, which is fastest."""

    required_arguments = 1

    def run(self):
        path = Path(self.env.srcdir) / RESULTS
        self.env.note_dependency(str(path))
        rows = json.loads(path.read_text(encoding="utf-8"))["rows"]
        times = times_of_ways([row for row in rows if row["name"] == self.arguments[0]])
        ways = list(dict.fromkeys(way for found in times.values() for way in found))
        cells = [[way, *(f"{found[way]:.2f}" if way in found else "–" for found in times.values())] for way in ways]
        columns = ("Time, this book’s = 1", *(capital(setting) for setting in times))
        said = [nodes.list_item("", nodes.paragraph("", f"{capital(setting)}: {fastest(found)}.")) for setting, found in times.items()]
        return [table(cells, columns, "bk-ways"), nodes.bullet_list("", *said)]


def times_of_ways(rows):
    """{setting: {way: its time, ours being 1}}; a setting is told without its sizes, which all rows share."""
    times = {}
    for row in rows:
        _n, _batch, setting = row["setting"].split(", ", 2)
        times.setdefault(setting, {})[row["reference"].removeprefix(ANOTHER_WAY)] = row["reference_ms"] / row["ours_ms"]
    return times


def fastest(times):
    """Which of these ways, or this book's, takes the least time, and how far the next one is."""
    way, time = min(times.items(), key=lambda item: item[1])
    if time > 1 + NOISE:
        return f"this book’s is the fastest; the next, {way}, takes {time:.2f} times as long"
    if time < 1 - NOISE:
        return f"{way} is the fastest, in {time:.2f} of the time of this book’s"
    return f"this book’s and {way} are about equally fast"


def capital(text):
    return text[:1].upper() + text[1:]


class PageSpeedTable(SphinxDirective):
    """The rows of benchmarks/pages.json: Lighthouse's scores of the built pages."""

    def run(self):
        path = Path(self.env.srcdir) / PAGES
        self.env.note_dependency(str(path))
        if not path.exists():
            return [nodes.paragraph("", "No measurement is stored yet. ", nodes.literal("", "make bench"), nodes.Text(" makes one."))]
        try:
            results = json.loads(path.read_text(encoding="utf-8"))
            rows = [[row["page"], row["device"], f"{row['performance']:.0f}", f"{row['accessibility']:.0f}", f"{row['shift']:.3f}"]
                    for row in results["rows"]]
            made = f"Lighthouse {results['lighthouse']}, median of {results['rows'][0]['runs']} runs; layout shift: the largest of them."
        except (ValueError, KeyError, TypeError, IndexError) as error:
            logger.warning("%s is not what `make bench` writes: %s", PAGES, error, location=self.get_location(), type="book")
            return []
        return [table(rows, PAGE_COLUMNS), nodes.paragraph("", made, classes=["bk-note"])]


def table(rows, columns=COLUMNS, kind="bk-numbers"):
    group = nodes.tgroup(cols=len(columns))
    group += [nodes.colspec(colwidth=1) for _ in columns]
    group += nodes.thead("", line(columns))
    group += nodes.tbody("", *[line(row) for row in rows])
    return nodes.table("", group, classes=[kind])


def line(cells):
    return nodes.row("", *[nodes.entry("", nodes.paragraph("", cell)) for cell in cells])
