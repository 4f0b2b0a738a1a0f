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
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from book_site.maths import node_program

HERE = Path(__file__).parent
FOLDER = "_figures"                                     # in the finished site
FIGURE = re.compile(r'<figure class="bk-fig" data-figure="([\w-]+)" data-state="([^"]*)">[^<]*</figure>')
DRAWN = re.compile(r'<figure class="bk-fig"[^>]*? data-figure="([\w-]+)"')
logger = logging.getLogger(__name__)


def setup(app):
    app.add_directive("interactive", Interactive)
    app.connect("builder-inited", share_colours)
    app.connect("doctree-read", note_figures)
    app.connect("env-purge-doc", forget_figures)
    app.connect("env-merge-info", merge_figures)
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
    noted = app.env.__dict__.setdefault("book_figures", {})
    noted[app.env.docname] = [found for node in doctree.findall(nodes.raw) for found in FIGURE.findall(node.astext())]


def forget_figures(app, env, docname):
    env.__dict__.setdefault("book_figures", {}).pop(docname, None)


def merge_figures(app, env, docnames, other):
    env.__dict__.setdefault("book_figures", {}).update({name: other.book_figures[name] for name in docnames if name in other.book_figures})


def described(name, language):
    """What a figure is, for stills.mjs and mount.js: {source, words, traits_declared} and the data it was recorded with, if it was."""
    lib = library()
    about = {"source": lib.module(name), "words": lib.words(name, language), "traits_declared": lib.declared_traits(name)}
    return about if lib.taken_from_files(name) else about | {"data": lib.data_of(name, {})}


def first_state(name, given, about):
    """A figure's whole first state: what is declared, what is given, and its data."""
    state = {trait: shown["default"] for trait, shown in about["traits_declared"].items() if "default" in shown}
    state |= {"number": "", "wording": "", "data": about.get("data")} | given
    if library().taken_from_files(name) and "data" not in given:
        state["data"] = library().data_of(name, state)
    return state


def draw_stills(app, env):
    """Draw what is not drawn yet, all in one Node process. Returns the pages whose figures look different from last time."""
    cache = Path(app.doctreedir) / "stills"
    cache.mkdir(exist_ok=True)
    program, linkedom = HERE / "stills.mjs", Path(app.srcdir) / "vendor" / "_node" / "linkedom" / "worker.js"
    figures, stills, pages = {}, {}, {}
    for page, found in env.__dict__.setdefault("book_figures", {}).items():
        for name, text in found:
            try:
                about = figures[name] = figures.get(name) or described(name, app.config.language)
                state = first_state(name, json.loads(html.unescape(text)), about)
            except ValueError as error:
                logger.warning("interactive figure %s: %s", name, error, location=page, type="book", subtype="figure")
                continue
            content = json.dumps([program.read_text("utf-8"), about, state], sort_keys=True)
            key = hashlib.sha256(content.encode()).hexdigest()
            stills[key] = {"name": name, "state": state, "page": page}
            pages.setdefault(page, {})[name, text] = key
    if new := {key: still for key, still in stills.items() if not (cache / key).exists()}:
        request = json.dumps({"linkedom": str(linkedom), "figures": figures, "stills": new})
        run = subprocess.run([node_program(), program], input=request, capture_output=True, text=True, encoding="utf-8", timeout=300)
        if run.returncode:
            raise RuntimeError(f"stills.mjs: {run.stderr.strip().splitlines()[-1]}")
        for key, drawn in json.loads(run.stdout).items():
            if "error" in drawn:
                said = f"interactive figure {new[key]['name']} cannot be drawn: {drawn['error']}"
                logger.warning(said, location=new[key]["page"], type="book", subtype="figure")
            else:
                (cache / key).write_text(json.dumps(drawn), encoding="utf-8")
    for path in cache.iterdir():
        if path.name not in stills:
            path.unlink()
    app.book_stills = {key: still | json.loads((cache / key).read_text("utf-8")) for key, still in stills.items() if (cache / key).exists()}
    before, env.book_still_keys = env.__dict__.get("book_still_keys", {}), pages
    return [page for page in pages if pages[page] != before.get(page)]


def place_stills(app, doctree, docname):
    keys = app.env.__dict__.get("book_still_keys", {}).get(docname, {})

    def drawn(match):
        still = getattr(app, "book_stills", {}).get(keys.get((match[1], match[2])))
        if still is None:
            return match[0]
        name, attributes = match[1], {"data-figure": match[1], "data-state": html.unescape(match[2])}
        if number := still["state"]["number"]:
            attributes["id"] = f"interactive-{number.replace('.', '-')}"
        if library().taken_from_files(name):
            attributes["data-data"] = json.dumps(still["state"]["data"], ensure_ascii=False, separators=(",", ":"))
        attributes["aria-labelledby"] = still["labelled"]
        head = "".join(f' {attribute}="{html.escape(value)}"' for attribute, value in attributes.items())
        return f'<figure class="bk-fig"{head}>{still["html"]}</figure>'

    for node in doctree.findall(nodes.raw):
        if "data-figure" in node.astext():
            node[:] = [nodes.Text(FIGURE.sub(drawn, node.astext()))]


def load_figures(app, pagename, templatename, context, doctree):
    names = sorted(set(DRAWN.findall(context.get("body", "")))) if doctree is not None else []
    if not names or app.builder.format != "html":
        return
    lib = library()
    sheets = dict.fromkeys(path for name in names for path in lib.style_files(name))
    own = [path for path in sheets if path.parent.name != "_lib"]           # after what they share
    style = "".join(path.read_text("utf-8") for path in [*(path for path in sheets if path not in own), *own])
    file = f"{pagename.replace('/', '-')}.css"
    folder = Path(app.outdir) / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    (folder / file).write_text(style, encoding="utf-8")
    app.add_css_file(f"../{FOLDER}/{file}", priority=610)
    app.add_js_file(f"../{FOLDER}/mount.js", loading_method="defer")


def write_scripts(app, error):
    names = {still["name"] for still in getattr(app, "book_stills", {}).values()}
    if error or app.builder.format != "html" or not names:
        return
    folder = Path(app.outdir) / FOLDER
    folder.mkdir(exist_ok=True)
    shutil.copy(HERE / "mount.js", folder)
    for name in names:
        (folder / f"{name}.js").write_text(script(name, app.config.language), encoding="utf-8")


def script(name, language):
    """The classic script that hands a figure to mount.js."""
    about = json.dumps(described(name, language), ensure_ascii=False, separators=(",", ":"))
    return f"(window.bookFigures ||= {{}})[{json.dumps(name)}] = {about};\n"
