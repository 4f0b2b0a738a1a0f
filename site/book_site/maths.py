"""Maths as HTML at build time: KaTeX in node, no script in the page; what KaTeX does not know is a warning with its place."""

import html
import json
import os
import re
import subprocess
from functools import cache
from pathlib import Path

from docutils import nodes
from sphinx.util import logging
from sphinxcontrib import katex

from node import node_program

STYLE_SHEET = "../_vendor/katex/katex.min.css"       # relative to _static; tools/build_book.py puts it there
OPTIONS = {"throwOnError": True, "strict": "error"}
UNHEARD = re.compile(r"</?semantics>|<annotation [^>]*>.*?</annotation>", re.DOTALL)   # LaTeX that no screen reader says
logger = logging.getLogger(__name__)


def setup(app):
    app.add_html_math_renderer("book_katex", (inline_maths, None), (display_maths, None))
    app.add_js_file("equations.js", loading_method="defer")
    app.connect("html-page-context", load_style_sheet)
    app.connect("build-finished", stop_node)


def load_style_sheet(app, pagename, templatename, context, doctree):
    if 'class="katex' in context.get("body", ""):
        app.add_css_file(STYLE_SHEET, priority=400)


@cache
def node(process):
    """The one Node of each process of a build, which is given by its id, with the KaTeX that sphinxcontrib-katex carries."""
    command = [node_program(), Path(__file__).with_name("katex_lines.js"), Path(katex.__file__).with_name("katex.min.js")]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")


def stop_node(app, error):
    if node.cache_info().currsize:
        node(os.getpid()).stdin.close()
        node(os.getpid()).wait()
        node.cache_clear()


@cache
def rendered(latex, display):
    """KaTeX's answer to one formula: {"html": …} or {"error": …}."""
    request = {"latex": latex, "options": {**OPTIONS, "displayMode": display}}
    answering = node(os.getpid())
    answering.stdin.write(json.dumps(request) + "\n")
    answering.stdin.flush()
    return json.loads(answering.stdout.readline())


def formula(math, display):
    latex = math.astext().strip()
    answer = rendered(latex, display)
    if "error" in answer:
        logger.warning("%s (in the formula %r)", answer["error"], latex, location=math, type="book", subtype="maths")
        return f"<code>{html.escape(latex)}</code>"
    return UNHEARD.sub("", answer["html"])


def inline_maths(translator, math):
    translator.body.append(f'<span class="math">{formula(math, display=False)}</span>')
    raise nodes.SkipNode


def display_maths(translator, math):
    translator.body.append(translator.starttag(math, "div", CLASS="math"))
    if math["number"]:
        translator.body.append(f'<span class="eqno">({katex.get_node_equation_number(translator, math)})')
        translator.add_permalink_ref(math, "Link to this equation")
        translator.body.append("</span>")
    translator.body.append(f'<div class="bk-equation" tabindex="0">{formula(math, display=True)}</div></div>')
    raise nodes.SkipNode
