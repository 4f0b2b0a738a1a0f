"""pictures/history.py: pictures that say what the library does, and keep what every picture keeps."""

import pytest
from matplotlib.patches import Rectangle
from picture_checks import check_picture, texts

from book_lib.detection import criterion
from book_lib.pictures import history as draw

TOKENS = ["moving", "thing", "too", "tired"]
FIGURES = {
    "looks": lambda: draw.looks({"tired": [0.49, 0.47, 0.04, 0, 0], "wide": [0, 0.02, 0.07, 0.03, 0]}, {"tired": TOKENS, "wide": TOKENS}),
    "pipelines": draw.pipelines,
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_picture_follows_the_page(name):
    check_picture(FIGURES[name], "history", given={*TOKENS, "tired", "wide"})


def test_bars_that_count_are_named_and_padding_is_left_out():
    figure = FIGURES["looks"]()
    assert {".49", ".47", ".07"} <= set(texts(figure))
    assert ".04" not in texts(figure) and [len(axes.patches) for axes in figure.axes] == [4, 4]


def test_words_of_the_pipelines_stay_in_their_boxes():
    figure = draw.pipelines()
    figure.draw_without_rendering()
    boxes = [patch.get_window_extent() for patch in figure.axes[0].patches if isinstance(patch, Rectangle)]
    cells = [text.get_window_extent() for text in figure.axes[0].texts if text.get_ha() == "center"][len(draw.WORDS["detectors"]):]
    assert len(boxes) == len(cells) == 3 * len(draw.PARTS) + len(draw.KINDS)
    for box, words in zip(boxes, cells, strict=True):
        assert box.x0 < words.x0 and words.x1 < box.x1 and box.y0 < words.y0 and words.y1 < box.y1


def test_the_hand_set_numbers_of_detr_are_those_of_the_library():
    words = {name: part["cells"][-1] for name, part in draw.WORDS["parts"].items()}
    weights = [criterion.WEIGHTS[name] for name in ("classes", "boxes", "giou")]
    assert "weights " + ", ".join(f"{weight:g}" for weight in weights) in words["assignment"]
    assert f"{criterion.NO_OBJECT:g}" in words["trained on"]


def test_detr_keeps_three_numbers_and_no_rule():
    kinds = {name: kinds[-1] for name, kinds in draw.PARTS.items()}
    assert [name for name, kind in kinds.items() if kind == "number"] == ["templates", "assignment", "trained on"]
    assert "rule" not in kinds.values()
