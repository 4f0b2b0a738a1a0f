"""The glossary's ties to the chapters: an entry links to the first use of its term, and a {term} shows its entry in a card.

The card's words stand once in the page, out of sight; terms.js shows them on hover and on focus, screen readers read them with the link.
"""

import html

from docutils import nodes
from sphinx import addnodes

from book_site.kept import keep_by_page

FIRST_USE = "First used in "
CHAPTERS = "chapters/"


def setup(app):
    app.add_js_file("terms.js", loading_method="defer")
    app.connect("doctree-read", mark_first_uses)
    app.connect("doctree-read", keep_definitions)
    keep_by_page(app, "book_term_uses")         # {page: {term in small letters: anchor}}
    keep_by_page(app, "book_definitions")       # {page: {id of a term: its entry as HTML}}
    app.connect("env-updated", glossary_pages)
    app.connect("missing-reference", resolve_plural)
    app.connect("doctree-resolved", link_first_uses)
    app.connect("doctree-resolved", add_cards)


def keep_definitions(app, doctree):
    found = {}
    for item in (item for glossary in doctree.findall(addnodes.glossary) for item in glossary.findall(nodes.definition_list_item)):
        terms, text = [child for child in item if isinstance(child, nodes.term)], item[-1][0]
        said = "".join(child.astext() if isinstance(child, nodes.raw) else html.escape(child.astext()) for child in text)
        found |= {name: f"<b>{html.escape(term.astext())}</b> {said}" for term in terms for name in term["ids"]}
    if found:
        app.env.book_definitions[app.env.docname] = found


def add_cards(app, doctree, page):
    """Give each link to the glossary its entry, to be shown beside it."""
    cards = {}
    known = {name: text for entries in app.env.book_definitions.values() for name, text in entries.items()}
    for link in doctree.findall(nodes.reference):
        name = link.get("refuri", "").partition("#")[2]
        if name in known and any("std-term" in child.get("classes", ()) for child in link.findall(nodes.Element)):
            cards[name] = known[name]
            link["classes"].append("bk-term")
    if cards and app.builder.format == "html":
        entries = "".join(f'<p id="card-{name}">{text}</p>' for name, text in cards.items())
        doctree += nodes.raw("", f'<div class="bk-cards" hidden>{entries}</div>', format="html")


def mark_first_uses(app, doctree):
    page = app.env.docname
    if not page.startswith(CHAPTERS):
        return
    anchors = app.env.book_term_uses.setdefault(page, {})
    for reference in list(doctree.findall(addnodes.pending_xref)):
        term = reference.get("reftarget", "").lower()
        if reference.get("reftype") == "term" and term not in anchors:
            anchors[term] = nodes.make_id(f"first-{term}")
            reference.parent.insert(reference.parent.index(reference), nodes.inline("", "", ids=[anchors[term]]))


def resolve_plural(app, env, reference, text):
    """Let {term}`queries` find no less than {term}`query`: the glossary lists the singular."""
    if reference.get("reftype") == "term":
        for term in singulars(reference["reftarget"]):
            found = env.domains["std"].resolve_xref(env, reference["refdoc"], app.builder, "term", term, reference, text)
            if found is not None:
                return found
    return None


def singulars(term):
    return [term.removesuffix(ending) + single for ending, single in (("ies", "y"), ("s", "")) if term.endswith(ending)]


def glossary_pages(app, env):
    """Pages to write again: the glossary, whose links may lead elsewhere now, and every page where an entry has changed."""
    changed = env.book_definitions != getattr(env, "book_last_definitions", env.book_definitions)
    env.book_last_definitions = dict(env.book_definitions)
    return [page for page in env.found_docs if changed or page.endswith("/glossary")]


def link_first_uses(app, doctree, page):
    places = {}
    for chapter in sorted(app.env.book_term_uses):                    # the file names carry the order of the book
        for term, anchor in app.env.book_term_uses[chapter].items():
            places.setdefault(term, (chapter, anchor))
    for item in doctree.findall(nodes.definition_list_item):
        term = item[0].astext().lower()
        used = [use for use in places if term in (use, *singulars(use))]
        if isinstance(item.parent.parent, addnodes.glossary) and used:
            chapter, anchor = min(places[use] for use in used)
            address = f"{app.builder.get_relative_uri(page, chapter)}#{anchor}"
            link = nodes.reference("", app.env.titles[chapter].astext(), internal=True, refuri=address)
            item[-1] += nodes.paragraph("", FIRST_USE, link, nodes.Text("."), classes=["bk-first-use"])
