"""Interactive figures in the static book: the directive, the scripts beside the pages, and which page loads them.

A figure's ES module is wrapped as a classic script, because a page opened from a memory stick may load scripts but not modules.
"""

import importlib
import json
import re
import shutil
from pathlib import Path

from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

MOUNT = "../_esm/mount.js"
FIGURE = re.compile(r'<div\b[^>]*\bdata-esm="([\w-]+)"')
logger = logging.getLogger(__name__)


def setup(app):
    app.add_directive("interactive", Interactive)
    app.connect("builder-inited", share_figure_style)
    app.connect("html-page-context", load_mount_script)
    app.connect("build-finished", write_scripts, priority=400)


def widgets():
    return importlib.import_module("book_lib.widgets")


def widget_folder(app):
    return Path(app.srcdir) / "book_lib" / "widgets"


class Interactive(SphinxDirective):
    """An interactive figure: the name of its class in book_lib.widgets, and a JSON object of its traits in the body."""

    required_arguments = 1
    has_content = True

    def run(self):
        for file in sorted(widget_folder(self.env.app).glob("*.*")):
            self.env.note_dependency(str(file))
        name = self.arguments[0]
        figure_class = getattr(widgets(), name, None)
        if figure_class is None:
            return self.complain(f"book_lib.widgets has no interactive figure {name!r}")
        try:
            traits = json.loads("\n".join(self.content) or "{}")
            if not isinstance(traits, dict):
                return self.complain(f"the body of {{interactive}} {name} must be a JSON object of traits")
            bundle = figure_class(**traits)._repr_mimebundle_()
        except Exception as error:                           # whatever a trait says: the page's author gets one line, with its place
            return self.complain(f"{{interactive}} {name}: {' '.join(str(error).split())}")
        bundle = bundle[0] if isinstance(bundle, tuple) else bundle
        return [nodes.raw("", bundle["text/html"], format="html")]

    def complain(self, message):
        logger.warning(message, location=self.get_location(), type="book", subtype="figure")
        return []


def share_figure_style(app):
    """The figures' style sheet holds the colours of the whole book, so every page has it, before the book's own."""
    style = widget_folder(app) / "chrome.css"
    if style.exists():
        app.config.html_static_path.append(str(style))
        app.add_css_file("chrome.css", priority=600)


def load_mount_script(app, pagename, templatename, context, doctree):
    if doctree is not None and FIGURE.search(context.get("body", "")):
        app.add_js_file(MOUNT, loading_method="defer")


def write_scripts(app, error):
    if error or app.builder.format != "html":
        return
    names = {name for page in Path(app.outdir).rglob("*.html") for name in FIGURE.findall(page.read_text(encoding="utf-8"))}
    if not names:
        return
    folder = Path(app.outdir) / "_esm"
    folder.mkdir(exist_ok=True)
    shutil.copy(Path(__file__).parent / "mount.js", folder)
    for name in sorted(names):
        try:
            source = widgets().module_source(name)
        except Exception as cause:
            raise ExtensionError(f"no script for the interactive figure {name!r}: {cause}") from cause
        script = f"(window.__bookEsm=window.__bookEsm||{{}})[{json.dumps(name)}]={json.dumps(source)};\n"
        (folder / f"{name}.src.js").write_text(script, encoding="utf-8")
