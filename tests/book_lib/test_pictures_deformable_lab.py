"""pictures/deformable_lab.py: every picture draws the numbers it is given, and keeps what every picture keeps."""

import numpy as np
import pytest
import torch
from picture_checks import check_picture, same

from book_lib.data.scenes import make_scenes
from book_lib.pictures import deformable_lab as draw

SCENES = make_scenes(4, seed=5, sides=(64, 72))
COSTS = [{"tokens": n, "dense": n * n + 100 * n, "few": 90 * n, "dense kept": 8 * n * n, "few kept": 50 * n} for n in (85, 340, 1360)]
SCORES = {"AP": 0.5, "AP_small": 0.3, "AP_medium": 0.55, "AP_large": 0.7}
GROUPS = [("deformable", "Deformable, 5 ep.", [SCORES, SCORES | {"AP": 0.52}]), ("detr", "DETR, 20 epochs", [SCORES])]
REACHES = [{"reach": reach, "far": 0.01 * reach, "random": 0.015 * reach} for reach in (4, 8, 16, 32)]
OFFSETS = {name: (40 * torch.randn(50, 3, 4, 2), torch.full((50, 3, 4), 1 / 12)) for name in ("start", "encoder 1", "decoder 1")}
BEYOND = {name: 0.42 for name in OFFSETS}
MISTAKES = [[{"kind": "missed", "label": 2, "box": [5, 5, 20, 20], "score": None}], [], [
    {"kind": "second box", "label": 0, "box": [5, 5, 20, 20], "score": 0.6},
    {"kind": "wrong class", "label": 5, "box": [9, 5, 20, 20], "score": 0.6}], []]
FIGURES = {
    "costs": lambda: draw.costs(COSTS),
    "sizes": lambda: draw.sizes(GROUPS),
    "sizes beside": lambda: draw.sizes(GROUPS, shaded="Deformable, 5 ep."),
    "looks": lambda: draw.looks(OFFSETS, BEYOND),
    "reaches": lambda: draw.reaches(REACHES, 0.7),
    "wrong": lambda: draw.wrong(SCENES, MISTAKES),
}
NAMES = [name for _, name, _ in GROUPS]


@pytest.mark.parametrize("name", FIGURES)
def test_a_picture_follows_the_page(name):
    check_picture(FIGURES[name], "deformable_lab", NAMES)


def test_the_charts_hold_the_numbers_given():
    (axes,) = draw.reaches(REACHES, 0.7).axes
    assert all(same(line.get_ydata(), [row[name] for row in REACHES]) for line, name in zip(axes.lines[1:], ("far", "random"), strict=True))
    panels = draw.sizes(GROUPS).axes
    assert same(panels[0].lines[0].get_xdata(), [0.5, 0.52]) and same(panels[3].lines[1].get_xdata(), [0.7])


def test_the_range_of_one_group_is_shaded_behind_the_others():
    assert not any(axes.patches for axes in draw.sizes(GROUPS).axes)
    (band,), *others = (axes.patches for axes in draw.sizes(GROUPS, shaded="Deformable, 5 ep.").axes)
    assert same([band.get_x(), band.get_x() + band.get_width()], [0.5, 0.52]) and [len(bands) for bands in others] == [1, 1, 1]


def test_places_are_drawn_as_often_as_they_weigh():
    weights = torch.zeros(50, 3, 4)
    weights[:, 1, 2] = 1
    (axes, *_) = draw.looks({"start": (OFFSETS["start"][0], weights)}, BEYOND).axes
    drawn = np.concatenate([line.get_xdata() for line in axes.lines])
    assert len(drawn) == 700 and set(drawn.round(3)) <= set(OFFSETS["start"][0][:, 1, 2, 0].numpy().round(3))
    assert axes.texts[0].get_text() == "42 % beyond"


def test_missed_objects_and_answers_are_boxed():
    panels = draw.wrong(SCENES, MISTAKES).axes
    boxes = [len(scene.labels) + sum(1 + (one["kind"] != "missed") for one in own) for scene, own in zip(SCENES, MISTAKES, strict=True)]
    assert [len(axes.patches) for axes in panels] == boxes, "an answer has a light edge under its line"
    assert panels[0].get_title(loc="left") == "missed: square"
