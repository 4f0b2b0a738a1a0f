"""experiments/looks.py: places and weights are those of the attention, for both detectors; half of the attention is counted right."""

import pytest
import torch

from book_lib.data.scenes import CLASSES, make_scene, scene_batch
from book_lib.experiments.looks import cells_for_half, looks_of, query_for
from book_lib.experiments.small_deformable import new_deformable
from book_lib.experiments.small_detectors import new_detr

SCENE = make_scene(5)


@pytest.mark.parametrize(("new", "levels", "points"), [(new_detr, 1, None), (new_deformable, 3, 16)])
def test_weights_sum_to_one_over_all_levels_and_the_box_is_the_models(new, levels, points):
    model = new(seed=0).eval()
    look = looks_of(model, SCENE, 7)
    assert len(look["places"]) == len(look["weights"]) == levels
    for places, weights in zip(look["places"], look["weights"], strict=True):
        assert places.shape == (*weights.shape, 2) and (points is None or len(weights) == points)
    assert torch.cat(look["weights"]).sum().item() == pytest.approx(1, abs=1e-6)
    with torch.no_grad():
        torch.testing.assert_close(look["box"], model(*scene_batch([SCENE])[:2]).boxes[-1, 0, 7])


def test_detr_looks_at_the_middles_of_its_cells_row_by_row():
    look = looks_of(new_detr(seed=0).eval(), SCENE, 0)
    h, w = (side // 8 for side in SCENE.size)
    assert look["reference"] is None and len(look["weights"][0]) == h * w
    torch.testing.assert_close(look["places"][0][w + 1], torch.tensor([1.5 / w, 1.5 / h]))


def test_deformable_detr_begins_with_equal_weights_on_a_star_round_its_reference():
    look = looks_of(new_deformable(seed=0).eval(), SCENE, 3)
    assert torch.allclose(torch.cat(look["weights"]), torch.tensor(1 / 48))
    h, w = SCENE.size
    for level, cell in enumerate((4, 8, 16)):
        steps = (look["places"][level] - look["reference"]) * torch.tensor([-(-w // cell), -(-h // cell)])
        expected = [[x * k, y * k] for x, y in ((1, 0), (0, 1), (-1, 0), (0, -1)) for k in (1, 2, 3, 4)]
        torch.testing.assert_close(steps, torch.tensor(expected, dtype=torch.float32), atol=1e-4, rtol=0)


def test_the_query_of_a_class_has_its_highest_score():
    model = new_deformable(seed=1).eval()
    with torch.no_grad():
        scores = model(*scene_batch([SCENE])[:2]).logits[-1, 0]
    assert query_for(model, SCENE, "ring") == scores[:, CLASSES.index("ring")].argmax()


def test_half_of_the_attention():
    assert cells_for_half(torch.tensor([0.1, 0.5, 0.2, 0.2])) == 1
    assert cells_for_half(torch.tensor([0.3, 0.3, 0.4])) == 2
    assert cells_for_half(torch.full((100,), 0.01, dtype=torch.float64)) in (50, 51)


def test_what_does_not_exist_is_refused():
    model = new_deformable(seed=0).eval()
    with pytest.raises(ValueError, match="query is 20, expected one of 0 to 19"):
        looks_of(model, SCENE, 20)
    with pytest.raises(ValueError, match="name is 'cat', expected one of disc"):
        query_for(model, SCENE, "cat")
