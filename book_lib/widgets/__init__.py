"""The book's interactive figures: live in Jupyter through anywidget, and in the built page through site/mount.js."""

from book_lib.widgets.attention_by_hand import AttentionByHand
from book_lib.widgets.base import STYLE, InteractiveFigure, module_source
from book_lib.widgets.position_code import PositionCode
from book_lib.widgets.shuffle_the_sentence import ShuffleTheSentence
from book_lib.widgets.similarity_by_offset import SimilarityByOffset

FIGURES = (AttentionByHand, PositionCode, ShuffleTheSentence, SimilarityByOffset)
NAMES = tuple(figure.name for figure in FIGURES)

__all__ = ["NAMES", "STYLE", "AttentionByHand", "InteractiveFigure", "PositionCode", "ShuffleTheSentence", "SimilarityByOffset", "module_source"]
