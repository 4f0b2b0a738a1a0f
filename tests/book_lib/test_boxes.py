"""Boxes: conversions, areas, IoU and generalised IoU, with every degenerate case."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from book_lib.detection.boxes import box_area, box_cxcywh_to_xyxy, box_iou, box_xyxy_to_cxcywh, generalized_box_iou, paired_giou

A, B = torch.tensor([[0.0, 0, 0.4, 0.4]]), torch.tensor([[0.2, 0.2, 0.6, 0.6]])

grid = st.integers(0, 12)                                        # few places, so that boxes touch, coincide and vanish often
corners = st.tuples(grid, grid, grid, grid).map(
    lambda box: [min(box[0], box[2]), min(box[1], box[3]), max(box[0], box[2]), max(box[1], box[3])])
boxes = st.lists(corners, min_size=1, max_size=5).map(lambda rows: torch.tensor(rows, dtype=torch.float64))
shifts = st.tuples(st.integers(-9, 9), st.integers(-9, 9)).map(lambda pair: torch.tensor([*pair, *pair], dtype=torch.float64))
examples = settings(max_examples=150, deadline=None)


def cells(box):
    """The unit squares of the grid that a box covers."""
    left, top, right, bottom = map(int, box)
    return {(x, y) for x in range(left, right) for y in range(top, bottom)}


def iou_and_giou_by_counting(a, b):
    inner, union = cells(a) & cells(b), cells(a) | cells(b)
    hull = (max(a[2], b[2]) - min(a[0], b[0])) * (max(a[3], b[3]) - min(a[1], b[1]))
    iou = len(inner) / len(union) if union else 0.0
    return iou, iou - ((hull - len(union)) / hull if hull else 0.0)


@examples
@given(boxes, boxes)
def test_overlaps_are_what_counting_squares_gives(a, b):
    counted = torch.tensor([[iou_and_giou_by_counting(x, y) for y in b.tolist()] for x in a.tolist()], dtype=torch.float64)
    torch.testing.assert_close(box_iou(a, b), counted[..., 0], rtol=0, atol=1e-12)
    torch.testing.assert_close(generalized_box_iou(a, b), counted[..., 1], rtol=0, atol=1e-12)


@examples
@given(boxes, boxes, shifts, st.floats(0.01, 100))
def test_overlaps_do_not_depend_on_place_unit_or_order(a, b, shift, unit):
    for overlap in (box_iou, generalized_box_iou):
        torch.testing.assert_close(overlap((a + shift) * unit, (b + shift) * unit), overlap(a, b), rtol=0, atol=1e-9)
        torch.testing.assert_close(overlap(b, a).T, overlap(a, b), rtol=0, atol=0)


@examples
@given(boxes, boxes)
def test_generalised_iou_lies_between_minus_one_and_iou(a, b):
    giou, iou = generalized_box_iou(a, b), box_iou(a, b)
    assert (giou >= -1).all() and (giou <= iou).all() and (iou >= 0).all() and (iou <= 1).all()


@examples
@given(boxes)
def test_conversions_undo_each_other(a):
    assert torch.equal(box_cxcywh_to_xyxy(box_xyxy_to_cxcywh(a)), a)
    assert torch.equal(box_xyxy_to_cxcywh(a)[:, 2:].prod(-1), box_area(a))


def test_conversions_by_hand():
    assert torch.allclose(box_cxcywh_to_xyxy(torch.tensor([0.5, 0.4, 0.2, 0.6])), torch.tensor([0.4, 0.1, 0.6, 0.7]))
    assert torch.allclose(box_xyxy_to_cxcywh(torch.tensor([[[10.0, 20, 30, 80]]])), torch.tensor([[[20.0, 50, 20, 60]]]))
    assert box_area(torch.tensor([[1.0, 2, 4, 7]])).tolist() == [15]


@pytest.mark.parametrize(("a", "b", "iou", "giou"), [
    ([0, 0, 0.4, 0.4], [0.2, 0.2, 0.6, 0.6], 0.142857, -0.079365),
    ([0, 0, 0.4, 0.4], [0.5, 0.5, 0.7, 0.7], 0.0, -0.591837),
    ([0, 0, 0.2, 0.2], [0.2, 0.2, 0.6, 0.6], 0.0, -0.444444),
    ([0.1, 0.1, 0.3, 0.3], [0.2, 0.2, 0.6, 0.6], 0.052632, -0.187368),
    ([0.1, 0.1, 0.3, 0.3], [0.1, 0.1, 0.3, 0.3], 1.0, 1.0),
])
def test_worked_numbers(a, b, iou, giou):
    a, b = torch.tensor([a], dtype=torch.float64), torch.tensor([b], dtype=torch.float64)
    assert box_iou(a, b).item() == pytest.approx(iou, abs=1e-6)
    assert generalized_box_iou(a, b).item() == pytest.approx(giou, abs=1e-6)


@pytest.mark.parametrize(("a", "b", "iou", "giou"), [
    ([3, 3, 3, 3], [3, 3, 3, 3], 0, 0),                          # the same point twice: no area anywhere
    ([3, 3, 3, 3], [5, 5, 5, 5], 0, -1),                         # two points: none of the hull is filled
    ([3, 3, 3, 9], [3, 1, 3, 5], 0, 0),                          # two lines on one line
    ([0, 0, 4, 4], [2, 2, 2, 2], 0, 0),                          # a point in a box: the hull is the box
    ([0, 0, 2, 2], [2, 0, 4, 2], 0, 0),                          # touching boxes fill their hull
    ([0, 0, 2, 2], [4, 0, 6, 2], 0, -1 / 3),
])
def test_boxes_without_area(a, b, iou, giou):
    a = torch.tensor([a], dtype=torch.float32, requires_grad=True)
    b = torch.tensor([b], dtype=torch.float32)
    assert box_iou(a, b).item() == iou
    result = generalized_box_iou(a, b)
    assert result.item() == pytest.approx(giou)
    result.sum().backward()
    assert a.grad.isfinite().all()


def test_shapes_and_no_boxes_at_all():
    assert generalized_box_iou(A.expand(3, 4), B.expand(5, 4)).shape == (3, 5)
    assert box_iou(A.expand(2, 3, 4), B.expand(2, 5, 4)).shape == (2, 3, 5)
    assert box_iou(A[:0], B).shape == (0, 1) and generalized_box_iou(A, B[:0]).shape == (1, 0)
    assert box_area(A[:0]).shape == (0,)


@pytest.mark.parametrize("function", [box_iou, generalized_box_iou])
def test_boxes_that_are_none_are_refused(function):
    with pytest.raises(ValueError, match="right edge left of the left one"):
        function(A, torch.tensor([[0.5, 0.5, 0.2, 0.9]]))
    with pytest.raises(ValueError, match="NaN"):
        function(A * torch.nan, B)
    with pytest.raises(ValueError, match=r"boxes_xyxy has shape \[1, 3\]"):
        function(A[:, :3], B)
    with pytest.raises(ValueError, match="int64"):
        function(A.long(), B)
    with pytest.raises(ValueError, match="type list"):
        function([[0, 0, 1, 1]], B)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("autocast", [False, True])
def test_half_precision_is_computed_in_float32(dtype, autocast):
    """An area of 300 x 300 px is more than float16 can hold: the IoU of a box with itself came out as 0, its GIoU as NaN."""
    large = torch.tensor([[0.0, 0, 304, 304], [0, 0, 304, 152]], dtype=dtype, requires_grad=True)
    with torch.autocast("cpu", dtype=dtype, enabled=autocast):
        iou, giou, area = box_iou(large, large), generalized_box_iou(large, large), box_area(large)
        paired = paired_giou(large, large.flip(0))
    assert iou.dtype == giou.dtype == area.dtype == paired.dtype == torch.float32
    assert iou.tolist() == giou.tolist() == [[1, 0.5], [0.5, 1]] and paired.tolist() == [0.5, 0.5]
    assert area.tolist() == [304 * 304, 304 * 152]
    giou.sum().backward()
    assert large.grad.dtype == dtype and large.grad.isfinite().all()
    assert box_cxcywh_to_xyxy(large).dtype == box_xyxy_to_cxcywh(large).dtype == dtype


@pytest.mark.parametrize("wrong", [torch.nan, torch.inf, -torch.inf])
def test_numbers_that_are_not_finite_are_refused(wrong):
    for place in range(4):
        bad = B.clone()
        bad[0, place] = wrong
        for function in (lambda a: box_iou(a, A), lambda a: generalized_box_iou(A, a), box_area):
            with pytest.raises(ValueError, match="holds NaN or infinity"):
                function(bad)
