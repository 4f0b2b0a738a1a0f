"""The article's claims and the readers' questions on the page: marks in a lesson, tables in the appendix.

Verdicts, numbers and sources are read from the stored outputs of the notebooks, so marks and tables say what the last run found.
"""

import html
import json
import sys
from functools import cache
from pathlib import Path

from bs4 import BeautifulSoup
from docutils import nodes
from sphinx import addnodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

from book_lib.book.chapters import FOLDER
from book_lib.book.claims import LABELS, VERDICTS, load_claims, load_questions
from book_site.folds import Fold

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))

from book_files import chapters_in_book, slug_of  # noqa: E402

COLUMNS = ("Claim", "What the article says", "What the book found")
OPEN = "open"
SIGNS = {"right": "✓", "answered": "✓"}                 # every other verdict is said in its own word
SHOW, RUN, CLOSE = "show the verdict", "See the run in the lab", "Close"
QUESTIONS = "Questions readers ask about this chapter ({count})"
SUMMARY, OPEN = "{answered} of {total} statements are answered ({words})", "; the others are open until their chapters join the book"
logger = logging.getLogger(__name__)


def setup(app):
    app.add_css_file("claims.css")
    app.add_directive("claims-table", ClaimsTable)
    app.add_directive("verdict-words", VerdictWords)
    app.add_directive("questions-table", QuestionsTable)
    app.add_directive("chapter-questions", ChapterQuestions)
    app.add_role("claim", ClaimRole())
    app.add_node(Marks, html=(lambda writer, node: None, lambda writer, node: None))
    app.connect("doctree-resolved", show_marks)
    app.connect("doctree-resolved", resolve_claim_links)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def stored_verdicts(path):
    """The verdict boxes in the stored outputs of the notebook at path: [{claim, verdict, measured, source, box}], in order."""
    return verdicts_in(Path(path).read_text(encoding="utf-8"))


@cache
def verdicts_in(text):
    """The same for the text of a notebook; each mark of a claim asks all notebooks."""
    cells = json.loads(text)["cells"]
    pages = ["".join(output.get("data", {}).get("text/html", "")) for cell in cells for output in cell.get("outputs", [])]
    boxes = [box for page in pages if "bk-verdict" in page for box in BeautifulSoup(page, "html.parser").select("div.bk-verdict")]
    return [
        {"claim": box.get("data-claim"), "verdict": box.get("data-verdict"), "box": box}
        | {name: _text(box.select_one(f".bk-verdict-{name}")) for name in ("measured", "source")}
        for box in boxes
    ]


class Marks(nodes.inline):
    """The marks of the claims that a sentence answers."""


class ClaimRole(SphinxRole):
    """{claim}`C10` or {claim}`C10, C11`: a small mark in the margin that opens the verdict, as the stored output of its run has it.

    Where several labs answer a claim, a lesson's marks show its own lab's answer.
    """

    def run(self):
        names = [name.strip() for name in self.text.split(",")]
        found = {}
        own = f"{Path(self.env.docname).name}_lab"
        for path in sorted(chapters_in_book(Path(self.env.srcdir)), key=lambda path: path.stem == own):      # the last one counts
            self.env.note_dependency(str(path))
            found |= {box["claim"]: (f"{FOLDER}{path.stem}", box) for box in stored_verdicts(path)}
        missing = [name for name in names if name not in found]
        if missing:
            message = "{claim}: no notebook of the book stores a verdict of %s"
            logger.warning(message, ", ".join(missing), location=self.get_location(), type="book", subtype="claims")
        marks = Marks("", *[nodes.Text(f" [{name}: {found[name][1]['verdict']}]") for name in names if name in found], classes=["bk-marks"])
        marks["found"] = [(name, *found[name]) for name in names if name in found]
        return [marks], []


def show_marks(app, doctree, docname):
    """In HTML: a button for each mark, and at the end of the page one box for each claim that is marked."""
    if app.builder.format != "html":
        return
    opened = {}
    for marks in list(doctree.findall(Marks)):
        opened |= {name: (page, box) for name, page, box in marks["found"]}
        buttons = "".join(mark(name, box["verdict"]) for name, _, box in marks["found"])
        before = marks.parent[marks.parent.index(marks) - 1]
        if isinstance(before, nodes.Text):                   # the style sheet keeps the distance, and in the margin there is none to keep
            marks.parent.replace(before, nodes.Text(before.rstrip()))
        marks.replace_self(nodes.raw("", f'<span class="bk-marks">{buttons}</span>', format="html"))
    if opened:
        doctree += nodes.raw("", "".join(card(app, docname, name, *place) for name, place in opened.items()), format="html")


def mark(name, verdict):
    sign, said = (SIGNS[verdict], f"{verdict}, ") if verdict in SIGNS else (verdict, "")
    spoken = f'<span class="bk-unseen"> {said}{SHOW}</span>'
    shown = f'<span aria-hidden="true">{sign}</span>' if verdict in SIGNS else f'<span class="bk-mark-word">{sign}</span>'
    return f'<button type="button" class="bk-mark" data-verdict="{verdict}" popovertarget="verdict-{name}">{name} {shown}{spoken}</button>'


