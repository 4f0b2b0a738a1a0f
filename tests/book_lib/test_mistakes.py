"""experiments/mistakes.py: each kind of mistake in a scene made for it."""

import numpy as np
import pytest
import torch

from book_lib.data.scenes import Scene
from book_lib.experiments.mistakes import KINDS, counted, mistakes

SCENE = Scene(np.zeros((100, 100, 3), np.uint8), np.array([0, 1, 2]),
              np.float32([[0.2, 0.2, 0.2, 0.2], [0.7, 0.2, 0.2, 0.2], [0.5, 0.8, 0.2, 0.2]]), None)


def found(*rows):
    """Detections from (score, label, left, top, right, bottom)."""
    rows = torch.tensor(rows, dtype=torch.float32).view(-1, 6)
    return {"scores": rows[:, 0], "labels": rows[:, 1].long(), "boxes_xyxy": rows[:, 2:]}


@pytest.mark.parametrize(("detection", "kind"), [
    ((0.8, 0, 11, 11, 30, 30), "second box"),
    ((0.8, 2, 60, 10, 80, 30), "wrong class"),
    ((0.8, 1, 70, 10, 95, 30), "inaccurate box"),
    ((0.8, 1, 5, 60, 20, 80), "nothing there"),
])
def test_a_wrong_answer_has_a_kind(detection, kind):
    right = [(0.9, label, *box) for label, box in zip(SCENE.labels, SCENE.boxes_xyxy.tolist(), strict=True)]
    assert mistakes(found(*right), SCENE) == []
    (one,) = mistakes(found(*right, detection), SCENE)
    assert (one["kind"], one["label"]) == (kind, detection[1]) and one["score"] == pytest.approx(0.8)


def test_the_better_answer_takes_the_object_and_low_scores_are_no_answers():
    answers = found((0.6, 0, 10, 10, 30, 30), (0.9, 0, 12, 10, 30, 30), (0.2, 1, 60, 10, 80, 30))
    kinds = [one["kind"] for one in mistakes(answers, SCENE)]
    assert kinds == ["second box", "missed", "missed"]
    assert [one["kind"] for one in mistakes(answers, SCENE, min_score=0.1)] == ["second box", "missed"]
    assert [one["kind"] for one in mistakes(found(), SCENE)] == ["missed"] * 3


def test_they_are_counted_for_a_hundred_objects():
    counts = counted([found(), found()], [SCENE, SCENE])
    assert list(counts) == list(KINDS) and counts["missed"] == 100 and sum(counts.values()) == 100
