"""The drawing of DETR: its shapes are those of the model of the paper, and each part can be lit."""

import re

import pytest
import torch
from test_drawing import SVG, tree, written

from book_lib.detection.backbone import ResNet
from book_lib.detection.detr import DETR
from book_lib.pictures.drawing import DRAWINGS, Drawing
from book_lib.pictures.drawings.detr import SHAPES

ONCE = {"C5", "image", "mask", "queries", "states", "logits", "boxes"}
LIT = {
    "backbone": {"image", "CNN", "C5", "features"},
    "positions": {"mask", "÷ 32", "sine", "position code"},
    "encoder": {"encoder", "memory"},
    "decoder": {"object queries", "decoder", "memory", "states"},
    "heads": {"class", "box", "states"},
    "matching": {"matching", "objects (training)"},
}


def numbers(shape, **sizes):
    """A drawn shape with its letters replaced: "[B, HW/32², 256]" becomes [2, 12, 256]."""
    spelled = shape.replace("HW/32²", "H*W//32**2").replace("/32,", "//32,").replace("/32]", "//32]")
    return eval(spelled, {"__builtins__": {}}, sizes)


def test_the_shapes_are_those_of_the_model_of_the_paper():
    sizes = {"B": 1, "H": 96, "W": 128}
    model = DETR(ResNet(), n_classes=91).eval()
    images, mask = torch.randn(1, 3, 96, 128), torch.ones(1, 96, 128, dtype=torch.bool)
    with torch.no_grad():
        features, real, code = model.features(images, mask)
        memory, _ = model.encode(features, real, code)
        states, _, _ = model.decode(memory, real, code)
        logits, boxes = model.answer(states[-1])
        run = {"image": images, "mask": mask, "C5": model.backbone(images), "features": features, "position code": code,
               "tokens": features.flatten(2).transpose(1, 2), "memory": memory, "queries": model.queries, "states": states[-1],
               "logits": logits, "boxes": boxes}
    assert {name: list(tensor.shape) for name, tensor in run.items()} == {name: numbers(shape, **sizes) for name, shape in SHAPES.items()}
    assert len(model.encoder_layers) == len(model.decoder_layers) == 6          # as "× 6" says


@pytest.mark.parametrize("layout", ["wide", "narrow"])
def test_every_shape_stands_in_the_drawing(layout):
    lines = written(tree(Drawing("detr"), layout))
    assert set(SHAPES.values()) <= set(lines) and [name for name in ONCE if lines.count(SHAPES[name]) != 1] == []
    assert {"upper branch", "lower branch"} <= set(lines) and lines.count("× 6") == 2


@pytest.mark.parametrize("layout", ["wide", "narrow"])
@pytest.mark.parametrize("lit", LIT)
def test_the_part_is_lit_and_the_rest_is_grey(lit, layout):
    root = tree(Drawing("detr", lit=lit), layout)
    bright = {line for part in root.iter(f"{SVG}g") if "bk-d-off" not in part.get("class", "") for line in written(part)}
    drawn = set(written(root))
    assert LIT[lit] & drawn <= bright
    others = set().union(*LIT.values()) - LIT[lit] - {"states", "memory"}
    assert others & bright == set() and DRAWINGS["detr"]["parts"] == tuple(LIT)


def test_texts_stay_inside_the_drawing():
    """Letters of 14 px are about 7.2 px wide, what stands between them 4."""
    for size, layouts in DRAWINGS["detr"]["layouts"].items():
        for layout in layouts:
            root = tree(Drawing("detr", size=size), layout)
            for element in root.iter(f"{SVG}text"):
                said, x = "".join(element.itertext()), float(element.get("x"))
                between = len(re.findall(r"[,./ \[\]]", said))
                width = 7.2 * (len(said) - between) + 4 * between
                left = x if "bk-d-left" in element.get("class", "") else x - width / 2
                assert left >= -2 and left + width <= float(root.get("width")) + 2, (layout, said)


def test_in_the_small_drawing_positions_enter_encoder_and_decoder_and_are_not_added_once():
    root = tree(Drawing("detr", lit="positions", size="small"), "strip")
    (lit,) = [part for part in root.iter(f"{SVG}g") if "bk-d-off" not in part.get("class", "")]
    assert "positions" in written(lit) and sum(mark.get("class") == "bk-d-tip" for mark in lit.iter()) == 2
    assert len(list(root.iter(f"{SVG}circle"))) == 1                         # the picture's disc: there is no sign of an addition
