"""The causes of an AP of zero have the symptoms that the page tells them apart by, and the library refuses those it can see."""

import pytest
import torch

from book_lib.data.scenes import CLASSES, scene_batch
from book_lib.detection.targets import check_targets
from book_lib.experiments import ap_stays_zero as zero
from book_lib.experiments.small_detectors import load_detr

SCENES = zero.own_scenes(16, seed=zero.HELD_OUT_SEED)
NAMES_WRONG = ("category ids taken for labels plus one",)
BOXES_WRONG = ("boxes scaled to the resized picture", "boxes left as shares", "results as corners, not (left, top, width, height)",
               "pictures turned by EXIF, boxes not")


@pytest.fixture(scope="module")
def use():
    model = load_detr()
    return {cause: zero.symptoms(zero.answers(model, SCENES, cause), SCENES) for cause in zero.USE}


def test_your_data_are_scenes_under_other_names():
    assert sorted(CLASSES) == zero.ORDER and len(zero.IDS) == len(zero.ORDER)
    assert all(scene.size == (64, 64) and 0 < len(scene.labels) <= 4 for scene in SCENES)
    assert {zero.ORDER[label] for scene in SCENES for label in scene.labels} == set(CLASSES)


def test_nothing_wrong_is_the_shipped_detector_at_work(use):
    assert use["nothing wrong"]["AP50"] > 0.85 and use["nothing wrong"]["covered"] > 0.9


@pytest.mark.parametrize("cause", NAMES_WRONG)
def test_wrong_names_leave_the_boxes_right(use, cause):
    assert use[cause]["AP50"] < 0.3 and use[cause]["covered"] > 0.9


@pytest.mark.parametrize("cause", BOXES_WRONG)
def test_wrong_boxes_are_wrong_whatever_they_are_called(use, cause):
    assert use[cause]["AP50"] < 0.2 and use[cause]["covered"] < 0.5
    if "EXIF" not in cause:
        assert use[cause]["confident"] == use["nothing wrong"]["confident"]      # the network's answers are the same, only their use is not


@pytest.mark.parametrize("cause", [cause for cause in zero.USE if cause != "nothing wrong"])
def test_every_cause_costs_something(use, cause):
    assert use[cause]["AP"] < use["nothing wrong"]["AP"] - 0.02


def test_before_training_the_boxes_are_there_and_the_names_are_not():
    numbers = zero.symptoms(zero.answers(zero.before_training(), SCENES, shipped_order=False), SCENES)
    assert numbers["AP50"] < 0.1 and numbers["covered"] > 0.9


@pytest.mark.parametrize(("cause", "message"), [
    ("boxes as corners (left, top, right, bottom)", "these may be corners|the box leaves the picture"),
    ("boxes as (left, top, width, height)", "these may be|the box leaves the picture"),
    ("boxes in px", "these are px: divide by the picture's width and height"),
    ("labels too high by one", "classes count from 0"),
])
def test_the_books_own_loss_refuses_spoilt_targets(cause, message):
    _, _, targets = scene_batch(SCENES)
    with pytest.raises(ValueError, match=message):
        check_targets([zero._spoilt(target, cause) for target in targets], len(zero.ORDER))


def test_a_fine_tuning_is_short_repeatable_and_left_in_evaluation_mode():
    model, losses = zero.fine_tuned(steps=2, n_scenes=8)
    again, same = zero.fine_tuned(steps=2, n_scenes=8)
    assert len(losses) == 2 and losses == same and not model.training
    assert torch.equal(model.class_head.weight, again.class_head.weight)
    still, _ = zero.fine_tuned("class head not replaced, never trained", steps=1, n_scenes=8)
    assert torch.equal(still.class_head.weight, load_detr().class_head.weight)


def test_unknown_causes_are_refused():
    with pytest.raises(ValueError, match="cause is 'bad luck', expected one of 'nothing wrong'"):
        zero.fine_tuned("bad luck")
    with pytest.raises(ValueError, match="cause is 'bad luck'"):
        zero.answers(load_detr(), SCENES, "bad luck")
