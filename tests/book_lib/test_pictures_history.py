"""figures/history.py: pictures that say what the library does, readably and within their weight."""

import io

import matplotlib
import pytest
from matplotlib.patches import FancyBboxPatch

from book_lib.detection import criterion
from book_lib.pictures import history as draw

TOKENS = ["moving", "thing", "too", "tired"]
FIGURES = {
    "looks": lambda: draw.looks({"tired": [0.49, 0.47, 0.04, 0, 0], "wide": [0, 0.02, 0.07, 0.03, 0]}, {"tired": TOKENS, "wide": TOKENS}),
    "pipelines": draw.pipelines,
}


def texts(figure):
    return [text.get_text() for text in figure.findobj(matplotlib.text.Text) if text.get_text()]


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_of_column_width_and_light(name):
    figure, file = FIGURES[name](), io.BytesIO()
    figure.savefig(file, dpi=200)
    assert figure.get_figwidth() == 7.2 and 5_000 < len(file.getvalue()) < 250_000


def test_bars_that_count_are_named_and_padding_is_left_out():
    figure = FIGURES["looks"]()
    assert {"0.49", "0.47", "0.07"} <= set(texts(figure))
    assert "0.04" not in texts(figure) and [len(axes.patches) for axes in figure.axes] == [4, 4]


def test_words_of_the_pipelines_stay_in_their_boxes_and_on_the_paper():
    figure = draw.pipelines()
    figure.draw_without_rendering()
    boxes = [patch.get_window_extent() for patch in figure.findobj(FancyBboxPatch)]
    words = [text for text in figure.axes[0].texts if text.get_ha() == "center" and text.get_text() not in draw.DETECTORS]
    inside = [text.get_window_extent() for text in words]
    assert len(boxes) == len(inside) == 3 * len(draw.PARTS) + len(draw.KINDS)
    for box, words in zip(boxes, inside, strict=True):
        assert box.x0 < words.x0 and words.x1 < box.x1 and box.y0 < words.y0 and words.y1 < box.y1
    for piece in (*boxes, *(text.get_window_extent() for text in figure.axes[0].texts)):
        assert figure.bbox.x0 <= piece.x0 and piece.x1 <= figure.bbox.x1 and piece.y0 >= figure.bbox.y0


def test_the_hand_set_numbers_of_detr_are_those_of_the_library():
    words = {name: cells[-1][1] for name, _, cells in draw.PARTS}
    weights = [criterion.WEIGHTS[name] for name in ("classes", "boxes", "giou")]
    assert "weights " + ", ".join(f"{weight:g}" for weight in weights) in words["which answer for\nwhich object"]
    assert f"{criterion.NO_OBJECT:g}" in words["trained on"]


def test_detr_keeps_three_numbers_and_no_rule():
    kinds = {name: cells[-1][0] for name, _, cells in draw.PARTS}
    assert [name for name, kind in kinds.items() if kind == "number"] == ["templates", "which answer for\nwhich object", "trained on"]
    assert "rule" not in kinds.values()
