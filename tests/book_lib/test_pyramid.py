"""The detector with three levels: its answers stand where the priors stand."""

import pytest
import torch

from book_lib.detection.backbone import SmallCNN
from book_lib.detection.priors import anchor_shapes, make_anchors, make_points
from book_lib.detection.pyramid import FIRST_SCORE, STRIDES, PyramidDetector, boxes_of

SIZE = (40, 72)                                                  # no multiples of the coarse strides
POINTS = make_points(SIZE, STRIDES)
ANCHORS = make_anchors(SIZE, STRIDES, [anchor_shapes(2 * stride) for stride in STRIDES])


def detector(**settings):
    torch.manual_seed(0)
    return PyramidDetector(SmallCNN((8, 8, 16, 16)), n_classes=3, d_model=16, n_layers=1, **settings).eval()


def test_every_prior_has_its_answers():
    images = torch.rand(2, 3, *SIZE)
    for priors in (POINTS, ANCHORS):
        logits, objectness, raw, boxes = detector()(images, priors)
        assert logits.shape == (2, 45 + 15 + 6, 3) and raw.shape == boxes.shape == (2, 66, 4) and objectness is None
        assert logits.sigmoid().mean().item() == pytest.approx(FIRST_SCORE, abs=0.01)
        assert (boxes[..., 2:] > boxes[..., :2]).all()
    assert detector(has_objectness=True)(images, POINTS)[1].shape == (2, 66)


def test_raw_zeros_are_the_anchors_and_squares_about_the_points():
    zeros = torch.zeros(66, 4)
    assert torch.allclose(boxes_of(zeros, ANCHORS), ANCHORS.boxes_xyxy)
    half = torch.log(torch.tensor(2.0)) * POINTS.strides
    assert torch.allclose(boxes_of(zeros, POINTS)[:, 0], POINTS.centres[:, 0] - half)


@torch.no_grad()
def test_an_answer_looks_at_its_own_part_of_the_picture():
    model, images = detector(), torch.zeros(1, 3, 160, 160)
    priors = make_points((160, 160), STRIDES)
    before = model(images, priors)[0][0, :400]
    images[..., 136:160, 136:160] = 1                            # the lower right corner
    moved = (model(images, priors)[0][0, :400] - before).abs().sum(1).view(20, 20)
    assert moved[18, 18] > 10 * moved[1, 1]


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="there are 66 priors for 77 cells|expected one a cell"):
        detector()(torch.rand(1, 3, 48, 72), POINTS)
    with pytest.raises(ValueError, match="the backbone's stride is 16, expected 8"):
        PyramidDetector(SmallCNN((8, 8, 8, 8), (2, 2, 2)), n_classes=3)
