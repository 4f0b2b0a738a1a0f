"""The directive {chapter-path}: the chapters of the book in order, those in _toc.yml linked, the others said to be on the way."""

from docutils import nodes
from sphinx import addnodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

ON_THE_WAY = "on the way"
logger = logging.getLogger(__name__)


def setup(app):
    app.add_node(Step, html=(open_step, close_step))
    app.add_directive("chapter-path", ChapterPath)


class Step(nodes.list_item):
    """One chapter of the path."""


def open_step(translator, node):
    translator.body.append('<li data-written="yes">' if node["written"] else "<li>")


def close_step(translator, node):
    translator.body.append("</li>\n")


class ChapterPath(SphinxDirective):
    """One line a chapter: file name in chapters/ without ending | title | what it is about."""

    has_content = True

    def run(self):
        steps = []
        for line in filter(str.strip, self.content):
            parts = [part.strip() for part in line.split("|")]
            if len(parts) != 3 or not parts[0][:2].isdigit():
                logger.warning("{chapter-path}: %r is not NN_name | title | text", line, location=self.get_location(), type="book")
                continue
            steps.append(self.step(*parts))
        return [nodes.enumerated_list("", *steps, classes=["bk-path"])]

    def step(self, name, title, text):
        page = f"chapters/{name}"
        written = page in self.env.found_docs
        if written:
            place = {"refdoc": self.env.docname, "refdomain": "std", "reftype": "doc", "reftarget": f"/{page}"}
            heading = [addnodes.pending_xref("", nodes.inline("", title), **place, refexplicit=True, refwarn=True)]
        else:
            heading = [nodes.Text(title), nodes.inline("", ON_THE_WAY, classes=["bk-path-later"])]
        parts = [
            nodes.inline("", str(int(name[:2])), classes=["bk-path-number"]),
            nodes.inline("", "", *heading, classes=["bk-path-title"]),
            nodes.inline("", text, classes=["bk-path-text"]),
        ]
        return Step("", *parts, written=written)
