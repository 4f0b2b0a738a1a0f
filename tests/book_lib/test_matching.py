"""The matching of queries and objects: costs worked out elsewhere, the pairs of a batch, and what is refused."""

import numpy as np
import pytest
import torch

from book_lib.detection.hungarian import linear_assignment
from book_lib.detection.matching import match, matching_cost

LOGITS = torch.tensor([[2.0, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0]])
BOXES = torch.tensor([[0.5, 0.5, 0.2, 0.2], [0.3, 0.3, 0.2, 0.2], [0.7, 0.7, 0.4, 0.2], [0.5, 0.5, 0.4, 0.4]])
TARGET = {"labels": torch.tensor([1, 0]), "boxes": torch.tensor([[0.5, 0.5, 0.3, 0.3], [0.3, 0.35, 0.2, 0.2]])}
EMPTY = {"labels": torch.zeros(0, dtype=torch.int64), "boxes": torch.zeros(0, 4)}


def boxes_inside(n, generator):
    """n random boxes (cx, cy, w, h) that do not leave the picture."""
    size = 0.05 + 0.6 * torch.rand(n, 2, generator=generator)
    return torch.cat((size / 2 + (1 - size) * torch.rand(n, 2, generator=generator), size), dim=1)


def test_worked_costs():
    expected = [[0.004604, 1.820157], [3.125408, -1.161942], [3.382619, 5.914681], [-0.547319, 3.521075]]
    assert matching_cost(LOGITS, BOXES, TARGET).numpy() == pytest.approx(np.array(expected), abs=2e-6)
    assert not matching_cost(LOGITS.requires_grad_(), BOXES, TARGET).requires_grad


def test_the_three_parts_are_weighted():
    parts = [matching_cost(LOGITS, BOXES, TARGET, **dict.fromkeys(("class_cost", "box_cost", "giou_cost"), 0.0) | {name: 1.0})
             for name in ("class_cost", "box_cost", "giou_cost")]
    assert parts[0][0].tolist() == pytest.approx([-0.106507, -0.786986], abs=1e-5)       # softmax of (2, 0, 0), labels 1 and 0
    assert parts[1][0].tolist() == pytest.approx([0.2, 0.35])
    assert torch.allclose(parts[0] + 5 * parts[1] + 2 * parts[2], matching_cost(LOGITS, BOXES, TARGET), atol=1e-6)


def test_worked_pairs_of_a_batch_with_an_empty_picture():
    pairs = match(LOGITS.repeat(3, 1, 1), BOXES.repeat(3, 1, 1), [TARGET, EMPTY, {k: v[:1] for k, v in TARGET.items()}])
    assert [[part.tolist() for part in pair] for pair in pairs] == [[[1, 3], [1, 0]], [[], []], [[3], [0]]]
    assert all(part.dtype == torch.int64 for pair in pairs for part in pair)


def test_more_objects_than_queries_leave_objects_over():
    target = {"labels": torch.zeros(9, dtype=torch.int64), "boxes": boxes_inside(9, torch.Generator().manual_seed(0))}
    ((queries, objects),) = match(LOGITS[None], BOXES[None], [target])
    assert queries.tolist() == [0, 1, 2, 3] and len(set(objects.tolist())) == 4


def test_a_batch_is_matched_as_its_pictures_alone():
    generator = torch.Generator().manual_seed(1)
    logits, boxes = torch.randn(6, 20, 5, generator=generator), torch.rand(6, 20, 4, generator=generator)
    targets = [{"labels": torch.randint(4, (n,), generator=generator), "boxes": boxes_inside(n, generator)}
               for n in (0, 1, 7, 20, 25, 3)]
    for pair, *answer in zip(match(logits, boxes, targets), logits, boxes, targets, strict=True):
        rows, columns = linear_assignment(matching_cost(*answer))
        assert pair[0].tolist() == rows.tolist() and pair[1].tolist() == columns.tolist()


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match=r"targets\[0\]\['labels'\]\[1\] is 2, expected 0 to 1"):
        matching_cost(LOGITS, BOXES, TARGET | {"labels": torch.tensor([1, 2])})
    with pytest.raises(ValueError, match=r"labels \[1\] and boxes \[2, 4\]"):
        match(LOGITS[None], BOXES[None], [TARGET | {"labels": torch.tensor([1])}])
    with pytest.raises(ValueError, match="1 logits, 1 boxes and 2 targets"):
        match(LOGITS[None], BOXES[None], [TARGET, TARGET])


@pytest.mark.parametrize("wrong", [torch.nan, torch.inf, -torch.inf])
@pytest.mark.parametrize("field", ["logits", "boxes"])
def test_answers_that_are_no_finite_numbers_are_named(wrong, field):
    answers = {"logits": LOGITS.repeat(3, 1, 1), "boxes": BOXES.repeat(3, 1, 1)}
    answers[field][1, 2, 0] = wrong
    message = f"{field} of picture 1, query 2, hold {wrong}: the network has diverged"
    with pytest.raises(ValueError, match=message):
        match(**answers, targets=[TARGET, EMPTY, TARGET])
    with pytest.raises(ValueError, match=message.replace("picture 1", "picture 0")):
        matching_cost(answers["logits"][1], answers["boxes"][1], TARGET)


DEVICES = ["cpu", pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here"))]


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("autocast", [False, True])
def test_half_precision_is_matched_in_float32(device, dtype, autocast):
    generator = torch.Generator().manual_seed(2)
    logits, boxes = (torch.randn(4, 20, 5, generator=generator).to(dtype), torch.rand(4, 20, 4, generator=generator).to(dtype))
    targets = [{"labels": torch.randint(4, (n,), generator=generator), "boxes": boxes_inside(n, generator)} for n in (3, 0, 9, 20)]
    expected = match(logits.float(), boxes.float(), targets)
    with torch.autocast(device, dtype=dtype, enabled=autocast):
        pairs = match(logits.to(device), boxes.to(device), targets)
        cost = matching_cost(logits[0].to(device), boxes[0].to(device), targets[0])
    assert [[part.tolist() for part in pair] for pair in pairs] == [[part.tolist() for part in pair] for pair in expected]
    assert cost.dtype == torch.float32
    torch.testing.assert_close(cost.cpu(), matching_cost(logits[0].float(), boxes[0].float(), targets[0]))
