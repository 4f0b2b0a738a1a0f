"""The dense detector: which cell answers for what, its loss, and the removal of duplicates."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from book_lib.detection.backbone import SmallCNN
from book_lib.detection.boxes import box_cxcywh_to_xyxy, box_iou
from book_lib.detection.dense import DenseDetector, assign_cells, cell_middles, dense_detections, dense_loss, focal_loss, nms

corners = st.tuples(*[st.integers(0, 10)] * 2, *[st.integers(1, 8)] * 2).map(lambda box: [box[0], box[1], box[0] + box[2], box[1] + box[3]])


def slow_nms(boxes, scores, labels, threshold):
    """By the definition: a box stays if no box that stays comes before it, is of its class and overlaps it by more than the threshold."""
    kept = []
    for i in sorted(range(len(boxes)), key=lambda i: (-scores[i], i)):
        if all(labels[i] != labels[j] or box_iou(boxes[i, None], boxes[j, None]).item() <= threshold for j in kept):
            kept.append(i)
    return kept


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(corners, st.integers(0, 6), st.integers(0, 1)), max_size=10), st.sampled_from([0.0, 0.3, 0.5, 1.0]))
def test_suppression_follows_its_definition(rows, threshold):
    boxes = torch.tensor([row[0] for row in rows], dtype=torch.float64).reshape(-1, 4)      # 12 / 40 is 0.3 in double precision
    scores, labels = torch.tensor([row[1] / 6 for row in rows]), torch.tensor([row[2] for row in rows], dtype=torch.int64)
    kept = nms(boxes, scores, labels, iou_threshold=threshold)
    assert kept.tolist() == slow_nms(boxes, scores.tolist(), labels.tolist(), threshold)


def test_suppression_by_hand():
    boxes = torch.tensor([[0.0, 0, 10, 10], [1, 0, 11, 10], [2, 0, 12, 10], [0, 0, 10, 10], [50, 50, 60, 60]])
    scores, labels = torch.tensor([0.8, 0.9, 0.7, 0.6, 0.1]), torch.tensor([0, 0, 0, 1, 0])
    assert nms(boxes, scores, labels).tolist() == [1, 3, 4]      # IoU of neighbours 9/11; the fourth is of another class
    assert nms(boxes, scores, labels, iou_threshold=0.85).tolist() == [1, 0, 2, 3, 4]
    chain = torch.tensor([[0.0, 0, 10, 10], [3, 0, 13, 10], [6, 0, 16, 10]])
    assert nms(chain, torch.tensor([0.9, 0.8, 0.7]), torch.zeros(3)).tolist() == [0, 2]  # what is dropped drops nothing


def test_middles_of_cells():
    assert cell_middles(2, 3, 8).tolist() == [[4, 4], [12, 4], [20, 4], [4, 12], [12, 12], [20, 12]]


def test_a_cell_answers_for_the_smallest_box_it_lies_in_if_the_middle_is_near():
    middles = cell_middles(4, 4, 10)
    boxes = torch.tensor([[0.0, 0, 40, 40], [0, 0, 12, 12]])
    objects = assign_cells(middles, 10, torch.tensor([3, 1]), boxes).reshape(4, 4)
    assert objects.tolist() == [[1, -1, -1, -1], [-1, 0, 0, -1], [-1, 0, 0, -1], [-1, -1, -1, -1]]
    assert assign_cells(middles, 10, torch.tensor([3]), boxes[:1]).reshape(4, 4)[0, 0] == -1     # in the box, but 15 px from its middle
    crowded = torch.tensor([[10.0, 10, 30, 30], [8, 8, 32, 32]])
    assert assign_cells(middles, 10, torch.tensor([0, 1]), crowded).unique().tolist() == [-1, 0]
    assert assign_cells(middles, 10, torch.zeros(0, dtype=torch.int64), torch.zeros(0, 4)).tolist() == [-1] * 16


def test_focal_loss_by_hand():
    logits, wanted = torch.tensor([0.0, 0.0, math.log(9)]), torch.tensor([1.0, 0.0, 1.0])
    right, wrong, easy = 0.25 * 0.25 * math.log(2), 0.75 * 0.25 * math.log(2), 0.25 * 0.01 * -math.log(0.9)
    assert focal_loss(logits, wanted).item() == pytest.approx(right + wrong + easy)
    plain = focal_loss(logits, wanted, alpha=0.5, gamma=0)
    expected = torch.nn.functional.binary_cross_entropy_with_logits(logits, wanted, reduction="sum") / 2
    assert plain.item() == pytest.approx(expected.item())


def detector(n_classes=4):
    torch.manual_seed(0)
    return DenseDetector(SmallCNN((8, 16, 16), (2, 2)), n_classes=n_classes, d_model=16).eval()


def batch():
    images = torch.randn(2, 3, 40, 56, generator=torch.Generator().manual_seed(0))
    mask = torch.ones(2, 40, 56, dtype=torch.bool)
    mask[1, 24:], mask[1, :, 32:] = False, False
    return images, mask


TARGETS = [
    {"labels": torch.tensor([2, 0]), "boxes": torch.tensor([[0.5, 0.5, 0.5, 0.6], [0.2, 0.3, 0.3, 0.3]])},
    {"labels": torch.zeros(0, dtype=torch.int64), "boxes": torch.zeros(0, 4)},
]


def test_answers_of_the_detector():
    model, (images, mask) = detector(), batch()
    logits, boxes = model(images, mask)
    assert logits.shape == (2, 35, 4) and boxes.shape == (2, 35, 4)
    assert ((logits > -math.inf).all(-1).sum(-1)).tolist() == [35, 12]
    assert logits[0].sigmoid().mean().item() == pytest.approx(0.01, abs=0.002)
    middles = cell_middles(5, 7, 8)
    assert (boxes[..., :2] < middles).all() and (boxes[..., 2:] > middles).all()


def test_loss_of_answers_that_are_right_is_small_and_counts_matched_cells():
    model, (images, mask) = detector(), batch()
    logits, boxes = model(images, mask)
    loss, terms = dense_loss(logits, boxes, mask, TARGETS, stride=8)
    assert loss.item() == pytest.approx(sum(terms.values()), rel=1e-6) and set(terms) == {"classes", "giou"}
    loss.backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())

    truth = box_cxcywh_to_xyxy(TARGETS[0]["boxes"]) * torch.tensor([56.0, 40, 56, 40])
    objects = assign_cells(cell_middles(5, 7, 8), 8, TARGETS[0]["labels"], truth)
    perfect = torch.full_like(logits, -12.0).masked_fill(logits == -math.inf, -math.inf)
    cells = (objects >= 0).nonzero()[:, 0]
    perfect[0, cells, TARGETS[0]["labels"][objects[cells]]] = 12.0
    answered = boxes.detach().clone()
    answered[0, cells] = truth[objects[cells]]
    loss, terms = dense_loss(perfect, answered, mask, TARGETS, stride=8)
    assert loss.item() < 1e-4
    answered[0, cells[0]] += torch.tensor([1000.0, 0, 1000, 0])
    assert dense_loss(perfect, answered, mask, TARGETS, stride=8)[1]["giou"] == pytest.approx(2 / len(cells), abs=0.2 / len(cells))


def test_a_batch_without_objects_has_a_loss():
    model, (images, mask) = detector(), batch()
    loss, terms = dense_loss(*model(images, mask), mask, [TARGETS[1]] * 2, stride=8)
    loss.backward()
    assert terms["giou"] == 0 and 0 < terms["classes"] < 10


def test_detections_are_sorted_and_without_duplicates():
    logits = torch.full((1, 3, 2), -4.0)
    logits[0, 0, 1], logits[0, 1, 1], logits[0, 2, 0] = 2.0, 1.0, 0.0
    boxes = torch.tensor([[[0.0, 0, 10, 10], [1, 0, 11, 10], [0, 0, 10, 10]]])
    (found,) = dense_detections(logits, boxes, best=3)
    assert found["labels"].tolist() == [1, 0] and found["scores"].tolist() == pytest.approx([0.880797, 0.5], abs=1e-6)
    assert found["boxes_xyxy"].tolist() == [[0, 0, 10, 10], [0, 0, 10, 10]]
    (every,) = dense_detections(logits, boxes, iou_threshold=None)
    assert len(every["scores"]) == 6 and (every["scores"].diff() <= 0).all()


def test_shapes_of_the_detections_of_a_batch():
    images, mask = batch()
    for found in dense_detections(*detector()(images, mask), best=20):
        n = len(found["scores"])
        assert 1 <= n <= 20 and found["labels"].shape == (n,) and found["boxes_xyxy"].shape == (n, 4)
        assert found["labels"].max() < 4 and found["scores"].min() >= 0


def answers(dtype=torch.float32, device="cpu"):
    model, (images, mask) = detector(), batch()
    return [part.detach().to(device, dtype).requires_grad_() for part in model(images, mask)], mask.to(device)


DEVICES = ["cpu", pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here"))]


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("autocast", [False, True])
def test_half_precision_is_scored_and_suppressed_in_float32(device, dtype, autocast):
    (half, mask), full = answers(dtype, device), [part.detach().float().cpu() for part in answers(dtype)[0]]
    full = [part.requires_grad_() for part in full]
    with torch.autocast(device, dtype=dtype, enabled=autocast):
        loss, terms = dense_loss(*half, mask, TARGETS, stride=8)
        found = dense_detections(*(part.detach() for part in half), best=20)
    expected, expected_terms = dense_loss(*full, mask.cpu(), TARGETS, stride=8)
    assert loss.dtype == torch.float32 and terms == pytest.approx(expected_terms, rel=1e-5)
    loss.backward()
    expected.backward()
    for one, other in zip(half, full, strict=True):
        torch.testing.assert_close(one.grad.cpu(), other.grad.to(dtype))
    for one, other in zip(found, dense_detections(*(part.detach() for part in full), best=20), strict=True):
        assert one["labels"].tolist() == other["labels"].tolist()
        torch.testing.assert_close(one["boxes_xyxy"].cpu(), other["boxes_xyxy"])


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_twins_are_suppressed_in_half_precision(dtype):
    boxes = torch.tensor([[0.0, 0, 300, 300], [0, 0, 300, 300], [0, 0, 300, 296]], dtype=dtype)
    assert nms(boxes, torch.tensor([0.5, 0.9, 0.7], dtype=dtype), torch.zeros(3)).tolist() == [1]


@pytest.mark.parametrize("wrong", [math.nan, math.inf])
@pytest.mark.parametrize(("place", "name"), [(0, "logits"), (1, "boxes")])
def test_a_network_that_has_diverged_is_told(wrong, place, name):
    """Logits of NaN once counted as padding: the loss stayed finite."""
    given, mask = answers()
    given = [part.detach() for part in given]
    given[place][1, 3, 1] = wrong
    with pytest.raises(ValueError, match=f"{name} of picture 1, cell 3, are no finite numbers: the network has diverged"):
        dense_loss(*given, mask, TARGETS, stride=8)


def test_the_numbers_of_pictures_must_agree():
    given, mask = answers()
    with pytest.raises(ValueError, match="2 logits, 2 boxes, 2 masks and 1 targets, expected as many of each"):
        dense_loss(*given, mask, TARGETS[:1], stride=8)
