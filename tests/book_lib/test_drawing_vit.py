"""The drawing of ViT and its CNN: its shapes are those of a run, one part is lit at a time, texts stay inside."""

import re

import pytest
import torch
from test_drawing import SVG, tree, written

from book_lib.pictures.drawing import DRAWINGS, Drawing
from book_lib.pictures.drawings.vit import SHAPES
from book_lib.vision.cnn import CNN
from book_lib.vision.patches import patchify
from book_lib.vision.vit import ViT

LAYOUTS = [(size, layout) for size, layouts in DRAWINGS["vit"]["layouts"].items() for layout in layouts]
LIT = {
    "patches": {"picture", "patchify", "patches", "linear"},
    "tokens": {"class token", "positions"},
    "encoder": {"encoder: n blocks", "self-attention, add", "MLP, add"},
    "head": {"class token alone", "softmax", "one class"},
    "cnn": {"the CNN it is compared with", "3 × 3 conv", "residual stages", "mean"},
}


def test_the_shapes_are_those_of_a_run():
    b, h, w, c, p, d_model, n_classes = 4, 48, 40, 2, 8, 36, 7
    n = h * w // p**2
    picture = torch.rand(b, c, h, w)
    model = ViT(image_size=(h, w), patch_size=p, n_classes=n_classes, n_channels=c, d_model=d_model, n_heads=2, d_ff=8, n_layers=1)
    cnn = CNN(n_classes=n_classes, widths=(24, 48, 80), n_channels=c, stem_stride=2)
    states, maps = model.encode(model.embed(picture))[0], cnn.features(picture)
    run = {"picture": picture, "patches": patchify(picture, p), "embedded": model.patch_embedding(picture), "positions": model.positions,
           "states": states, "class token": states[:, 0], "logits": model.answer(states), "stem": cnn.stem(picture), "last": maps,
           "mean": maps.mean((2, 3))}
    names = {b: "b", h: "h", w: "w", c: "c", n: "n", c * p**2: "c p²", 1 + n: "1 + n", d_model: "d_model", n_classes: "n_classes",
             h // 2: "h/2", w // 2: "w/2", h // 8: "h/8", w // 8: "w/8", 80: "80"}
    shapes = {name: list(tensor.shape) for name, tensor in run.items()}
    told = {name: "[" + ", ".join(names[size] for size in shape) + "]" for name, shape in shapes.items() if name not in ("stem", "last")}
    assert told == {name: shape for name, shape in SHAPES.items() if name not in ("stem", "last")}
    assert shapes["stem"] == [b, 24, h // 2, w // 2] and shapes["last"] == [b, 80, h // 8, w // 8]
    for layout in ("wide", "narrow"):
        assert set(SHAPES.values()) <= set(written(tree(Drawing("vit"), layout)))


@pytest.mark.parametrize("layout", ["wide", "narrow"])
@pytest.mark.parametrize("lit", LIT)
def test_the_part_is_lit_and_the_rest_is_grey(lit, layout):
    groups = [group for group in tree(Drawing("vit", lit=lit), layout).iter(f"{SVG}g") if "bk-d-off" not in group.get("class", "")]
    bright = {line for group in groups for line in written(group)}
    others = set().union(*(said for name, said in LIT.items() if name != lit))
    assert LIT[lit] <= bright and not bright & (others - LIT[lit])


@pytest.mark.parametrize(("size", "layout"), LAYOUTS)
@pytest.mark.parametrize("lit", ["all", "cnn"])
def test_texts_stay_inside_the_drawing(size, layout, lit):
    """Letters of 14 px are about 7.2 px wide, what stands between them 4."""
    root = tree(Drawing("vit", lit=lit, size=size), layout)
    for element in root.iter(f"{SVG}text"):
        said, x = "".join(element.itertext()), float(element.get("x"))
        between = len(re.findall(r"[,./ \[\]]", said))
        width = 7.2 * (len(said) - between) + 4 * between
        left = x if "bk-d-left" in element.get("class", "") else x - width / 2
        assert left >= -2 and left + width <= float(root.get("width")) + 2, (layout, said)
