"""The directive {chapter-path}: the chapters of the book in order, the written ones linked, the others said to be on the way."""

from docutils import nodes
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective

from book_lib.book.chapters import FOLDER

ON_THE_WAY = "on the way"


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
    """One step a chapter: its number, its title, the sentence that sums it up."""

    def run(self):
        for chapter in self.env.app.book_chapters:
            if chapter.file:
                self.env.note_dependency(f"{self.env.srcdir}/{FOLDER}{chapter.file}.ipynb")
        for file in ("_toc.yml", "planned.yml"):
            self.env.note_dependency(f"{self.env.srcdir}/{file}")
        return [nodes.enumerated_list("", *map(self.step, self.env.app.book_chapters), classes=["bk-path"])]

    def step(self, chapter):
        if chapter.file:
            place = {"refdoc": self.env.docname, "refdomain": "std", "reftype": "doc", "reftarget": f"/{FOLDER}{chapter.file}"}
            heading = [addnodes.pending_xref("", nodes.inline("", chapter.title), **place, refexplicit=True, refwarn=True)]
        else:
            heading = [nodes.Text(chapter.title), nodes.inline("", ON_THE_WAY, classes=["bk-path-later"])]
        parts = [
            nodes.inline("", str(chapter.number), classes=["bk-path-number"]),
            nodes.inline("", "", *heading, classes=["bk-path-title"]),
            nodes.inline("", chapter.summary, classes=["bk-path-text"]),
        ]
        return Step("", *parts, written=bool(chapter.file))
