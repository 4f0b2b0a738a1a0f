"""Interactive figures in the static book: the directive, the still pictures, and what each page loads.

A notebook holds name and state of a figure. Here its own module draws its first state (stills.mjs, in Node), which stands in the page; the
module goes beside the pages as a classic script, because a page opened from a memory stick may load scripts but not modules; mount.js
starts it there. A page gets the styles of its own figures only.
"""

import functools
import hashlib
import html
import json
import re
import shutil
import subprocess
from pathlib import Path

from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from book_site.kept import keep_by_page
from node import node_program

HERE = Path(__file__).parent
FOLDER = "_figures"                                     # in the finished site
DRAWING = HERE / "stills.mjs"
LINKEDOM = Path("vendor", "_node", "linkedom", "worker.js")
FIGURE = re.compile(r'<figure class="bk-fig" data-figure="([\w-]+)" data-state="([^"]*)">[^<]*</figure>')
# indents, and comments that have lines of their own
SPACING = re.compile(r"^(?:[ \t]*(?://[^\n]*|/\*.*?\*/)[ \t]*\n|[ \t]+)+", re.MULTILINE | re.DOTALL)
DRAWN = re.compile(r'<figure class="bk-fig"[^>]*? data-figure="([\w-]+)"')
logger = logging.getLogger(__name__)


def setup(app):
    app.add_directive("interactive", Interactive)
    app.connect("builder-inited", share_colours)
    app.connect("doctree-read", note_figures)
    keep_by_page(app, "book_figures")
    app.connect("env-updated", draw_stills)
    app.connect("doctree-resolved", place_stills)
    app.connect("html-page-context", load_figures)
    app.connect("build-finished", write_scripts, priority=400)


@functools.cache
def library():
    """book_lib.book.figure of the book that is built: imported late, when its folder is on the path."""
    from book_lib.book import figure

    return figure


class Interactive(SphinxDirective):
    """An interactive figure: its folder in figures/, and a JSON object of its settings in the body."""

    required_arguments = 1
    has_content = True

    def run(self):
        name = self.arguments[0]
        try:
            settings = json.loads("\n".join(self.content) or "{}")
            if not isinstance(settings, dict):
                return self.complain(f"the body of {{interactive}} {name} must be a JSON object of settings")
            text = library().figure(name, **settings).static_html()
        except Exception as error:                           # whatever a setting says: the page's author gets one line, with its place
            return self.complain(f"{{interactive}} {name}: {' '.join(str(error).split())}")
        return [nodes.raw("", text, format="html")]

    def complain(self, message):
        logger.warning(message, location=self.get_location(), type="book", subtype="figure")
        return []


def share_colours(app):
    """The book's colours lie with the figures, which need them in Jupyter too; every page has them, before the book's own style."""
    app.config.html_static_path.append(str(library().FIGURES / "_lib" / "colours.css"))
    app.add_css_file("colours.css", priority=600)


def note_figures(app, doctree):
    app.env.book_figures[app.env.docname] = [found for node in doctree.findall(nodes.raw) for found in FIGURE.findall(node.astext())]


@functools.lru_cache(maxsize=64)
def described(name, language):
    """What a figure is, for stills.mjs and mount.js: {source, words, traits_declared} and the data it was recorded with, if it was."""
    lib = library()
    about = {"source": lib.module(name), "words": lib.words(name, language), "traits_declared": lib.declared_traits(name)}
    return about if lib.taken_from_files(name) else about | {"data": lib.data_of(name, {})}


def first_state(name, given):
    """A figure's whole first state: what is declared, what is given, and its data."""
    declared = library().declared_traits(name)
    state = {trait: about["default"] for trait, about in declared.items() if "default" in about} | {"number": "", "wording": ""} | given
    return state if "data" in given else state | {"data": library().data_of(name, state)}


def draw(wanted, linkedom):
    """The first states of figures, all drawn in one Node process.

    wanted: {key: (name, state, language)}; linkedom: the path of its worker.js. Returns {key: {"labelled", "html"} or {"error"}}.
    """
    figures = {name: described(name, language) for name, language in {(name, language) for name, _, language in wanted.values()}}
    stills = {key: {"name": name, "state": state} for key, (name, state, _) in wanted.items()}
    request = json.dumps({"linkedom": str(linkedom), "figures": figures, "stills": stills})
    run = subprocess.run([node_program(), DRAWING], input=request, capture_output=True, text=True, encoding="utf-8", timeout=300)
    if run.returncode:
        raise ExtensionError(f"stills.mjs: {run.stderr.strip().splitlines()[-1]}")
    return json.loads(run.stdout)


