"""COCO's average precision of detections whose score is known by hand."""

import numpy as np
import pytest
import torch

from book_lib.data.scenes import AREAS, make_scene, make_scenes
from book_lib.detection.evaluation import COCO_AREAS, NAMES, average_precision

SCENES = make_scenes(40, seed=900)


def perfect(scene, score=0.9):
    scores = torch.full((len(scene.labels),), score)
    return {"scores": scores, "labels": torch.tensor(scene.labels), "boxes_xyxy": torch.tensor(scene.boxes_xyxy)}


def joined(*parts):
    return {key: torch.cat([part[key] for part in parts]) for key in parts[0]}


def test_the_truth_itself_scores_one_and_nothing_scores_zero():
    scores = average_precision([perfect(scene) for scene in SCENES], SCENES, areas=AREAS)
    assert tuple(scores) == NAMES
    assert all(scores[name] == pytest.approx(1) for name in ("AP", "AP50", "AP75", "AP_small", "AP_medium", "AP_large", "AR100"))
    nothing = {"scores": [], "labels": [], "boxes_xyxy": np.zeros((0, 4))}
    assert set(average_precision([nothing] * len(SCENES), SCENES, areas=AREAS).values()) == {0.0}


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


def test_the_caller_says_what_is_small():
    found = [perfect(scene) for scene in SCENES]
    by_coco = average_precision(found, SCENES)
    assert by_coco == average_precision(found, SCENES, areas=COCO_AREAS)
    assert by_coco["AP_small"] == pytest.approx(1) and by_coco["AP_large"] == by_coco["AR_large"] == -1     # no side is above 44 px
    assert average_precision(found, SCENES, areas=AREAS)["AP_large"] == pytest.approx(1)
    with pytest.raises(ValueError, match=r"areas has \['tiny'\], expected 'small', 'medium' and 'large'"):
        average_precision(found, SCENES, areas={"tiny": (0, 9)})


def test_a_size_without_objects_scores_minus_one_whether_or_not_something_was_found():
    nothing = {"scores": [], "labels": [], "boxes_xyxy": []}
    for found, expected in ((nothing, 0), (perfect(SCENES[0]), 1)):
        scores = average_precision([found], SCENES[:1])
        assert scores["AP_large"] == scores["AR_large"] == -1
        assert scores["AP_small"] == scores["AP"] == pytest.approx(expected)


def test_where_there_is_nothing_to_score_it_says_so():
    empty = make_scene(3, n_objects=0)
    with pytest.raises(ValueError, match="scenes has 0 entries and not one object"):
        average_precision([], [])
    with pytest.raises(ValueError, match="scenes has 2 entries and not one object"):
        average_precision([perfect(SCENES[0])] * 2, [empty] * 2)
    assert average_precision([perfect(SCENES[0]), perfect(empty)], [SCENES[0], empty])["AP"] == pytest.approx(1)


@pytest.mark.parametrize("field", ["boxes_xyxy", "scores"])
@pytest.mark.parametrize("wrong", [torch.nan, torch.inf, -torch.inf])
def test_answers_that_are_no_finite_numbers_are_refused(field, wrong):
    """pycocotools takes a box of NaN for a perfect one: AP 1.0."""
    found = [perfect(scene) for scene in SCENES]
    found[7][field] = found[7][field].clone()
    found[7][field][1] = wrong
    with pytest.raises(ValueError, match="detections of picture 7: number 1 has label .* expected finite numbers"):
        average_precision(found, SCENES)
    everything = perfect(SCENES[0]) | {"boxes_xyxy": torch.full((len(SCENES[0].labels), 4), torch.nan)}
    with pytest.raises(ValueError, match="detections of picture 0: number 0"):
        average_precision([everything], SCENES[:1])


@pytest.mark.parametrize(("change", "message"), [
    ({"boxes_xyxy": torch.tensor([[5.0, 5, 4, 9]])}, r"number 0 has .*box \[5.0, 5.0, 4.0, 9.0\].*expected corners"),
    ({"labels": torch.tensor([-1])}, "number 0 has label -1.*expected a label from 0 on"),
    ({"labels": torch.tensor([0.5])}, "number 0 has label 0.5"),
    ({"scores": torch.tensor([0.5, 0.4])}, r"labels \[1\], boxes_xyxy \[1, 4\] and scores \[2\]"),
    ({"boxes_xyxy": torch.zeros(1, 5)}, r"boxes_xyxy \[1, 5\]"),
])
def test_answers_of_another_kind_are_refused(change, message):
    one = {"scores": torch.tensor([0.5]), "labels": torch.tensor([0]), "boxes_xyxy": torch.tensor([[1.0, 1, 3, 3]])}
    with pytest.raises(ValueError, match="detections of picture 1: .*" + message):
        average_precision([one, one | change], SCENES[:2])


def test_objects_that_are_no_finite_numbers_are_refused():
    class Bad:
        labels, boxes_xyxy = np.array([0, 1]), np.array([[0.0, 0, 5, 5], [1, 1, np.nan, 4]])

    with pytest.raises(ValueError, match="objects of picture 1: number 1 has"):
        average_precision([perfect(SCENES[0])] * 2, [SCENES[0], Bad])


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_answers_in_any_precision_with_a_gradient_are_taken(dtype):
    found = [{name: values.to(dtype).requires_grad_() if values.is_floating_point() else values for name, values in perfect(scene).items()}
             for scene in SCENES]
    assert average_precision(found, SCENES)["AP50"] == pytest.approx(1)
