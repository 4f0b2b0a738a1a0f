"""What every method of label assignment must hold to: on random scenes, in corner cases, and for targets that are wrong."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.assigner_loops import fcos_loop, max_iou_loop
from book_lib.detection.assigners.assignment import IGNORED, NEGATIVE, least
from book_lib.detection.assigners.atss import atss
from book_lib.detection.assigners.auto_assign import auto_assign
from book_lib.detection.assigners.fcos import fcos
from book_lib.detection.assigners.free_anchor import free_anchor
from book_lib.detection.assigners.max_iou import RCNN_HEAD, RETINANET, RPN, SSD, max_iou
from book_lib.detection.assigners.one_to_one import hungarian
from book_lib.detection.assigners.sim_ota import sim_ota
from book_lib.detection.assigners.task_aligned import task_aligned
from book_lib.detection.assigners.yolo_v1 import yolo_v1
from book_lib.detection.assigners.yolo_v2 import yolo_v2
from book_lib.detection.assigners.yolo_v3 import yolo_v3
from book_lib.detection.priors import make_anchors, make_points

SIZE, STRIDES, N_CLASSES = (64, 96), (8, 16, 32), 3
POINTS, CORNERS = make_points(SIZE, STRIDES), make_points(SIZE, STRIDES, offset=0)
SQUARES = make_anchors(SIZE, STRIDES, [[(4 * s, 4 * s)] for s in STRIDES])
SHAPES = make_anchors(SIZE, STRIDES, [[(s, s), (2 * s, s), (s, 2 * s)] for s in STRIDES])
GRID, GRID_ANCHORS = make_points(SIZE, (16,), per_cell=2), make_anchors(SIZE, (16,), [[(12, 12), (24, 16), (16, 30)]])
RANGES = [(-1, 16), (16, 32), (32, 1e8)]
PRIOR = {"means": torch.zeros(N_CLASSES, 2), "deviations": torch.ones(N_CLASSES, 2)}


class Answers:
    """Answers of a network that has learnt a little: boxes near the priors', scores of all sizes, from a seed."""

    def __init__(self, priors, seed):
        generator = torch.Generator().manual_seed(seed)
        n = len(priors)
        self.logits, self.objectness = 2 * torch.randn(n, N_CLASSES, generator=generator), torch.randn(n, generator=generator)
        self.deltas = 0.5 * torch.randn(n, 4, generator=generator)
        half = priors.strides[:, None] * (0.5 + 2 * torch.rand(n, 2, generator=generator))
        self.boxes_xyxy = torch.cat((priors.centres - half, priors.centres + half), dim=1)
        self.shares = torch.rand(n, 4, generator=generator) * 0.4 + 0.1


METHODS = {
    "RPN": lambda target, a: max_iou(target, SHAPES, n_classes=N_CLASSES, **RPN),
    "RPN of mmdetection": lambda target, a: max_iou(target, SHAPES, n_classes=N_CLASSES, least_low_quality=0.3,
                                                    **RPN | {"low_quality": "overwrite"}),
    "head of Faster R-CNN": lambda target, a: max_iou(target, SHAPES, n_classes=N_CLASSES, **RCNN_HEAD),
    "RetinaNet": lambda target, a: max_iou(target, SHAPES, n_classes=N_CLASSES, **RETINANET),
    "SSD": lambda target, a: max_iou(target, SHAPES, n_classes=N_CLASSES, **SSD),
    "YOLOv1": lambda target, a: yolo_v1(target, GRID, a(GRID).boxes_xyxy, n_classes=N_CLASSES),
    "YOLOv2": lambda target, a: yolo_v2(target, GRID_ANCHORS, a(GRID_ANCHORS).boxes_xyxy, n_classes=N_CLASSES),
    "YOLOv3": lambda target, a: yolo_v3(target, SHAPES, n_classes=N_CLASSES),
    "YOLOv3 as published": lambda target, a: yolo_v3(target, SHAPES, a(SHAPES).boxes_xyxy, n_classes=N_CLASSES, ignore_above=0.7),
    "FCOS": lambda target, a: fcos(target, POINTS, n_classes=N_CLASSES, ranges=RANGES),
    "FreeAnchor": lambda target, a: free_anchor(target, SQUARES, a(SQUARES).logits, a(SQUARES).deltas, bag=20),
    "AutoAssign": lambda target, a: auto_assign(target, CORNERS, a(CORNERS).logits, a(CORNERS).objectness, a(CORNERS).boxes_xyxy, **PRIOR),
    "ATSS": lambda target, a: atss(target, SQUARES, n_classes=N_CLASSES),
    "SimOTA": lambda target, a: sim_ota(target, POINTS, a(POINTS).logits.sigmoid(), a(POINTS).boxes_xyxy),
    "task-aligned": lambda target, a: task_aligned(target, POINTS, a(POINTS).logits.sigmoid(), a(POINTS).boxes_xyxy),
    "Hungarian": lambda target, a: hungarian(target, a(POINTS).logits, a(POINTS).shares, classes="sigmoid"),
}
BY_ORDER = {"RPN of mmdetection", "SSD", "YOLOv1", "YOLOv2", "YOLOv3", "YOLOv3 as published", "AutoAssign"}     # documented so
EMPTY = {"labels": torch.zeros(0, dtype=torch.int64), "boxes": torch.zeros(0, 4)}
every = pytest.mark.parametrize("name", METHODS)
scenes = st.tuples(st.integers(0, 10_000), st.integers(1, 12), st.sampled_from([0.02, 0.2, 0.6]))


