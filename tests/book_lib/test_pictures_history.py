"""pictures/history.py: pictures that say what the library does, and keep what every picture keeps."""

import pytest
from matplotlib.patches import Rectangle
from picture_checks import check_picture

from book_lib.detection import criterion
from book_lib.pictures import history as draw
from book_lib.pictures.style import svg

TOKENS = ["动 dòng, to move", "物 wù, thing", "太 tài, too", "累 lèi, tired"]
COUNTS = {"pixels": 727_267_840_000, "igpt": 1_048_576, "vit": 38_809}
CURVES = {"look back": {10: [[1, 0.8], [1, 0.7]], 40: [[1, 0.9], [1, 1.0]]}, "wide": {10: [[1, 0.5]], 40: [[1, 0.6]]},
          "narrow": {10: [[1, 0.3]], 40: [[1, 0.4]]}}
FIGURES = {
    "looks": lambda: draw.looks({"tired": [0.49, 0.47, 0.04, 0, 0], "wide": [0, 0.02, 0.07, 0.03, 0]}, TOKENS),
    "pairs": lambda: draw.pairs(COUNTS),
    "pipelines": draw.pipelines,
    "letters": lambda: draw.letters_repeated(CURVES),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_picture_follows_the_page(name):
    check_picture(FIGURES[name], "history", given={*TOKENS, "tired", "wide", "10⁴", *(f"{count:,}" for count in COUNTS.values())})


def test_each_bar_stands_beside_its_character_and_padding_is_left_out():
    figure = FIGURES["looks"]()
    left, right = figure.axes
    assert [label.get_text() for label in left.get_yticklabels()] == TOKENS and left.get_ylim() == right.get_ylim()
    assert [[round(bar.get_width()) for bar in axes.patches] for axes in figure.axes] == [[49, 47, 4, 0], [0, 2, 7, 3]]
    assert [text.get_text() for axes in figure.axes for text in axes.texts] == ["49", "47", "7"]


def test_no_warning_about_letters_that_only_the_page_has(recwarn):
    svg(FIGURES["looks"]())
    assert [str(warning.message) for warning in recwarn if "Glyph" in str(warning.message)] == []


def test_the_bars_of_pairs_are_their_counts():
    axes, = FIGURES["pairs"]().axes
    assert [bar.get_width() for bar in axes.patches] == list(COUNTS.values()) and axes.get_xscale() == "log"


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


def test_yolov3_ignores_as_its_paper_says():
    ignored = draw.WORDS["parts"]["assignment"]["cells"][draw.WORDS["detectors"].index("YOLOv3")]
    assert "anchor" in ignored and "0.5" in ignored


def test_every_start_is_a_line_dashed_after_the_shorter_training():
    axes, = FIGURES["letters"]().axes
    lines = [(line.get_linestyle(), [round(share) for share in line.get_ydata()]) for line in axes.lines]
    assert lines == [("--", [100, 80]), ("--", [100, 70]), ("-", [100, 90]), ("-", [100, 100]), ("--", [100, 50]), ("-", [100, 60]),
                     ("--", [100, 30]), ("-", [100, 40])]