def key_of(name, state, language):
    """What a still picture depends on, in 64 letters."""
    content = json.dumps([DRAWING.read_text("utf-8"), described(name, language), state], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()


def in_page(name, text, state, still):
    """The figure element of a page: text is its state as the notebook has it, still what draw() gave."""
    attributes = {"data-figure": name, "data-state": html.unescape(text)}
    if state["number"]:
        attributes["id"] = f"interactive-{state['number'].replace('.', '-')}"
    if library().taken_from_files(name):
        attributes["data-data"] = json.dumps(state["data"], ensure_ascii=False, separators=(",", ":"))
    attributes["aria-labelledby"] = still["labelled"]
    head = "".join(f' {attribute}="{html.escape(value)}"' for attribute, value in attributes.items())
    return f'<figure class="bk-fig"{head}>{still["html"]}</figure>'


def draw_stills(app, env):
    """Draw what is not drawn yet. Returns the pages whose figures look different from last time."""
    cache = Path(app.doctreedir) / "stills"
    cache.mkdir(exist_ok=True)
    language, wanted, pages, where = app.config.language, {}, {}, {}
    for page, found in env.book_figures.items():
        for name, text in found:
            try:
                state = first_state(name, json.loads(html.unescape(text)))
            except ValueError as error:
                complain(name, error, page)
                continue
            key = key_of(name, state, language)
            wanted[key], where[key] = (name, state, language), page
            pages.setdefault(page, {})[name, text] = key
    new = {key: still for key, still in wanted.items() if not (cache / key).exists()}
    for key, drawn in (draw(new, Path(app.srcdir) / LINKEDOM) if new else {}).items():
        if "error" in drawn:
            complain(new[key][0], drawn["error"], where[key])
        else:
            (cache / key).write_text(json.dumps(drawn), encoding="utf-8")
    for path in cache.iterdir():
        if path.name not in wanted:
            path.unlink()
    app.book_stills = {key: (*wanted[key][:2], json.loads((cache / key).read_text("utf-8"))) for key in wanted if (cache / key).exists()}
    before, env.book_still_keys = env.__dict__.get("book_still_keys", {}), pages
    return [page for page in pages if pages[page] != before.get(page)]


def complain(name, error, page):
    logger.warning("interactive figure %s cannot be drawn: %s", name, error, location=page, type="book", subtype="figure")


def place_stills(app, doctree, docname):
    keys = app.env.__dict__.get("book_still_keys", {}).get(docname, {})

    def drawn(match):
        found = getattr(app, "book_stills", {}).get(keys.get((match[1], match[2])))
        return in_page(match[1], match[2], *found[1:]) if found else match[0]

    for node in doctree.findall(nodes.raw):
        if "data-figure" in node.astext():
            node[:] = [nodes.Text(FIGURE.sub(drawn, node.astext()))]


def style_of_page(names):
    """The styles of some figures, what they share first."""
    sheets = dict.fromkeys(path for name in names for path in library().style_files(name))
    ordered = sorted(sheets, key=lambda path: path.parent.name != "_lib")
    return "".join(path.read_text("utf-8") for path in ordered)


def load_figures(app, pagename, templatename, context, doctree):
    names = sorted(set(DRAWN.findall(context.get("body", "")))) if doctree is not None else []
    if not names or app.builder.format != "html":
        return
    file = f"{pagename.replace('/', '-')}.css"
    folder = Path(app.outdir) / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    (folder / file).write_text(style_of_page(names), encoding="utf-8")
    app.add_css_file(f"../{FOLDER}/{file}", priority=610)
    app.add_js_file(f"../{FOLDER}/mount.js", loading_method="defer")


def write_scripts(app, error):
    names = {name for name, *_ in getattr(app, "book_stills", {}).values()}
    if error or app.builder.format != "html" or not names:
        return
    folder = Path(app.outdir) / FOLDER
    folder.mkdir(exist_ok=True)
    shutil.copy(HERE / "mount.js", folder)
    for name in names:
        (folder / f"{name}.js").write_text(script(name, app.config.language), encoding="utf-8")


def script(name, language):
    """The classic script that hands a figure to mount.js, without what only those who read its source need."""
    figure = described(name, language)
    about = json.dumps(figure | {"source": SPACING.sub("", figure["source"])}, ensure_ascii=False, separators=(",", ":"))
    return f"(window.bookFigures ||= {{}})[{json.dumps(name)}] = {about};\n"
