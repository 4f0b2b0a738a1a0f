"""The book's Sphinx extension: everything that is specific to this site, each concern in its own module beside this one."""

import importlib.util

import book_benchmarks
import book_checks
import book_cover
import book_figures
import book_glossary
import book_maths
import book_pages


def setup(app):
    for concern in (book_maths, book_figures, book_glossary, book_benchmarks, book_cover, book_pages, book_checks):
        concern.setup(app)
    if importlib.util.find_spec("claims_pages"):
        app.setup_extension("claims_pages")
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
