"""The directives {benchmark-table} and {page-speed-table}: what `make bench` measured, as tables."""

import json
from pathlib import Path

from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

RESULTS = Path("benchmarks") / "results.json"
PAGES = Path("benchmarks") / "pages.json"
PAGE_COLUMNS = ("Page", "Device", "Performance", "Accessibility", "Layout shift")
COLUMNS = ("What", "Setting", "This book, ms", "Reference, ms", "Ratio", "Reference")
MEASURED = ("ours_ms", "reference_ms", "ratio")
logger = logging.getLogger(__name__)


def setup(app):
    app.add_directive("benchmark-table", BenchmarkTable)
    app.add_directive("page-speed-table", PageSpeedTable)


class BenchmarkTable(SphinxDirective):
    """The rows of benchmarks/results.json, and under them the versions they were measured with."""

    def run(self):
        path = Path(self.env.srcdir) / RESULTS
        self.env.note_dependency(str(path))
        if not path.exists():
            return [nodes.paragraph("", "No measurement is stored yet. ", nodes.literal("", "make bench"), nodes.Text(" makes one."))]
        try:
            results = json.loads(path.read_text(encoding="utf-8"))
            rows = [[row["name"], row["setting"], *[f"{row[name]:.2f}" for name in MEASURED], row["reference"]] for row in results["rows"]]
            versions = ", ".join(f"{name} {version}" for name, version in results["versions"].items())
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            logger.warning("%s is not what `make bench` writes: %s", RESULTS, error, location=self.get_location(), type="book")
            return []
        return [table(rows), nodes.paragraph("", f"Measured with {versions}.", classes=["bk-note"])]


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


def table(rows, columns=COLUMNS):
    group = nodes.tgroup(cols=len(columns))
    group += [nodes.colspec(colwidth=1) for _ in columns]
    group += nodes.thead("", line(columns))
    group += nodes.tbody("", *[line(row) for row in rows])
    return nodes.table("", group, classes=["bk-numbers"])


def line(cells):
    return nodes.row("", *[nodes.entry("", nodes.paragraph("", cell)) for cell in cells])