def card(app, docname, name, page, verdict):
    box = BeautifulSoup(str(verdict["box"]), "html.parser").div
    del box["id"]
    address = "" if page == docname else app.builder.get_relative_uri(docname, page)
    run = f'<a href="{html.escape(address)}#claim-{name}">{RUN}</a>'
    close = f'<button type="button" popovertarget="verdict-{name}" popovertargetaction="hide">{CLOSE}</button>'
    return f'<div popover class="bk-claim-card" id="verdict-{name}">{box}<p class="bk-claim-more">{run} {close}</p></div>'


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
            for file in [*chapters, *(root / name for name in ("_toc.yml", "planned.yml", "claims.yml", "questions.yml"))]:
                self.env.note_dependency(str(file))
            return self.content_nodes(root, chapters)
        except (ValueError, OSError) as error:
            logger.warning("{%s}: %s", self.name, " ".join(str(error).split()), location=self.get_location(), type="book", subtype="claims")
            return []


class ClaimsTable(BookDirective):
    """Every statement of the article: its words, the verdict with its number or source, and where it is answered."""

    def content_nodes(self, root, notebooks):
        claims, self.answers = load_claims(root / "claims.yml"), {}
        for path in notebooks:
            for box in stored_verdicts(path):
                self.complain_if_stale(claims, path, box)
                self.answers[box["claim"], slug_of(path)] = f"{FOLDER}{path.stem}", box
        rows = [self.row(claim) for claim in claims.values()]
        settled = {name for name, _ in self.answers}
        answered = [claim["verdict"] for claim in claims.values() if claim["id"] in settled]
        words = ", ".join(f"{answered.count(word)} {word}" for word in VERDICTS if word in answered) or "–"
        rest = OPEN if len(answered) < len(claims) else ""
        summary = SUMMARY.format(answered=len(answered), total=len(claims), words=words) + rest + "."
        return [nodes.paragraph("", summary, classes=["bk-claims-summary"]), _table(COLUMNS, rows)]

    def complain_if_stale(self, claims, path, box):
        claim = claims.get(box["claim"])
        if claim is None or claim["verdict"] != box["verdict"]:
            stored, expected = f"{box['claim']} as {box['verdict']!r}", repr(claim["verdict"]) if claim else "no such claim"
            raise ValueError(f"{path.name} stores {stored}, claims.yml has {expected}: run it again")

    def row(self, claim):
        words = nodes.raw("", f'<p class="bk-claim-zh" lang="zh">{html.escape(claim["zh"])}</p>', format="html")
        says = nodes.entry("", words, nodes.paragraph("", claim["en"]))
        found = [part for slug in claim["chapters"] for part in self.answer(claim, slug)]
        return nodes.row("", nodes.entry("", nodes.paragraph("", claim["id"])), says, nodes.entry("", *found), classes=["bk-claim"])

    def answer(self, claim, slug):
        title = next((chapter.title for chapter in self.env.app.book_chapters if chapter.slug == slug), slug)
        if (claim["id"], slug) not in self.answers:
            return [nodes.paragraph("", f"{title}: {OPEN}", classes=["bk-claim-open"])]
        page, box = self.answers[claim["id"], slug]
        word = nodes.strong("", claim["verdict"], classes=["bk-verdict-word"])
        note = nodes.Text(f" ({claim['note']})" if claim.get("note") else "")
        link = nodes.reference("", f"{title}, {claim['id']}", internal=True, claim_page=page, claim=claim["id"])
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

    def content_nodes(self, root, notebooks):
        questions, written = load_questions(root / "questions.yml").values(), {slug_of(path) for path in notebooks}
        chapters = [chapter for chapter in self.env.app.book_chapters if chapter.slug in written]
        return [self.chapter(chapter, [entry for entry in questions if entry["chapter"] == chapter.slug]) for chapter in chapters]

    def chapter(self, chapter, questions):
        name = f"questions-{chapter.slug.replace('_', '-')}"
        return nodes.section("", nodes.title("", chapter.title), self.links(questions), ids=[name], names=[name])

    def links(self, questions):
        items = [nodes.list_item("", nodes.paragraph("", "", self.link(entry))) for entry in questions]
        return nodes.bullet_list("", *items) if items else nodes.paragraph("", "–")

    def link(self, entry):
        text = nodes.inline("", entry["question"], classes=["std", "std-ref"])
        place = {"refdoc": self.env.docname, "refdomain": "std", "reftype": "ref", "reftarget": entry["id"]}
        link = addnodes.pending_xref("", text, **place, refexplicit=True, refwarn=True)
        link.source, link.line = self.get_source_info()
        return link


class ChapterQuestions(QuestionsTable):
    """The readers' questions of the page's chapter, folded to one line, each linked to where lesson or lab answers it."""

    def content_nodes(self, root, notebooks):
        page = Path(self.env.docname)
        slug = slug_of(root / page.parent / f"{page.name}.ipynb")
        questions = [entry for entry in load_questions(root / "questions.yml").values() if entry["chapter"] == slug]
        return [Fold("", self.links(questions), prompt_show=QUESTIONS.format(count=len(questions)))]


def _table(columns, rows):
    heads = nodes.row("", *[nodes.entry("", nodes.paragraph("", column)) for column in columns])
    widths = [nodes.colspec(colwidth=width) for width in (12, 44, 44)]
    group = nodes.tgroup("", *widths, nodes.thead("", heads), nodes.tbody("", *rows), cols=len(columns))
    return nodes.table("", group, classes=["bk-claims", "colwidths-given"])


def _text(tag):
    return tag.get_text().strip() if tag else ""