def random_target(seed, n, largest):
    generator = torch.Generator().manual_seed(seed)
    sides = 0.012 + largest * torch.rand(n, 2, generator=generator)
    centres = sides / 2 + (1 - sides) * torch.rand(n, 2, generator=generator)
    return {"labels": torch.randint(N_CLASSES, (n,), generator=generator), "boxes": torch.cat((centres, sides), dim=1)}


def assigned(name, target, seed=0):
    return METHODS[name](target, lambda priors: Answers(priors, seed))


@every
@settings(max_examples=12, deadline=None)
@given(scene=scenes)
def test_every_positive_serves_an_object_of_the_picture(name, scene):
    found = assigned(name, random_target(*scene), scene[0])
    assert found.objects.dtype == torch.int64 and found.objects.min() >= IGNORED and found.objects.max() < scene[1] == found.n_objects
    assert found.counts.shape == (scene[1],) and found.lost == [i for i, n in enumerate(found.counts.tolist()) if n == 0]
    if found.scores is not None:
        assert ((found.scores >= 0) & (found.scores <= 1)).all() and not found.scores[found.objects < 0].any()
    if found.positive is not None:
        sums = found.positive.sum(0)[found.counts > 0]
        assert torch.allclose(sums, torch.ones_like(sums), atol=1e-4)
        assert ((found.negative >= 0) & (found.negative <= 1)).all()
    if name == "Hungarian":
        assert found.counts.tolist() == [1] * scene[1]
    if found.classes is not None:
        assert torch.equal(found.classes.any(1), found.objects >= 0)


@every
@settings(max_examples=8, deadline=None)
@given(scene=scenes, order=st.randoms(use_true_random=False))
def test_the_order_of_the_objects_does_not_matter_unless_that_is_documented(name, scene, order):
    target = random_target(*scene)
    places = list(range(scene[1]))
    order.shuffle(places)
    found, moved = assigned(name, target), assigned(name, {key: values[places] for key, values in target.items()})
    if name not in BY_ORDER:
        back = torch.tensor(places + [IGNORED, NEGATIVE])                                        # from the new numbers to the old ones
        assert found.positive is not None or torch.equal(back[moved.objects], found.objects)
        if found.positive is not None:                                                           # weights may tie; objects name the first
            assert torch.allclose(moved.positive, found.positive[:, places], atol=1e-6)
            assert torch.allclose(moved.negative, found.negative, atol=1e-6)
    if name in {"RPN of mmdetection", "SSD", "YOLOv2", "YOLOv3", "YOLOv3 as published"}:
        assert torch.equal(moved.objects >= 0, found.objects >= 0)                               # who is positive stays, whom it serves not


@every
def test_where_the_order_matters_there_is_a_scene_that_shows_it(name):
    differs = False
    for seed in range(60):
        target = random_target(seed, 10, 0.4)
        found, moved = assigned(name, target), assigned(name, {key: values.flip(0) for key, values in target.items()})
        back = torch.tensor([*reversed(range(10)), IGNORED, NEGATIVE])
        same = torch.equal(back[moved.objects], found.objects) if found.negative is None else torch.allclose(found.negative, moved.negative)
        differs |= not same
    assert differs == (name in BY_ORDER)


@every
def test_a_picture_without_objects_is_all_negative(name):
    found = assigned(name, EMPTY)
    assert found.objects.tolist() == [NEGATIVE] * len(found.objects) and found.n_objects == 0 and found.lost == []
    for values in (found.scores, found.classes):
        assert values is None or not values.any()
    assert found.negative is None or (found.negative == 1).all() and found.positive.shape == (len(found.objects), 0)


@every
@pytest.mark.parametrize("boxes", [
    [[0.5, 0.5, 1e-4, 1e-4]],                                                                    # under a pixel
    [[0.99995, 0.99995, 1e-4, 1e-4], [0, 0, 1e-3, 1e-3]],                                        # middles at the end of the grid
    [[0.5, 0.5, 0.4, 0.4]] * 5,                                                                  # ties
    [[0.5, 0.5, 1.0, 1.0], [0.5, 0.5, 0.999, 0.999]],
], ids=["under a pixel", "at the edge", "equal", "whole picture"])
def test_extreme_boxes_are_assigned_or_said_to_be_lost(name, boxes):
    found = assigned(name, {"labels": torch.zeros(len(boxes), dtype=torch.int64), "boxes": torch.tensor(boxes)})
    served = set(found.objects[found.objects >= 0].tolist())
    assert served <= set(range(len(boxes))) and (found.positive is not None or set(range(len(boxes))) - served == set(found.lost))


