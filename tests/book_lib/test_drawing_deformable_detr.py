"""The drawing of Deformable DETR beside DETR: shapes are those of both models of the papers, and what differs can be lit."""

import re

import pytest
import torch
from test_drawing import SVG, tree, written

from book_lib.detection.backbone import ResNet
from book_lib.detection.deformable import DeformableDETR
from book_lib.detection.detr import DETR
from book_lib.pictures.drawing import DRAWINGS, Drawing
from book_lib.pictures.drawings.deformable_detr import SHAPES

LIT = {
    "levels": set(), "encoder": {"encoder", "memory"}, "decoder": {"decoder", "memory"}, "reference": {"reference point"},
    "heads": {"class", "box", "softmax", "sigmoid"}, "matching": {"matching", "focal class cost"},
}


def numbers(shape, **sizes):
    """A drawn shape with its letters replaced: "[B, 256, H/8, W/8]" becomes [1, 256, 16, 32]."""
    spelled = re.sub(r"/(\d+)(?=[,\]])", r"//\1", shape.replace("HW/32²", "H*W//32**2"))
    return eval(spelled, {"__builtins__": {}}, sizes)


def test_the_shapes_are_those_of_the_models_of_the_papers():
    sizes = {"B": 1, "H": 128, "W": 192, "N": 16 * 24 + 8 * 12 + 4 * 6 + 2 * 3}
    detr, deformable = DETR(ResNet(), n_classes=91).eval(), DeformableDETR(ResNet(), n_classes=91).eval()
    images = torch.randn(1, 3, 128, 192)
    with torch.no_grad():
        features, real, code = detr.features(images)
        memory, _ = detr.encode(features, real, code)
        states, _, _ = detr.decode(memory, real, code)
        logits, boxes = detr.answer(states[-1])
        maps = deformable.maps(images)
        levels = [level.transpose(1, 2).unflatten(2, shape)
                  for level, shape in zip(maps.tokens.split([h * w for h, w in maps.shapes], 1), maps.shapes, strict=True)]
        output, sampling = deformable.sampling(images)
    run = {"image": images, "features": features, "memory": memory, "queries": detr.queries, "states": states[-1], "logits": logits,
           "boxes": boxes, "finest": levels[0], "coarsest": levels[-1], "four maps": maps.tokens, "double queries": deformable.queries,
           "reference": sampling.references[0], "more states": torch.empty(1, deformable.n_queries, deformable.queries.size(1) // 2),
           "more logits": output.logits[-1], "more boxes": output.boxes[-1]}
    assert {name: list(tensor.shape) for name, tensor in run.items()} == {name: numbers(shape, **sizes) for name, shape in SHAPES.items()}
    for model in (detr, deformable):
        assert len(model.encoder_layers) == len(model.decoder_layers) == 6          # as "× 6" says
    assert len(maps.shapes) == 4


@pytest.mark.parametrize("layout", ["wide", "narrow"])
def test_every_shape_stands_in_the_drawing(layout):
    lines = written(tree(Drawing("deformable_detr"), layout))
    shapes = {shape for name, shape in SHAPES.items() if layout == "narrow" or not name.endswith("states")}
    assert shapes <= set(lines) and {"DETR", "Deformable DETR"} <= set(lines) and lines.count("× 6") == 4
    assert lines.count("deformable attention") == 2 and lines.count("self-attention") == 3 and lines.count("cross-attention") == 1


@pytest.mark.parametrize("layout", ["wide", "narrow"])
@pytest.mark.parametrize("lit", LIT)
def test_the_part_is_lit_in_both_models_and_the_rest_is_grey(lit, layout):
    root = tree(Drawing("deformable_detr", lit=lit), layout)
    bright = [line for part in root.iter(f"{SVG}g") if "bk-d-off" not in part.get("class", "") for line in written(part)]
    assert LIT[lit] <= set(bright) and (set().union(*LIT.values()) - LIT[lit] - {"memory"}).isdisjoint(bright)
    if lit in ("encoder", "decoder", "matching"):
        assert bright.count(lit) == 2


@pytest.mark.parametrize("layout", ["wide", "narrow"])
def test_what_differs_can_be_lit_alone(layout):
    root = tree(Drawing("deformable_detr", lit="different"), layout)
    bright = {line for part in root.iter(f"{SVG}g") if "bk-d-off" not in part.get("class", "") for line in written(part)}
    assert {"deformable attention", "reference point", "sigmoid", "softmax", SHAPES["finest"], "focal class cost"} <= bright
    assert {"CNN", SHAPES["image"]}.isdisjoint(bright)


def test_texts_stay_inside_the_drawing():
    """Letters of 14 px are about 7.2 px wide, what stands between them 4."""
    assert DRAWINGS["deformable_detr"]["parts"] == (*LIT, "different")
    for size, layouts in DRAWINGS["deformable_detr"]["layouts"].items():
        for layout in layouts:
            root = tree(Drawing("deformable_detr", size=size), layout)
            for element in root.iter(f"{SVG}text"):
                said, x = "".join(element.itertext()), float(element.get("x"))
                between = len(re.findall(r"[,./ \[\]]", said))
                width = 7.2 * (len(said) - between) + 4 * between
                left = x if "bk-d-left" in element.get("class", "") else x - width / 2
                assert left >= -2 and left + width <= float(root.get("width")) + 2, (layout, said)
