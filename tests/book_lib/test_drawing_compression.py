"""The drawing of the five ways: its shapes are those of the library's functions, and each part can be lit."""

import re

import pytest
import torch
from test_drawing import SVG, tree, written
from torch import nn

from book_lib.compression import prune_channels, quantise, truncated_svd
from book_lib.pictures.drawing import DRAWINGS, Drawing
from book_lib.pictures.drawings.compression import SHAPES, WAYS


def test_the_shapes_are_those_of_the_library():
    layer, sizes = nn.Linear(6, 8), {"n_out": 8, "n_in": 6, "r": 2, "m": 5, "1": 1}
    left, right = truncated_svd(layer.weight, sizes["r"])
    rows = prune_channels(layer, nn.Linear(8, 3), range(sizes["m"]))[0]
    whole = quantise(layer.weight.detach())
    run = {"W": layer.weight, "left": left, "right": right, "rows": rows.weight, "whole": whole.whole, "scale": whole.scale}
    assert {name: list(values.shape) for name, values in run.items()} == {
        name: [sizes[part] for part in re.findall(r"\w+", shape)] for name, shape in SHAPES.items()}
    assert whole.whole.dtype == torch.int8


@pytest.mark.parametrize("layout", ["wide", "narrow"])
def test_every_way_and_every_shape_stands_in_the_drawing(layout):
    lines = written(tree(Drawing("compression"), layout))
    assert {*WAYS, "W", "weight matrix"} <= set(lines) and all(any(shape in line for line in lines) for shape in SHAPES.values())


@pytest.mark.parametrize("layout", ["wide", "narrow", "strip"])
@pytest.mark.parametrize("lit", WAYS)
def test_the_part_is_lit_and_the_rest_is_grey(lit, layout):
    root = tree(Drawing("compression", lit=lit, size="small" if layout == "strip" else "large"), layout)
    bright = {line for part in root.iter(f"{SVG}g") if "bk-d-off" not in part.get("class", "") for line in written(part)}
    assert lit in bright and not (set(WAYS) - {lit}) & bright and DRAWINGS["compression"]["parts"] == WAYS


def test_texts_stay_inside_the_drawing():
    """Letters of 14 px are about 7.2 px wide, what stands between them 4."""
    for size, layouts in DRAWINGS["compression"]["layouts"].items():
        for layout in layouts:
            root = tree(Drawing("compression", size=size), layout)
            for element in root.iter(f"{SVG}text"):
                said, x = "".join(element.itertext()), float(element.get("x"))
                between = len(re.findall(r"[,./ \[\]]", said))
                width = 7.2 * (len(said) - between) + 4 * between
                left = x if "bk-d-left" in element.get("class", "") else x - width / 2
                assert left >= -2 and left + width <= float(root.get("width")) + 2, (layout, said)
