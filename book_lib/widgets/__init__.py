"""The book's interactive figures: live in Jupyter through anywidget, and in the built page through site/mount.js."""

from book_lib.widgets.attention_by_hand import AttentionByHand
from book_lib.widgets.base import STYLE, InteractiveFigure, module_source

FIGURES = (AttentionByHand,)
NAMES = tuple(figure.name for figure in FIGURES)

__all__ = ["NAMES", "STYLE", "AttentionByHand", "InteractiveFigure", "module_source"]