@every
def test_more_objects_than_priors_lose_some(name):
    target = random_target(3, 400, 0.3)
    found = assigned(name, target)
    if found.positive is None:
        assert len(found.lost) >= 400 - int((found.objects >= 0).sum())
    assert found.counts.shape == (400,)


@every
@pytest.mark.parametrize("labels, boxes, message", [
    ([-1], [[0.5, 0.5, 0.2, 0.2]], r"\['labels'\]\[0\] is -1, expected 0 to 2"),
    ([3], [[0.5, 0.5, 0.2, 0.2]], r"\['labels'\]\[0\] is 3, expected 0 to 2"),
    ([0], [[30.0, 30, 10, 10]], "these are px"),
    ([0], [[float("nan"), 0.5, 0.2, 0.2]], "see how the annotation was read"),
    ([0], [[0.5, 0.5, 0.0, 0.2]], "a box without area is no object"),
    ([0, 1], [[0.5, 0.5, 0.2, 0.2]], r"labels \[2\] and boxes \[1, 4\]"),
])
def test_wrong_targets_are_refused_with_one_voice(name, labels, boxes, message):
    with pytest.raises(ValueError, match=message):
        assigned(name, {"labels": torch.tensor(labels), "boxes": torch.tensor(boxes)})


def test_wrong_settings_and_predictions_are_refused():
    target, answers = random_target(0, 2, 0.3), Answers(POINTS, 0)
    for settings_, message in [({"low_quality": "keep"}, "low_quality is 'keep'"), ({"positive_from": 0.3}, "negative_below is 0.4 and"),
                               ({"n_classes": 0}, "n_classes is 0")]:
        with pytest.raises(ValueError, match=message):
            max_iou(target, SHAPES, **{"n_classes": N_CLASSES} | RETINANET | settings_)
    with pytest.raises(ValueError, match="these priors are points and have no boxes"):
        atss(target, POINTS, n_classes=N_CLASSES)
    with pytest.raises(ValueError, match="these priors are points and have no shape"):
        yolo_v3(target, POINTS, answers.boxes_xyxy, n_classes=N_CLASSES)
    with pytest.raises(ValueError, match="there are 2 ranges for 3 levels"):
        fcos(target, POINTS, n_classes=N_CLASSES, ranges=RANGES[:2])
    with pytest.raises(ValueError, match="scores lie between .* of logits take the sigmoid"):
        sim_ota(target, POINTS, answers.logits, answers.boxes_xyxy)
    with pytest.raises(ValueError, match=r"predicted_xyxy has shape \[5, 4\] for 126 priors"):
        task_aligned(target, POINTS, answers.logits.sigmoid(), answers.boxes_xyxy[:5])
    answers.logits[3, 1] = torch.nan
    with pytest.raises(ValueError, match="scores holds NaN or infinity: the network has diverged"):
        sim_ota(target, POINTS, answers.logits.sigmoid(), answers.boxes_xyxy)
    with pytest.raises(ValueError, match=r"means have shape \[1, 2\], expected \[3, 2\]"):
        auto_assign(target, CORNERS, Answers(CORNERS, 0).logits, Answers(CORNERS, 0).objectness, Answers(CORNERS, 0).boxes_xyxy,
                    means=torch.zeros(1, 2), deviations=torch.ones(3, 2))


@settings(max_examples=25, deadline=None)
@given(scene=scenes)
def test_two_rules_decide_as_plain_loops_do(scene):
    target = random_target(*scene)
    target["boxes"] = target["boxes"].double()
    exact = [replace(priors, centres=priors.centres.double(), strides=priors.strides.double(),
                     sides=priors.sides.double() if priors.sides is not None else None) for priors in (SHAPES, POINTS)]
    found = max_iou(target, exact[0], n_classes=N_CLASSES, **RETINANET)
    assert found.objects.tolist() == max_iou_loop(target, exact[0], thresholds=(0.4, 0.5))
    found = fcos(target, exact[1], n_classes=N_CLASSES, ranges=RANGES)
    assert found.objects.tolist() == fcos_loop(target, exact[1], ranges=RANGES, radius=1.5)


@settings(max_examples=60, deadline=None)
@given(values=st.lists(st.lists(st.sampled_from([0.0, 1.0, 2.0, 3.0, float("inf")]), min_size=6, max_size=6), min_size=1, max_size=4),
       k=st.integers(0, 8))
def test_the_least_are_those_of_a_stable_sort(values, k):
    rows = torch.tensor(values)
    expected = [[i in sorted(range(6), key=lambda j: row[j])[:k] and row[i] < float("inf") for i in range(6)] for row in values]
    assert least(rows, k).tolist() == expected
    assert least(rows, torch.full((len(values),), k)).tolist() == expected
