"""COCO's average precision of detections whose score is known by hand."""

import numpy as np
import pytest
import torch

from book_lib.data.scenes import make_scenes
from book_lib.detection.evaluation import NAMES, average_precision

SCENES = make_scenes(40, seed=900)


def perfect(scene, score=0.9):
    scores = torch.full((len(scene.labels),), score)
    return {"scores": scores, "labels": torch.tensor(scene.labels), "boxes_xyxy": torch.tensor(scene.boxes_xyxy)}


def joined(*parts):
    return {key: torch.cat([part[key] for part in parts]) for key in parts[0]}


def test_the_truth_itself_scores_one_and_nothing_scores_zero():
    scores = average_precision([perfect(scene) for scene in SCENES], SCENES)
    assert tuple(scores) == NAMES
    assert all(scores[name] == pytest.approx(1) for name in ("AP", "AP50", "AP75", "AP_small", "AP_medium", "AP_large", "AR100"))
    nothing = {"scores": [], "labels": [], "boxes_xyxy": np.zeros((0, 4))}
    assert set(average_precision([nothing] * len(SCENES), SCENES).values()) == {0.0}


def test_a_wrong_class_scores_nothing_and_a_shifted_box_scores_by_its_iou():
    wrong = [perfect(scene) | {"labels": (torch.tensor(scene.labels) + 1) % 6} for scene in SCENES]
    assert average_precision(wrong, SCENES)["AP"] < 0.2
    shifted = []
    for scene in SCENES:
        corners = torch.tensor(scene.boxes_xyxy)
        width = corners[:, 2] - corners[:, 0]
        corners[:, [0, 2]] += 0.2 * width[:, None]               # IoU 0.8 / 1.2 = 2/3: right at 0.50 to 0.65, wrong from 0.70
        shifted.append(perfect(scene) | {"boxes_xyxy": corners})
    scores = average_precision(shifted, SCENES)
    assert scores["AP50"] == pytest.approx(1) and scores["AP75"] == pytest.approx(0) and scores["AP"] == pytest.approx(0.4, abs=0.01)


def test_duplicates_cost_precision_only_when_they_come_before_other_objects():
    twice_late = [joined(perfect(scene), perfect(scene, 0.1)) for scene in SCENES]
    twice_early = [joined(perfect(scene, 0.9 - 0.02 * i), perfect(scene, 0.89 - 0.02 * i)) for i, scene in enumerate(SCENES)]
    assert average_precision(twice_late, SCENES)["AP"] == pytest.approx(1)
    assert 0.5 < average_precision(twice_early, SCENES)["AP"] < 0.7


def test_the_number_of_lists_must_fit():
    with pytest.raises(ValueError, match="found has 39 entries for 40 scenes"):
        average_precision([perfect(scene) for scene in SCENES[1:]], SCENES)
