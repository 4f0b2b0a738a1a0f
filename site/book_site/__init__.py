"""The book's Sphinx extension: everything that is specific to this site, each concern in its own module beside this one."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "tools"))

from book_site import api, benchmarks, checks, claims, cover, drawings, figures, folds, form, glossary, maths, page_models, pages, speed


def setup(app):
    for concern in (form, folds, maths, drawings, figures, page_models, glossary, benchmarks, cover, api, pages, checks, claims, speed):
        concern.setup(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
