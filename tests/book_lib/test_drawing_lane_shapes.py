"""The drawings of the last chapter: shapes are those of the networks, what differs is lit, and one row each for the models of the book."""

import re

import pytest
from test_drawing import SVG, tree, written

from book_lib.pictures.drawing import DRAWINGS, Drawing
from book_lib.pictures.drawings.lane_shapes import SHAPES
from book_lib.pictures.drawings.one_language import MODELS, PAIRS
from book_lib.pictures.words import words_of

LIT = {
    "backbone": {"50 layers", "small"},
    "encoder": {"encoder"},
    "decoder": {"decoder", "object queries", "lane queries"},
    "heads": {"box", "own"},
    "shared": {"shared", "mean"},
    "matching": {"−p, L1, GIoU", "−p, curve, ends"},
}
BOTH = [(name, size, layout) for name in ("lane_shapes", "one_language")
        for size, layouts in DRAWINGS[name]["layouts"].items() for layout in layouts]


def bright(root):
    return {line for part in root.iter(f"{SVG}g") if "bk-d-off" not in part.get("class", "") for line in written(part)}


@pytest.mark.parametrize("layout", ["wide", "narrow"])
def test_every_shape_stands_in_the_drawing(layout):
    lines = set(written(tree(Drawing("lane_shapes"), layout)))
    named = {SHAPES[name] for name in SHAPES if layout == "narrow" or name not in ("states", "lane states")}
    assert named <= lines and {"DETR", "LSTR", "× 6", "× 2"} <= lines


@pytest.mark.parametrize("layout", ["wide", "narrow"])
@pytest.mark.parametrize("lit", LIT)
def test_the_part_is_lit_and_the_rest_is_grey(lit, layout):
    said = bright(tree(Drawing("lane_shapes", lit=lit), layout))
    assert LIT[lit] <= said and (set().union(*LIT.values()) - LIT[lit]) & said == set()
    assert DRAWINGS["lane_shapes"]["parts"] == (*LIT, "different")


@pytest.mark.parametrize("layout", ["wide", "narrow"])
def test_all_that_differs_is_lit_together(layout):
    said = bright(tree(Drawing("lane_shapes", lit="different"), layout))
    assert set().union(*LIT.values()) <= said and "memory" not in said


@pytest.mark.parametrize("layout", ["wide", "narrow"])
@pytest.mark.parametrize("model", MODELS)
def test_one_model_is_lit_and_every_model_says_four_things(model, layout):
    words = words_of("drawing.one_language", "en")
    said = bright(tree(Drawing("one_language", lit=model), layout))
    assert said >= {words["names"][model], *words[model]} and len(words[model]) == len(words["columns"])
    assert not {words["names"][other] for other in MODELS if other != model} & said


def test_a_pairing_has_no_truth_left_over_and_a_matching_no_truth_twice():
    for kind, (truths, pairs) in PAIRS.items():
        assert {truth for _, truth in pairs} == set(range(truths)) and len({answer for answer, _ in pairs}) == len(pairs)
        assert (len(pairs) > truths) == (kind == "by rule")


@pytest.mark.parametrize(("name", "size", "layout"), BOTH)
def test_texts_stay_inside_the_drawing(name, size, layout):
    """Letters of 14 px are about 7.2 px wide, what stands between them 4."""
    root = tree(Drawing(name, size=size), layout)
    for element in root.iter(f"{SVG}text"):
        said, x = "".join(element.itertext()), float(element.get("x"))
        between = len(re.findall(r"[,./ \[\]]", said))
        width = 7.2 * (len(said) - between) + 4 * between
        left = x if "bk-d-left" in element.get("class", "") else x - width / 2
        assert left >= -2 and left + width <= float(root.get("width")) + 2, (layout, said)
