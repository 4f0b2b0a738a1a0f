"""What the theme gets wrong on a page, mended: scripts the page has no use for, roles no browser knows, files nobody asks for."""

import html
import re
import shutil
from pathlib import Path

# A script or style sheet is kept when its page has what it serves.
USES = {
    "clipboard.min.js": "<pre",
    "copybutton": "<pre",
    "togglebutton.": "dropdown",
    "togglebuttonSelector": "dropdown",
    "toggleHintShow": "dropdown",
    "toggleHintHide": "dropdown",
    "toggleOpenOnPrint": "dropdown",
    "design-tabs.js": "sd-tab",
    "sphinx-design": "sd-",
    "terms.js": "bk-cards",
    "equations.js": "bk-equation",
    "exercise.css": "exercise",
    "mystnb": "cell",
    "pygments.css": "<pre",
}
NEVER = ("thebe", "THEBE", "require", "embed-amd")
# Sphinx writes roles of the retired part of DPUB-ARIA, a list whose items are not list items, and headers that name nothing.
MENDED = (
    ('role="doc-biblioentry"', 'role="listitem"'),
    ('role="doc-backlink"', ""),
)
UNUSED_FILES = ("_static/**/*.map", "_static/scripts/fontawesome.js*", "_static/scripts/bootstrap.js*", "_static/vendor/fontawesome",
                "_static/sphinx-thebe.*", "_static/locales", "_static/jquery*.js", "_static/_sphinx_javascript_frameworks_compat.js")


LONG = 84                                                                    # characters that a block of code holds on a wide page
WRAPPED = 92                                                                 # and where a line of it goes on below
SENTENCE = 28
TABLE = re.compile(r'<table class="table.*?</table>', re.DOTALL)
PLAIN = ("n", "nn", "nx", "p", "w")                        # classes of code in the colour of the text
TOKEN = re.compile(r'<span class="(\w+)">([^<]*)</span>')
ALIKE = re.compile(r'<span class="(\w+)">[^<\n]*</span>(?: *<span class="\1">[^<\n]*</span>)+')
INNER = re.compile(r'</span>(?= *<span)|(?<!^)<span class="\w+">')
THEBE = re.compile(r'\s*<script type="text/x-thebe-config">.*?</script>\s*<script>kernelName = [^<]*</script>', re.DOTALL)
CODE = re.compile(r"<pre><span></span>(.*?)</pre>", re.DOTALL)


def setup(app):
    app.connect("html-page-context", mend_page, priority=900)
    app.connect("env-updated", pages_with_old_navigation)
    app.connect("build-finished", remove_unused_files, priority=300)


def pages_with_old_navigation(app, env):
    """All pages, when the order of the book or a title changed since the last build: every side bar shows them."""
    titles = {page: title.astext() for page, title in env.titles.items()}
    navigation = titles, {page: list(inside) for page, inside in env.toctree_includes.items()}
    changed = navigation != getattr(env, "book_navigation", None)
    env.book_navigation = navigation
    return list(env.found_docs) if changed else []


def mend_page(app, pagename, templatename, context, doctree):
    body = context.get("body", "")
    for wrong, right in MENDED:
        body = body.replace(wrong, right)
    body = re.sub(r"<th\b[^>]*>(?:\s|</?p/?>)*</th>", "<td></td>", body)
    body = TABLE.sub(lambda table: prose_table(table[0]), body)
    body = re.sub(r"<p>(<strong>(?:Figure|Table) L?\d+\.\d+\.</strong>)", r'<p class="bk-numbered">\1', body)
    if "body" in context:
        context["body"] = CODE.sub(block_of_code, body)
        context["body"] = THEBE.sub("", context["body"])
    for kind in ("script_files", "css_files"):
        context[kind][:] = wanted(context[kind], body)
    if pagename != "search":                                                 # whose own script waits for nothing
        context["script_files"][:] = map(deferred, context["script_files"])


def prose_table(table):
    """Mark a table whose cells hold sentences: on a phone it keeps columns that can be read, and scrolls."""
    longest = max((len(re.sub(r"<[^>]+>", "", cell)) for cell in re.findall(r"<td>.*?</td>", table, re.DOTALL)), default=0)
    return table.replace('class="table', 'class="bk-prose table', 1) if longest > SENTENCE else table


def block_of_code(block):
    """A block of code in few spans, and how many lines it has: so high it is before it is drawn."""
    lines = [hanging(line) for line in few_spans(block[1]).split("\n")]
    lengths = [len(html.unescape(re.sub(r"<[^>]+>", "", line))) for line in lines]
    height = sum(1 + (length - 1) // WRAPPED if length else 1 for length in lengths) - (lengths[-1] == 0)
    return f'<pre style="--lines:{height}">{chr(10).join(lines)}</pre>'


def few_spans(code):
    """Highlighted code without spans for what has the colour of the text, and with one where neighbours are of the same class."""
    code = TOKEN.sub(lambda token: token[2] if token[1] in PLAIN else token[0], code)
    return ALIKE.sub(lambda run: INNER.sub("", run[0][:-7]) + run[0][-7:], code)


def deferred(script):
    """A script that waits until the page is read; all keep their order. A module waits, too, and sees what classic scripts declare."""
    if script.filename:
        waits = {"defer": "defer"}
    else:
        waits = {"type": "module"} if script.attributes.get("body", "").startswith("DOCUMENTATION_OPTIONS.") else {}
    return type(script)(script.filename, priority=script.priority, **(script.attributes | waits))     # pages share the first one


def hanging(line):
    """A line of code too long for its block, so marked up that what has to wrap is indented under its beginning."""
    text = html.unescape(re.sub(r"<[^>]+>", "", line))
    if len(text) <= LONG or line.count("<span") != line.count("</span>"):
        return line
    line = re.sub(r" {3,}(?=<span class=\"c1\">)", "  ", line)
    return f'<span class="bk-long" style="--in:{len(text) - len(text.lstrip()) + 4}ch">{line}</span>'


def wanted(files, body):
    kept, seen = [], set()
    for file in files:
        text = (getattr(file, "filename", None) or "") + getattr(file, "attributes", {}).get("body", "")
        if text in seen or any(word in text for word in NEVER):
            continue
        seen.add(text)
        need = next((need for name, need in USES.items() if name in text), None)
        if need is None or need in body:
            kept.append(file)
    return kept


def remove_unused_files(app, error):
    if error or app.builder.format != "html":
        return
    out = Path(app.outdir)
    for pattern in UNUSED_FILES:
        for path in out.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    pages = {f"{name}.html" for name in {*app.env.found_docs, "genindex", "search", "py-modindex"}}
    for path in out.rglob("*.html"):
        inside = path.relative_to(out)
        if not inside.parts[0].startswith("_") and inside.as_posix() not in pages:
            path.unlink()                                   # left over from a page that is no longer in the book
