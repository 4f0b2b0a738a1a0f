"""The directives {claims-table}, {verdict-words} and {questions-table}: what the chapters of the book have answered so far.

Verdicts, numbers and sources are read from the stored outputs of the notebooks, so the tables say what the chapters say.
"""

import html
import json
import sys
from pathlib import Path

from bs4 import BeautifulSoup
from docutils import nodes
from sphinx import addnodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))

from book_files import chapters_in_book, slug_of  # noqa: E402
from book_lib.book.claims import CHAPTERS, LABELS, VERDICTS, load_claims, load_questions  # noqa: E402

COLUMNS = ("Claim", "What the article says", "What the book found")
OPEN = "open"
SUMMARY = "{answered} of {total} statements are answered so far ({words}); the others are open until their chapters join the book."
logger = logging.getLogger(__name__)


def setup(app):
    app.add_css_file("claims.css")
    app.add_directive("claims-table", ClaimsTable)
    app.add_directive("verdict-words", VerdictWords)
    app.add_directive("questions-table", QuestionsTable)
    app.connect("doctree-resolved", resolve_claim_links)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def stored_verdicts(path):
    """The verdict boxes in the stored outputs of the notebook at path: [{claim, verdict, measured, source}], in order."""
    cells = json.loads(Path(path).read_text(encoding="utf-8"))["cells"]
    pages = ["".join(output.get("data", {}).get("text/html", "")) for cell in cells for output in cell.get("outputs", [])]
    boxes = [box for page in pages if "bk-verdict" in page for box in BeautifulSoup(page, "html.parser").select("div.bk-verdict")]
    return [
        {"claim": box.get("data-claim"), "verdict": box.get("data-verdict")}
        | {name: _text(box.select_one(f".bk-verdict-{name}")) for name in ("measured", "source")}
        for box in boxes
    ]


def resolve_claim_links(app, doctree, docname):
    """Give each link to a verdict box its address, seen from the page it stands on."""
    for link in doctree.findall(nodes.reference):
        if "claim_page" in link:
            page = app.builder.get_relative_uri(docname, link["claim_page"]).partition("#")[0]
            link["refuri"] = f"{page}#claim-{link['claim']}"


class BookDirective(SphinxDirective):
    """A directive made from the chapters of the book: its page is read again when one of them, or _toc.yml, changes."""

    def run(self):
        root = Path(self.env.srcdir)
        try:
            chapters = chapters_in_book(root)
            for file in [*chapters, root / "_toc.yml", root / "claims.yml", root / "questions.yml"]:
                self.env.note_dependency(str(file))
            return self.content_nodes(root, {slug_of(chapter): chapter for chapter in chapters})
        except (ValueError, OSError) as error:
            logger.warning("{%s}: %s", self.name, " ".join(str(error).split()), location=self.get_location(), type="book", subtype="claims")
            return []


class ClaimsTable(BookDirective):
    """Every statement of the article: its words, the verdict with its number or source, and where it is answered."""

    def content_nodes(self, root, chapters):
        claims = load_claims(root / "claims.yml")
        answers = {slug: {box["claim"]: box for box in stored_verdicts(path)} for slug, path in chapters.items()}
        for slug, boxes in answers.items():
            for box in boxes.values():
                self.complain_if_stale(claims, slug, box)
        rows = [self.row(claim, answers, chapters) for claim in claims.values()]
        settled = {name for boxes in answers.values() for name in boxes}
        answered = [claim["verdict"] for claim in claims.values() if claim["id"] in settled]
        words = ", ".join(f"{answered.count(word)} {word}" for word in VERDICTS if word in answered) or "–"
        summary = SUMMARY.format(answered=len(answered), total=len(claims), words=words)
        return [nodes.paragraph("", summary, classes=["bk-claims-summary"]), _table(COLUMNS, rows)]

    def complain_if_stale(self, claims, slug, box):
        claim = claims.get(box["claim"])
        if claim is None or claim["verdict"] != box["verdict"]:
            stored, expected = f"{box['claim']} as {box['verdict']!r}", repr(claim["verdict"]) if claim else "no such claim"
            raise ValueError(f"chapter {slug} stores {stored}, claims.yml has {expected}: run the chapter again")

    def row(self, claim, answers, chapters):
        words = nodes.raw("", f'<p class="bk-claim-zh" lang="zh">{html.escape(claim["zh"])}</p>', format="html")
        says = nodes.entry("", words, nodes.paragraph("", claim["en"]))
        found = [part for slug in claim["chapters"] for part in self.answer(claim, slug, answers.get(slug, {}), chapters.get(slug))]
        return nodes.row("", nodes.entry("", nodes.paragraph("", claim["id"])), says, nodes.entry("", *found), classes=["bk-claim"])

    def answer(self, claim, slug, boxes, chapter):
        box = boxes.get(claim["id"])
        if box is None:
            return [nodes.paragraph("", f"{CHAPTERS[slug]}: {OPEN}", classes=["bk-claim-open"])]
        page = f"chapters/{chapter.stem}"
        word = nodes.strong("", claim["verdict"], classes=["bk-verdict-word"])
        note = nodes.Text(f" ({claim['note']})" if claim.get("note") else "")
        link = nodes.reference("", f"{CHAPTERS[slug]}, {claim['id']}", internal=True, claim_page=page, claim=claim["id"])
        facts = [nodes.paragraph("", f"{LABELS[name]}: {box[name]}") for name in ("measured", "source") if box[name]]
        return [nodes.paragraph("", "", word, note), *facts, nodes.paragraph("", "", link)]


class VerdictWords(SphinxDirective):
    """The words a verdict is given in, and what each means."""

    def run(self):
        items = [
            nodes.definition_list_item("", nodes.term("", word), nodes.definition("", nodes.paragraph("", meaning)))
            for word, meaning in VERDICTS.items()
        ]
        return [nodes.definition_list("", *items, classes=["bk-verdict-words"])]


class QuestionsTable(BookDirective):
    """The readers' questions of every chapter in the book, each linked to the label of the same name where it is answered."""

    def content_nodes(self, root, chapters):
        questions = load_questions(root / "questions.yml").values()
        return [self.chapter(slug, [entry for entry in questions if entry["chapter"] == slug]) for slug in chapters if slug in CHAPTERS]

    def chapter(self, slug, questions):
        links = [nodes.list_item("", nodes.paragraph("", "", self.link(entry))) for entry in questions]
        name = f"questions-{slug.replace('_', '-')}"
        body = nodes.bullet_list("", *links) if links else nodes.paragraph("", "–")
        return nodes.section("", nodes.title("", CHAPTERS[slug]), body, ids=[name], names=[name])

    def link(self, entry):
        text = nodes.inline("", entry["question"], classes=["std", "std-ref"])
        place = {"refdoc": self.env.docname, "refdomain": "std", "reftype": "ref", "reftarget": entry["id"]}
        link = addnodes.pending_xref("", text, **place, refexplicit=True, refwarn=True)
        link.source, link.line = self.get_source_info()
        return link


def _table(columns, rows):
    heads = nodes.row("", *[nodes.entry("", nodes.paragraph("", column)) for column in columns])
    widths = [nodes.colspec(colwidth=width) for width in (12, 44, 44)]
    group = nodes.tgroup("", *widths, nodes.thead("", heads), nodes.tbody("", *rows), cols=len(columns))
    return nodes.table("", group, classes=["bk-claims", "colwidths-given"])


def _text(tag):
    return tag.get_text().strip() if tag else ""
