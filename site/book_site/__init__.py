"""The book's Sphinx extension: everything that is specific to this site, each concern in its own module beside this one."""

from book_site import benchmarks, checks, claims, cover, figures, glossary, maths, page_models, pages


def setup(app):
    for concern in (maths, figures, page_models, glossary, benchmarks, cover, pages, checks, claims):
        concern.setup(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
