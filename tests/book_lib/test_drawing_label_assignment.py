"""The drawing of label assignment: its shapes are those of an assigner, and each part can be lit."""

import re

import pytest
import torch
from test_drawing import SVG, tree, written

from book_lib.detection.backbone import SmallCNN
from book_lib.detection.priors import anchor_shapes, make_anchors
from book_lib.detection.pyramid import STRIDES, PyramidDetector
from book_lib.experiments.side_by_side import Answers, assign_by
from book_lib.pictures.drawing import DRAWINGS, Drawing
from book_lib.pictures.drawings.label_assignment import SHAPES

LIT = {
    "priors": {"three levels", "priors"},
    "predictions": {"CNN", "head", "scores", "boxes"},
    "rule": {"rule", "objects", "overlap?"},
    "answers": {"labels", "positive", "ignored"},
    "loss": {"loss"},
}


@torch.no_grad()
def test_the_shapes_are_those_of_a_detector_and_its_rule():
    priors = make_anchors((64, 64), STRIDES, [anchor_shapes(2 * stride) for stride in STRIDES])
    logits, _, _, boxes = PyramidDetector(SmallCNN((8, 8, 16, 16)), n_classes=3, d_model=16)(torch.rand(1, 3, 64, 64), priors)
    target = {"labels": torch.tensor([0, 2]), "boxes": torch.tensor([[0.4, 0.4, 0.3, 0.3], [0.7, 0.7, 0.2, 0.4]])}
    found = assign_by("sim_ota", target, priors, Answers(logits[0].sigmoid(), None, boxes[0]), n_classes=3)
    run = {"priors": priors.boxes_xyxy, "scores": logits[0], "predicted": boxes[0], "objects": target["boxes"], "served": found.objects}
    sizes = {"p": len(priors), "n": 2, "n_classes": 3}
    assert {name: list(values.shape) for name, values in run.items()} == {
        name: [sizes[part] if part in sizes else int(part) for part in re.findall(r"\w+", shape)] for name, shape in SHAPES.items()}
    assert len(priors.levels.unique()) == 3


@pytest.mark.parametrize("layout", ["wide", "narrow"])
def test_every_shape_stands_in_the_drawing(layout):
    lines = written(tree(Drawing("label_assignment"), layout))
    assert set(SHAPES.values()) <= set(lines) and {"positive", "negative", "ignored"} <= set(lines)


@pytest.mark.parametrize("layout", ["wide", "narrow"])
@pytest.mark.parametrize("lit", LIT)
def test_the_part_is_lit_and_the_rest_is_grey(lit, layout):
    root = tree(Drawing("label_assignment", lit=lit), layout)
    bright = {line for part in root.iter(f"{SVG}g") if "bk-d-off" not in part.get("class", "") for line in written(part)}
    assert LIT[lit] <= bright
    assert (set().union(*LIT.values()) - LIT[lit]) & bright == set() and DRAWINGS["label_assignment"]["parts"] == tuple(LIT)


def test_texts_stay_inside_the_drawing():
    """Letters of 14 px are about 7.2 px wide, what stands between them 4."""
    for size, layouts in DRAWINGS["label_assignment"]["layouts"].items():
        for layout in layouts:
            root = tree(Drawing("label_assignment", size=size), layout)
            for element in root.iter(f"{SVG}text"):
                said, x = "".join(element.itertext()), float(element.get("x"))
                between = len(re.findall(r"[,./ \[\]]", said))
                width = 7.2 * (len(said) - between) + 4 * between
                left = x if "bk-d-left" in element.get("class", "") else x - width / 2
                assert left >= -2 and left + width <= float(root.get("width")) + 2, (layout, said)
