"""Show the library's own source in a chapter, so that the code read is the code run."""

import inspect
from html import escape
from textwrap import dedent

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer


class Source:
    """Source text that a notebook shows highlighted and a terminal shows plain."""

    def __init__(self, text, file):
        self.text, self.file = text, file

    def __repr__(self):
        return self.text

    def _repr_html_(self):
        code = highlight(self.text, PythonLexer(), HtmlFormatter(nobackground=True))
        return f'<div class="bk-source"><div class="bk-source-file">{escape(self.file)}</div>{code}</div>'


def show_source(obj):
    """Show the source of a function, method, class or module, docstring included, as it stands in its file.

    Raises ValueError for an object that has no Python source, such as a built-in.
    """
    try:
        text = dedent(inspect.getsource(obj)).rstrip()
        module = inspect.getmodule(obj).__name__
    except (TypeError, OSError, AttributeError):
        raise ValueError(f"show_source got {obj!r}, which has no Python source; give it a function, class or module") from None
    return Source(text, f"{module.replace('.', '/')}.py")
