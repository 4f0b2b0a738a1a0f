"""Scenes: seeded, exact boxes, padded batches, COCO's annotations."""

import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from book_lib.data.scenes import (
    AREAS,
    CLASSES,
    MAX_COVERED,
    SIDES,
    coco_annotations,
    make_scene,
    make_scenes,
    mirrored,
    scene_batch,
)

SCENES = make_scenes(300, seed=5)


def test_the_seed_alone_decides_the_scene():
    again = make_scene(SCENES[7].seed)
    assert np.array_equal(again.image, SCENES[7].image) and np.array_equal(again.boxes, SCENES[7].boxes)
    assert not np.array_equal(SCENES[7].boxes, SCENES[8].boxes)
    torch.manual_seed(1)
    np.random.seed(1)                                            # noqa: NPY002  somebody else's random state must not matter
    assert np.array_equal(make_scene(SCENES[7].seed).image, again.image)


def test_every_class_every_size_and_every_number_of_objects_appears():
    assert {int(label) for scene in SCENES for label in scene.labels} == set(range(len(CLASSES)))
    assert {len(scene.labels) for scene in SCENES} == set(range(1, 9))
    assert {side for scene in SCENES for side in scene.size} == set(SIDES)
    corners = np.concatenate([scene.boxes_xyxy for scene in SCENES])
    areas = (corners[:, 2:] - corners[:, :2]).prod(1)
    for low, high in AREAS.values():
        assert ((areas >= low) & (areas < high)).mean() > 0.2


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**9))
def test_boxes_lie_inside_and_hardly_cover_each_other(seed):
    scene = make_scene(seed)
    corners = scene.boxes_xyxy
    assert scene.image.dtype == np.uint8 and scene.labels.dtype == np.int64 and scene.boxes.dtype == np.float32
    assert (corners[:, :2] >= 0).all() and (corners[:, 2:] <= np.array(scene.size[::-1])).all()
    for i, a in enumerate(corners):
        for b in corners[:i]:
            inner = np.clip(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0, None).prod()
            assert inner <= (MAX_COVERED + 1e-3) * min((a[2:] - a[:2]).prod(), (b[2:] - b[:2]).prod())


def test_a_box_is_exactly_as_large_as_what_was_drawn():
    checked = 0
    for seed in range(400):
        with_object, without = make_scene(seed, n_objects=1, size=(96, 96)), make_scene(seed, n_objects=0, size=(96, 96))
        drawn = np.abs(with_object.image.astype(int) - without.image).max(-1)
        drawn = drawn > 0.5 * np.quantile(drawn, 0.999)          # a shape's edge px is half covered, but digits are soft
        if CLASSES[with_object.labels[0]] == "digit":
            continue
        rows, columns = np.flatnonzero(drawn.any(1)), np.flatnonzero(drawn.any(0))
        seen = np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1])
        assert np.abs(seen - with_object.boxes_xyxy[0]).max() < 2.0, seed
        checked += np.abs(seen - with_object.boxes_xyxy[0]).max() < 1.01
    assert checked > 250


@pytest.mark.parametrize("which", range(8))
def test_mirrored_boxes_follow_the_picture(which):
    scene = make_scene(12, size=(64, 96))
    turned = mirrored(scene, which)
    assert turned.size == ((96, 64) if which & 4 else (64, 96))
    for before, after in zip(scene.boxes_xyxy.round().astype(int), turned.boxes_xyxy.round().astype(int), strict=True):
        patch = scene.image[before[1] : before[3], before[0] : before[2]]
        moved = turned.image[after[1] : after[3], after[0] : after[2]]
        assert abs(patch.mean() - moved.mean()) < 6
    assert len({mirrored(scene, w).image.tobytes() for w in range(8)}) == 8


def test_a_batch_pads_right_and_below_and_keeps_boxes_as_shares_of_the_scene():
    scenes = [make_scene(1, size=(64, 96)), make_scene(2, size=(80, 72))]
    images, mask, targets = scene_batch(scenes)
    assert images.shape == (2, 3, 80, 96) and mask.shape == (2, 80, 96)
    assert mask[0].sum() == 64 * 96 and mask[0, :64, :].all() and mask[1, :, :72].all() and not mask[1, :, 72:].any()
    assert (images[0, :, 64:] == 0).all() and (images[1, :, :, 72:] == 0).all()
    assert torch.allclose((images[1, :, :80, :72] * 0.25 + 0.5) * 255, torch.tensor(scenes[1].image).permute(2, 0, 1).float(), atol=1e-3)
    assert torch.equal(targets[0]["boxes"], torch.tensor(scenes[0].boxes)) and targets[1]["labels"].dtype == torch.int64
    padded, _, same = scene_batch(scenes, pad_to=(96, 128))
    assert padded.shape == (2, 3, 96, 128) and torch.equal(same[1]["boxes"], targets[1]["boxes"])


def test_coco_annotations_are_what_pycocotools_reads():
    from pycocotools.coco import COCO

    said = json.loads(json.dumps(coco_annotations(SCENES[:20])))
    coco = COCO()
    coco.dataset = said
    coco.createIndex()
    assert len(coco.getAnnIds()) == sum(len(scene.labels) for scene in SCENES[:20])
    first = coco.loadAnns(coco.getAnnIds(imgIds=3))[0]
    left, top, right, bottom = SCENES[3].boxes_xyxy[0]
    assert first["bbox"] == pytest.approx([left, top, right - left, bottom - top])
    assert first["category_id"] == SCENES[3].labels[0] + 1


@pytest.mark.parametrize(("arguments", "said"), [
    ({"seed": -1}, "seed is -1, expected a whole number of at least 0"),
    ({"seed": 1.5}, "seed is 1.5"),
    ({"seed": 0, "n_objects": 9}, "n_objects is 9, expected a whole number from 0 to 8"),
    ({"seed": 0, "size": (16, 64)}, r"size is \(16, 64\), expected"),
    ({"seed": 0, "sides": (64, 1000)}, r"sides is \(64, 1000\), expected"),
    ({"seed": 0, "size_classes": {"tiny": (8, 6)}}, r"size_classes is \{'tiny': \(8, 6\)\}, expected"),
])
def test_bad_arguments_are_named(arguments, said):
    with pytest.raises(ValueError, match=said):
        make_scene(**arguments)


def test_bad_batches_are_named():
    with pytest.raises(ValueError, match="scenes is empty"):
        scene_batch([])
    with pytest.raises(ValueError, match=r"pad_to is \(64, 64\), expected at least"):
        scene_batch([make_scene(1, size=(96, 80))], pad_to=(64, 64))
    with pytest.raises(ValueError, match="which is 8"):
        mirrored(SCENES[0], 8)
