"""Priors: where points and anchors stand, and the deltas between boxes."""

import math

import pytest
import torch

from book_lib.detection.priors import anchor_shapes, decode_deltas, encode_deltas, make_anchors, make_points, priors_of_boxes


def test_points_stand_level_by_level_row_by_row():
    priors = make_points((20, 32), (8, 16), per_cell=2)
    assert len(priors) == 2 * (3 * 4 + 2 * 2) and priors.sides is None and priors.size == (20, 32)
    assert priors.centres[:4].tolist() == [[4, 4], [4, 4], [12, 4], [12, 4]] and priors.centres[24:28:2].tolist() == [[8, 8], [24, 8]]
    assert priors.levels.tolist() == [0] * 24 + [1] * 8 and priors.strides.tolist() == [8] * 24 + [16] * 8
    assert make_points((16, 16), (8,), offset=0).centres.tolist() == [[0, 0], [8, 0], [0, 8], [8, 8]]


def test_anchors_of_one_cell_share_their_middle_and_have_their_shapes():
    priors = make_anchors((16, 16), (8, 16), [[(4, 6), (10, 2)], [(20, 20), (8, 30)]])
    assert priors.centres[2:4].tolist() == [[12, 4], [12, 4]] and priors.sides[2:4].tolist() == [[4, 6], [10, 2]]
    assert priors.boxes_xyxy[-1].tolist() == [4, -7, 12, 23]
    areas = [w * h for w, h in anchor_shapes(32, ratios=(0.5, 1, 2), scales=(1, 2 ** (1 / 3)))]
    assert areas == pytest.approx([1024, 1024 * 2 ** (2 / 3)] * 3) and anchor_shapes(32, ratios=(4,)) == [(16, 64)]


def test_deltas_come_back_and_are_scaled():
    generator = torch.Generator().manual_seed(0)
    first, sides = 50 * torch.rand(2, 40, 2, generator=generator), 1 + 40 * torch.rand(2, 40, 2, generator=generator)
    anchors, boxes = torch.cat((first, first + sides), dim=-1)
    assert torch.allclose(decode_deltas(anchors, encode_deltas(anchors, boxes)), boxes, atol=1e-4)
    deltas = encode_deltas(torch.tensor([0.0, 0, 10, 8]), torch.tensor([0.0, 0, 10, 10]))
    assert deltas.tolist() == pytest.approx([0, 1.25, 0, math.log(1.25) / 0.2])
    grown = decode_deltas(torch.tensor([0.0, 0, 1, 1]), torch.tensor([0.0, 0, 1e6, 0]))
    assert grown.isfinite().all() and float(grown[2] - grown[0]) == pytest.approx(62.5)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="these priors are points and have no boxes"):
        make_points((8, 8), (8,)).boxes_xyxy  # noqa: B018
    for size, strides, message in [((8,), (8,), "expected .height, width."), ((0, 8), (8,), "height is 0"),
                                   ((8, 8), (), "strides is empty"), ((8, 8), (1.5,), "stride is 1.5")]:
        with pytest.raises(ValueError, match=message):
            make_points(size, strides)
    for shapes, message in [([[(4, 4)]], "shapes are .1. for 2 levels"), ([[(4, 4)], [(4, 0)]], "both above 0"),
                            ([[(4, 4)], [(4, 4), (2, 2)]], r"shapes are \[1, 2\]")]:
        with pytest.raises(ValueError, match=message):
            make_anchors((16, 16), (8, 16), shapes)
    assert priors_of_boxes(torch.tensor([[0.0, 0, 4, 8]]), size=(8, 8)).sides.tolist() == [[4, 8]]
