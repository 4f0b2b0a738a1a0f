"""The drawing of Image GPT: its shapes are those of a run, one part is lit at a time, texts stay inside."""

import re

import pytest
import torch
from test_drawing import SVG, tree, written

from book_lib.pictures.drawing import DRAWINGS, Drawing
from book_lib.pictures.drawings.image_gpt import SHAPES
from book_lib.vision.igpt import IGPT
from book_lib.vision.palette import nearest_colour

LAYOUTS = [(size, layout) for size, layouts in DRAWINGS["image_gpt"]["layouts"].items() for layout in layouts]
LIT = {
    "palette": {"picture", "palette"},
    "order": {"pixels, row by row"},
    "start": {"shift by one", "start token", "embed", "positions"},
    "blocks": {"6 blocks", "causal self-attention, add"},
    "output": {"linear", "logits", "softmax", "next pixel", "draw a level"},
}


def test_the_shapes_are_those_of_a_run():
    b, h, w, d_model, n_colours = 2, 3, 5, 8, 7
    names = {b: "b", h: "h", w: "w", h * w: "n", d_model: "d_model", n_colours: "n_colours"}
    picture = torch.rand(b, h, w)
    pixels = nearest_colour(picture[..., None], torch.linspace(0, 1, n_colours)[:, None]).flatten(1)
    model = IGPT(n_colours=n_colours, n_pixels=h * w, d_model=d_model, n_heads=2, n_layers=3)
    states = model.hidden(pixels)
    run = {"picture": picture, "pixels": pixels, "embedded": states[0], "positions": model.positions, "states": states[-1],
           "logits": model(pixels)}
    assert {name: "[" + ", ".join(names[size] for size in tensor.shape) + "]" for name, tensor in run.items()} == SHAPES
    for layout in ("wide", "narrow"):
        lines = written(tree(Drawing("image_gpt"), layout))
        assert {SHAPES[name] for name in SHAPES if layout == "narrow" or name != "positions"} <= set(lines)


@pytest.mark.parametrize("layout", ["wide", "narrow"])
@pytest.mark.parametrize("lit", LIT)
def test_the_part_is_lit_and_the_rest_is_grey(lit, layout):
    groups = [group for group in tree(Drawing("image_gpt", lit=lit), layout).iter(f"{SVG}g") if "bk-d-off" not in group.get("class", "")]
    bright = {line for group in groups for line in written(group)}
    others = set().union(*(said for name, said in LIT.items() if name != lit))
    assert LIT[lit] <= bright and not bright & (others - LIT[lit])


@pytest.mark.parametrize(("size", "layout"), LAYOUTS)
def test_texts_stay_inside_the_drawing(size, layout):
    """Letters of 14 px are about 7.2 px wide, what stands between them 4."""
    root = tree(Drawing("image_gpt", size=size), layout)
    for element in root.iter(f"{SVG}text"):
        said, x = "".join(element.itertext()), float(element.get("x"))
        between = len(re.findall(r"[,./ \[\]]", said))
        width = 7.2 * (len(said) - between) + 4 * between
        left = x if "bk-d-left" in element.get("class", "") else x - width / 2
        assert left >= -2 and left + width <= float(root.get("width")) + 2, (layout, said)
