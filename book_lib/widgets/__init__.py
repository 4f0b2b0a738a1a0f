"""The book's interactive figures: live in Jupyter through anywidget, and in the built page through site/mount.js."""

from book_lib.widgets.attention_by_hand import AttentionByHand
from book_lib.widgets.base import STYLE, InteractiveFigure, module_source
from book_lib.widgets.book_map import BookMap
from book_lib.widgets.causal_mask import CausalMask
from book_lib.widgets.cost_and_score import CostAndScore
from book_lib.widgets.encoder_attention import EncoderAttention, encoder_maps
from book_lib.widgets.follow_the_shapes import FollowTheShapes
from book_lib.widgets.head_explorer import HeadExplorer, attention_example
from book_lib.widgets.hungarian_steps import HungarianSteps
from book_lib.widgets.matching_over_time import MatchingOverTime, matching_run
from book_lib.widgets.one_idea import OneIdea
from book_lib.widgets.position_code import PositionCode
from book_lib.widgets.prune_heads import PruneHeads
from book_lib.widgets.query_explorer import QueryExplorer, explorer
from book_lib.widgets.quiz import Quiz, read_questions
from book_lib.widgets.shuffle_the_sentence import ShuffleTheSentence
from book_lib.widgets.similarity_by_offset import SimilarityByOffset
from book_lib.widgets.split_merge import SplitMerge
from book_lib.widgets.timeline import Timeline
from book_lib.widgets.transformer_walk import TransformerWalk, walk
from book_lib.widgets.who_sees_whom import WhoSeesWhom
from book_lib.widgets.why_sqrt_d import WhySqrtD

FIGURES = (
    AttentionByHand,
    BookMap,
    CausalMask,
    CostAndScore,
    EncoderAttention,
    FollowTheShapes,
    HeadExplorer,
    HungarianSteps,
    MatchingOverTime,
    OneIdea,
    PositionCode,
    PruneHeads,
    QueryExplorer,
    Quiz,
    ShuffleTheSentence,
    SimilarityByOffset,
    SplitMerge,
    Timeline,
    TransformerWalk,
    WhoSeesWhom,
    WhySqrtD,
)
NAMES = tuple(figure.name for figure in FIGURES)

__all__ = [
    "FIGURES",
    "NAMES",
    "STYLE",
    "AttentionByHand",
    "BookMap",
    "CausalMask",
    "CostAndScore",
    "EncoderAttention",
    "FollowTheShapes",
    "HeadExplorer",
    "HungarianSteps",
    "InteractiveFigure",
    "MatchingOverTime",
    "OneIdea",
    "PositionCode",
    "PruneHeads",
    "QueryExplorer",
    "Quiz",
    "ShuffleTheSentence",
    "SimilarityByOffset",
    "SplitMerge",
    "Timeline",
    "TransformerWalk",
    "WhoSeesWhom",
    "WhySqrtD",
    "attention_example",
    "encoder_maps",
    "explorer",
    "matching_run",
    "module_source",
    "read_questions",
    "walk",
]
