"""The book's interactive figures: live in Jupyter through anywidget, and in the built page through site/mount.js."""

from book_lib.widgets.attention_by_hand import AttentionByHand
from book_lib.widgets.base import STYLE, InteractiveFigure, module_source
from book_lib.widgets.sentence_arcs import SentenceArcs

FIGURES = (AttentionByHand, SentenceArcs)
NAMES = tuple(figure.name for figure in FIGURES)

__all__ = ["FIGURES", "NAMES", "STYLE", "AttentionByHand", "InteractiveFigure", "SentenceArcs", "module_source"]
