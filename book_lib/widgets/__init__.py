"""The book's interactive figures: live in Jupyter through anywidget, and in the built page through site/mount.js."""

from book_lib.widgets.attention_by_hand import AttentionByHand
from book_lib.widgets.base import STYLE, InteractiveFigure, module_source
from book_lib.widgets.quiz import Quiz, read_questions
from book_lib.widgets.sentence_arcs import SentenceArcs
from book_lib.widgets.who_sees_whom import WhoSeesWhom
from book_lib.widgets.why_sqrt_d import WhySqrtD

FIGURES = (AttentionByHand, Quiz, SentenceArcs, WhoSeesWhom, WhySqrtD)
NAMES = tuple(figure.name for figure in FIGURES)

__all__ = [
    "FIGURES",
    "NAMES",
    "STYLE",
    "AttentionByHand",
    "InteractiveFigure",
    "Quiz",
    "SentenceArcs",
    "WhoSeesWhom",
    "WhySqrtD",
    "module_source",
    "read_questions",
]
