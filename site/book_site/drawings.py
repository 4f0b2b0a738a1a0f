"""Architecture drawings on the page: a notebook stores the name and what is lit; words and layouts come in here, at build."""

import re
from pathlib import Path

from docutils import nodes

from book_lib.pictures import drawing

NAMED = re.compile(r'<svg\b[^>]*\bdata-drawing="([\w-]+)" data-lit="([\w-]+)" data-size="([\w-]+)"')


def setup(app):
    app.connect("doctree-read", note_sources)


def drawing_in_page(stored, language, *, style=True):
    """The HTML of the drawing that a stored SVG names, in every layout of its size; None if it names none.

    style: whether its style sheet comes with it, which the first drawing of a page needs.
    """
    found = NAMED.search(stored)
    return drawing.Drawing(found[1], lit=found[2], size=found[3]).html(language=language, style=style) if found else None


def note_sources(app, doctree):
    """A page with a drawing is out of date when the drawing, its style or its words change."""
    stored = (Path(app.srcdir) / image["uri"].lstrip("/") for image in doctree.findall(nodes.image) if image["uri"].endswith(".svg"))
    if any(path.is_file() and NAMED.search(path.read_text(encoding="utf-8")) for path in stored):
        folder = Path(drawing.__file__).parent
        for path in (folder / "drawing.py", *folder.glob("drawings/*.py"), folder / "drawing.css", *folder.glob("words.*.json")):
            app.env.note_dependency(str(path))
