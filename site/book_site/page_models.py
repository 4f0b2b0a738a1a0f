"""The book's models on its pages: what a page loads once a reader first touches a figure with a live model.

A figure whose module says openModel("NAME", …) gets two more scripts beside mount.js: the engine, and the model's file as text. They are
made from models/NAME and figures/_lib/engine/ by tools/export_page_model.py and tools/page_engine.py whenever the book is built.
"""

import json
import re
import sys
from base64 import b64encode
from pathlib import Path

from book_site.figures import FOLDER, library

OPENED = re.compile(r'\bopenModel\("(\w+)"')


def setup(app):
    app.connect("build-finished", write_models, priority=400)


def models_of(names):
    """The models that these figures open, sorted."""
    return sorted({model for name in names for model in OPENED.findall(library().module(name))})


def write_models(app, error):
    models = models_of({still["name"] for still in getattr(app, "book_stills", {}).values()})
    if error or app.builder.format != "html" or not models:
        return
    write_scripts(Path(app.outdir) / FOLDER, models)


def write_scripts(folder, models):
    """engine.js, and NAME.model.js for each model, as classic scripts that add to window.bookModels."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
    from export_page_model import page_model
    from page_engine import engine_source, kernel

    def write(name, value):
        (folder / name).write_text(f"Object.assign((window.bookModels ||= {{}}), {json.dumps(value)});\n", encoding="utf-8")

    write("engine.js", {"engine": engine_source(), "kernel": b64encode(kernel()).decode()})
    for model in models:
        write(f"{model}.model.js", {f"{model}_file": b64encode(page_model(model)).decode()})
