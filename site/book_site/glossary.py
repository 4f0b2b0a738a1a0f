"""The glossary's links to first use: the first {term} of each kind in a chapter gets an anchor, and its glossary entry a link to it."""

from docutils import nodes
from sphinx import addnodes

FIRST_USE = "First used in "
CHAPTERS = "chapters/"


def setup(app):
    app.connect("doctree-read", mark_first_uses)
    app.connect("env-purge-doc", forget)
    app.connect("env-merge-info", merge)
    app.connect("env-updated", glossary_pages)
    app.connect("missing-reference", resolve_plural)
    app.connect("doctree-resolved", link_first_uses)


def uses(env):
    """{document: {term in small letters: anchor}}, kept with the environment between builds."""
    if not hasattr(env, "book_term_uses"):
        env.book_term_uses = {}
    return env.book_term_uses


def mark_first_uses(app, doctree):
    page = app.env.docname
    if not page.startswith(CHAPTERS):
        return
    anchors = uses(app.env).setdefault(page, {})
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


def forget(app, env, page):
    uses(env).pop(page, None)


def merge(app, env, pages, other):
    uses(env).update(uses(other))


def glossary_pages(app, env):
    """Pages to write again whenever anything changed: a link may lead elsewhere now."""
    return [page for page in env.found_docs if page.endswith("/glossary")]


def link_first_uses(app, doctree, page):
    places = {}
    for chapter in sorted(uses(app.env)):                    # the file names carry the order of the book
        for term, anchor in uses(app.env)[chapter].items():
            places.setdefault(term, (chapter, anchor))
    for item in doctree.findall(nodes.definition_list_item):
        term = item[0].astext().lower()
        used = [use for use in places if term in (use, *singulars(use))]
        if isinstance(item.parent.parent, addnodes.glossary) and used:
            chapter, anchor = min(places[use] for use in used)
            address = f"{app.builder.get_relative_uri(page, chapter)}#{anchor}"
            link = nodes.reference("", app.env.titles[chapter].astext(), internal=True, refuri=address)
            item[-1] += nodes.paragraph("", FIRST_USE, link, nodes.Text("."), classes=["bk-first-use"])
