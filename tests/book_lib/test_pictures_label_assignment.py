"""pictures/label_assignment.py: every picture draws the assignment it is given, and keeps what every picture keeps."""

import numpy as np
import pytest
import torch
from picture_checks import check_picture

from book_lib.data.scenes import CLASSES, make_scenes
from book_lib.detection.assigners.assignment import IGNORED
from book_lib.experiments.assigned_detectors import EPOCHS, RATES, AssignersTable, positives_by_size
from book_lib.experiments.side_by_side import METHODS, assign_by, made_up_answers, priors_of
from book_lib.pictures import label_assignment as draw

SCENES = make_scenes(3, seed=7, size=(80, 80), n_objects=6)


def decided(method, scene=SCENES[0]):
    target, priors = {"labels": torch.from_numpy(scene.labels), "boxes": torch.from_numpy(scene.boxes)}, priors_of(method, scene.size)
    answers = made_up_answers(target, priors, n_classes=len(CLASSES), learnt=0.5)
    return priors, assign_by(method, target, priors, answers, n_classes=len(CLASSES))


TABLE = positives_by_size(SCENES, lambda target, priors: made_up_answers(target, priors, n_classes=len(CLASSES), learnt=0.5))
ROW = {"rule": "retinanet", "width": 1, "epochs": EPOCHS, "lr": RATES[0], "seed": 0, "AP_without_nms": 0.4, "duplicates": 0.3}
TRAINED = AssignersTable([ROW | other | {"scores": {"AP": ap, "AP_small": ap / 2, "AP_medium": ap + 0.1, "AP_large": ap + 0.2}}
                          for ap, other in ((0.5, {}), (0.55, {"seed": 1}), (0.7, {"rule": "fcos"}), (0.6, {"width": 2}))])
OBJECTS = len(SCENES[0].labels)
RESTING = {"FreeAnchor": [[[9.0] * OBJECTS, [3.0] * OBJECTS], [[8.0] * OBJECTS, [2.0] * OBJECTS]],
           "AutoAssign": [[[5.0] * OBJECTS, [4.0] * OBJECTS]]}
FOUR = ("retinanet", "yolo_v1", "fcos", "auto_assign")
FIGURES = {
    "four methods": lambda: draw.decided(SCENES[0], {method: decided(method) for method in FOUR}),
    "one method": lambda: draw.decided(SCENES[0], {"free_anchor": decided("free_anchor")}),
    "positives": lambda: draw.positives(TABLE, {method: method for method in METHODS}),
    "compared": lambda: draw.compared(TRAINED),
    "resting": lambda: draw.resting(RESTING, SCENES[0]),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_picture_follows_the_page(name):
    made_of_words = {*(f"{rule}: priors it rests on" for rule in RESTING), "▼ small objects", "■ medium", "● large"}
    check_picture(FIGURES[name], "label_assignment", given={*METHODS, *TRAINED.lines(), *made_of_words})


@pytest.mark.parametrize("method", METHODS)
def test_every_prior_inside_has_its_mark(method):
    priors, found = decided(method)
    (axes,) = draw.decided(SCENES[0], {method: (priors, found)}).axes
    offsets = [len(cloud.get_offsets()) for cloud in axes.collections]
    inside = ((priors.centres >= 0) & (priors.centres < 80)).all(1)
    if found.positive is None and priors.sides is None:                          # one prior to a place, none drawn twice
        assert sum(offsets[2:]) == int((found.objects[inside] >= 0).sum()) == len(axes.lines)
        assert offsets[0] == int((found.objects[inside] == -1).sum()) and offsets[1] == int((found.objects[inside] == IGNORED).sum())
    assert sum(offsets[2:]) == len(axes.lines) > 0
    assert len(axes.patches) == 2 * len(SCENES[0].labels) and len(axes.texts) == len(found.lost)


def test_positives_are_the_means_of_the_table():
    axes = draw.positives(TABLE, {"fcos": "FCOS", "one_to_one": "one"}).axes[0]
    means = [[np.mean(TABLE[method][size]) for size in ("small", "medium", "large")] for method in ("fcos", "one_to_one")]
    assert np.array([line.get_xdata()[0] for line in axes.lines]).reshape(2, 3) == pytest.approx(np.array(means))


def test_the_comparison_has_a_dot_for_each_start_and_shades_the_yardstick():
    panels = draw.compared(TRAINED).axes
    assert [label.get_text() for label in panels[0].get_yticklabels()] == list(TRAINED.lines())
    for axes, size in zip(panels, ("AP", "AP_small", "AP_medium", "AP_large"), strict=True):
        drawn = [list(line.get_xdata()) for line in axes.lines]
        assert drawn == [[run["scores"][size] for run in runs] for runs in TRAINED.rows.values()]
        (band,) = axes.patches
        assert (band.get_x(), band.get_width()) == pytest.approx((drawn[0][0], drawn[0][1] - drawn[0][0]))


def test_each_object_has_its_line_of_what_its_weights_rest_on():
    panels = draw.resting(RESTING, SCENES[0]).axes
    for axes, starts in zip(panels, RESTING.values(), strict=True):
        drawn = [list(line.get_ydata()) for line in axes.lines]
        assert drawn == [list(values) for epochs in starts for values in zip(*epochs, strict=True)]
