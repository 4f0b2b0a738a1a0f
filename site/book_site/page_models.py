"""The book's models on its pages: what a page loads once a reader first touches a figure with a live model, and a table of what it costs.

A figure whose module says openModel("NAME", …) gets two more scripts beside mount.js: the engine, and the model's file as text. They are
made from models/NAME and figures/_lib/engine/ by tools/export_page_model.py and tools/page_engine.py whenever the book is built.
"""

import json
import re
from base64 import b64encode
from pathlib import Path

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from book_site.benchmarks import table
from book_site.figures import FOLDER, library

RESULTS = Path("benchmarks") / "page_models.json"
AVERAGE_PRECISION = {"AP": "AP", "AP75": "AP75"}
SCORES = {"detr": AVERAGE_PRECISION, "deformable_detr": AVERAGE_PRECISION, "igpt": {"nats": "Nats per pixel"},
          "lanes": {"accuracy": "Lane accuracy", "FP": "FP", "FN": "FN"},
          "vit_digits": {"accuracy": "Digits right", "nats": "Nats a digit"}}
TRANSLATOR = {"right": "Sentences right", "read": "Next words right"}
OPENED = re.compile(r'\bopenModel\("(\w+)"')


def setup(app):
    app.add_directive("page-model-table", PageModelTable)
    app.connect("build-finished", write_models_of_book, priority=400)


def write_models_of_book(app, error):
    if not error and app.builder.format == "html":
        write_models(Path(app.outdir) / FOLDER, {name for name, *_ in getattr(app, "book_stills", {}).values()})


def write_models(folder, figures):
    """Where some of these figures open a model: engine.js and MODEL.model.js as classic scripts that add to window.bookModels."""
    models = sorted({model for name in figures for model in OPENED.findall(library().module(name))})
    if not models:
        return
    from export_page_model import page_model
    from page_engine import engine_source, kernel

    def write(name, value):
        (folder / name).write_text(f"Object.assign((window.bookModels ||= {{}}), {json.dumps(value)});\n", encoding="utf-8")

    write("engine.js", {"engine": engine_source(), "kernel": b64encode(kernel()).decode()})
    for model in models:
        write(f"{model}.model.js", {f"{model}_file": b64encode(page_model(model)).decode()})


class PageModelTable(SphinxDirective):
    """What tools/measure_page_models.py stored of one model: a row for each form."""

    required_arguments = 1

    def run(self):
        path, name = Path(self.env.srcdir) / RESULTS, self.arguments[0]
        self.env.note_dependency(str(path))
        results = json.loads(path.read_text(encoding="utf-8"))
        scores = SCORES.get(name, TRANSLATOR)
        unit = "ms a picture" if name in SCORES else "ms a word"
        columns = ("Form", "File, MB", *scores.values(), "First answer, ms", unit)
        rows = [[row["form"], number(row["bytes"] and row["bytes"] / 1e6, 2), *(number(row[score], 4) for score in scores),
                 number(row["first_ms"], 0), number(row["ms"], 2)] for row in results[name]]
        notes = [made(results[key]) for key, made in (("onnx", beside), ("drag", dragged)) if name == "detr" and results.get(key)]
        return [table(rows, columns), *notes]


def beside(found):
    package, version = found["reference"].split("@")
    said = (f"float32 in turn with {package} {version} on the same picture of 96 × 96 pixels: {found['ours_ms']:.1f} ms and "
            f"{found['reference_ms']:.1f} ms, ratio {found['ratio']:.2f}; logits differ by {found['error']:.0e} at most.")
    return nodes.paragraph("", said, classes=["bk-note"])


def dragged(found):
    """How long the main thread was busy at a time while an object was dragged, of the figures it was measured in."""
    *others, last = [f"{one['longest_ms']:.0f} ms in “{name.replace('_', ' ').capitalize()}”" for name, one in found.items()]
    said = f"{', '.join(others)} and {last}" if others else last
    moves = next(iter(found.values()))["moves"]
    text = (f"While an object is dragged, {moves} moves in Chromium, the longest task of the page's main thread takes {said} of processor "
            "time; the detector itself runs in a worker.")
    return nodes.paragraph("", text, classes=["bk-note"])


def number(value, digits):
    return "–" if value is None else f"{value:.{digits}f}"
