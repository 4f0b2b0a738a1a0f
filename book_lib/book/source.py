"""Show the library's own source in a chapter, so that the code read is the code run."""

import ast
import inspect
from html import escape
from textwrap import dedent

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer


class Source:
    """Source text that a notebook shows highlighted and a terminal shows plain."""

    def __init__(self, text, file, *, whole=False):
        self.text, self.file, self.whole = text, file, whole

    def __repr__(self):
        return self.text

    def _repr_html_(self):
        code = highlight(self.text, PythonLexer(), HtmlFormatter(nobackground=True))
        kind = "bk-source bk-source-whole" if self.whole else "bk-source"
        return f'<div class="{kind}"><div class="bk-source-file">{escape(self.file)}</div>{code}</div>'


def show_source(*objects, code_only=False, leave_out=()):
    """Show the source of functions, methods, classes or a module, docstrings included, as it stands in their file.

    Several objects of one file come in one box. code_only leaves the docstrings out and lets the page show every line without scrolling;
    leave_out names methods to leave out of it. Raises ValueError for an object that has no Python source, such as a built-in, for objects
    of several files, and for a method that is not there.
    """
    texts, files = zip(*(_source(obj) for obj in objects), strict=True)
    if len(set(files)) > 1:
        raise ValueError(f"show_source got objects of {sorted(set(files))}, expected one file")
    text = "\n\n\n".join(texts)
    return Source(_code_alone(text, set(leave_out)) if code_only else text, files[0], whole=code_only)


def _source(obj):
    try:
        text = dedent(inspect.getsource(obj)).rstrip()
        module = inspect.getmodule(obj).__name__
    except (TypeError, OSError, AttributeError):
        raise ValueError(f"show_source got {obj!r}, which has no Python source; give it a function, class or module") from None
    return text, f"{module.replace('.', '/')}.py"


def _code_alone(text, leave_out):
    """The lines of a source without its docstrings and without the methods named; no line is changed."""
    lines, gone, found = text.splitlines(), set(), set()
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            continue
        first = node.body[0]
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
            gone |= set(range(first.lineno, first.end_lineno + 1))
            if isinstance(node, ast.ClassDef):
                gone |= {first.end_lineno + 1}                               # the empty line between a class's docstring and its code
        if node.name in leave_out:
            found.add(node.name)
            gone |= set(range(node.lineno, node.end_lineno + 2))
    if missing := leave_out - found:
        raise ValueError(f"leave_out names {sorted(missing)}, which the source does not have")
    return "\n".join(line for number, line in enumerate(lines, start=1) if number not in gone)
