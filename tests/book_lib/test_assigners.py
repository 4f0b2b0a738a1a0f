"""Label assignment: every method on an example worked out elsewhere, to the digits it is given."""

import pytest
import torch

from book_lib.detection.assigners.assignment import IGNORED, NEGATIVE
from book_lib.detection.assigners.atss import atss
from book_lib.detection.assigners.auto_assign import auto_assign, auto_assign_loss, centre_prior
from book_lib.detection.assigners.fcos import centreness, fcos
from book_lib.detection.assigners.free_anchor import free_anchor, free_anchor_loss, mean_max
from book_lib.detection.assigners.max_iou import RCNN_HEAD, RETINANET, RPN, SSD, max_iou
from book_lib.detection.assigners.one_to_one import hungarian
from book_lib.detection.assigners.sim_ota import class_costs, sim_ota
from book_lib.detection.assigners.task_aligned import task_aligned
from book_lib.detection.assigners.yolo_v1 import yolo_v1, yolo_v1_loss
from book_lib.detection.assigners.yolo_v2 import yolo_boxes, yolo_v2, yolo_v2_loss
from book_lib.detection.assigners.yolo_v3 import PAPER, yolo_v3, yolo_v3_loss
from book_lib.detection.boxes import box_iou, box_xyxy_to_cxcywh
from book_lib.detection.priors import make_anchors, make_points, priors_of_boxes

SIZE = (64, 64)


def target_of(boxes_xyxy, labels):
    """A target from corners in px of a picture of 64 x 64."""
    return {"labels": torch.tensor(labels), "boxes": box_xyxy_to_cxcywh(torch.tensor(boxes_xyxy, dtype=torch.float32).view(-1, 4)) / 64}


ANCHORS = priors_of_boxes(torch.tensor([[0.0, 0, 10, 10], [0, 0, 10, 6], [5, 0, 15, 10], [20, 20, 30, 30], [22, 20, 32, 30],
                                        [40, 40, 50, 50], [0, 0, 4, 4], [41, 40, 50, 49]]), size=SIZE)
FOUR = target_of([[0, 0, 10, 9], [21, 20, 31, 30], [44, 44, 56, 56], [2, 0, 12, 10]], [3, 1, 2, 0])


@pytest.mark.parametrize("settings, objects, lost", [
    (RPN | {"low_quality": "overwrite", "least_low_quality": 0.3}, [3, -2, -2, 1, 1, -1, -1, -1], [0, 2]),
    (RPN, [0, -2, -2, 1, 1, 2, -1, -1], [3]),
    (RCNN_HEAD, [0, 0, 3, 1, 1, -1, -1, -1], [2]),
    (RETINANET | {"low_quality": "overwrite"}, [3, 0, 3, 1, 1, 2, -1, -1], []),
    (RETINANET, [0, 0, 3, 1, 1, 2, -1, -1], []),
    (SSD, [3, 0, 3, 1, 1, 2, -1, -1], []),
])
def test_max_iou_in_the_settings_of_three_detectors_and_two_libraries(settings, objects, lost):
    found = max_iou(FOUR, ANCHORS, n_classes=4, **settings)
    assert found.objects.tolist() == objects and found.lost == lost
    assert found.counts.tolist() == [objects.count(i) for i in range(4)]


def test_the_ious_of_that_example_and_a_region_to_ignore():
    corners = 64 * torch.cat((FOUR["boxes"][:, :2] - FOUR["boxes"][:, 2:] / 2, FOUR["boxes"][:, :2] + FOUR["boxes"][:, 2:] / 2), dim=1)
    assert box_iou(corners, ANCHORS.boxes_xyxy)[[0, 0, 1, 1, 2, 3], [0, 2, 3, 4, 5, 2]].tolist() == pytest.approx(
        [0.9, 0.310345, 0.818182, 0.818182, 0.173077, 0.538462], abs=1e-6)
    two = {name: values[:2] for name, values in FOUR.items()}
    region = box_xyxy_to_cxcywh(torch.tensor([[38.0, 38, 52, 52]])) / 64
    for low_quality in ("overwrite", "restore"):
        found = max_iou(two, ANCHORS, n_classes=4, **RETINANET | {"low_quality": low_quality}, ignored=region)
        assert found.objects.tolist() == [0, 0, -1, 1, 1, -2, -1, -2]
    assert max_iou(two, ANCHORS, n_classes=4, **RETINANET, ignored=region[:0]).objects.tolist() == [0, 0, -1, 1, 1, -1, -1, -1]


def test_an_object_that_no_anchor_overlaps_calls_all_anchors_its_best():
    far = target_of([[57, 2, 60, 5]], [0])
    assert max_iou(far, ANCHORS, n_classes=4, **RETINANET).objects.tolist() == [0] * 8           # as mmdetection and torchvision do
    assert max_iou(far, ANCHORS, n_classes=4, **RETINANET, least_low_quality=0.01).lost == [0]


def test_yolo_v1_by_hand():
    target = {"labels": torch.tensor([1]), "boxes": torch.tensor([[0.75, 0.25, 0.36, 0.49]])}
    priors = make_points(SIZE, (32,), per_cell=2)
    classes, confidences, boxes = torch.zeros(4, 2), torch.zeros(4, 2), torch.zeros(4, 2, 4)
    classes[1], confidences[0, 0], confidences[1], confidences[3, 1] = torch.tensor([0.3, 0.6]), 0.1, torch.tensor([0.2, 0.7]), 0.4
    boxes[1] = torch.tensor([[0.5, 0.5, 0.5, 0.5], [0.4, 0.6, 0.8, 0.7]])
    answers = [values.requires_grad_() for values in (classes, confidences, boxes)]
    loss, found = yolo_v1_loss(*answers, target, priors)
    loss.backward()
    assert found.objects.tolist() == [-1, -1, -1, 0, -1, -1, -1, -1] and found.scores[3].item() == pytest.approx(0.477684, abs=1e-6)
    classes, confidences, boxes = (-values.grad for values in answers)
    assert classes[1].tolist() == pytest.approx([-0.3, 0.4]) and not classes[[0, 2, 3]].any()
    assert confidences.flatten().tolist() == pytest.approx([-0.05, 0, -0.1, -0.222316, 0, 0, 0, -0.2], abs=1e-6)
    assert boxes[1, 1].tolist() == pytest.approx([0.5, -0.5, -1, 0], abs=1e-6) and not boxes[1, 0].any()
    assert sum((values**2).sum() for values in (classes, confidences, boxes)).item() == pytest.approx(1.851925, abs=1e-6)
    answers[1].grad = None
    yolo_v1_loss(*answers, target, priors, rescore=False)[0].backward()
    assert -answers[1].grad[1, 1].item() == pytest.approx(0.3)


def test_yolo_v1_keeps_the_first_object_of_a_cell_and_falls_back_on_distance():
    target = target_of([[2, 2, 20, 20], [4, 4, 24, 24], [40, 40, 60, 60], [10, 40, 10.2, 60]], [0, 1, 0, 1])
    priors = make_points(SIZE, (32,), per_cell=2)
    predicted = torch.tensor([[0.0, 0, 30, 30], [0, 0, 20, 20], [0, 0, 1, 1], [0, 0, 1, 1], [0, 0, 1, 1], [0, 0, 1, 1], [0, 0, 1, 1],
                              [30, 30, 31, 31]])
    found = yolo_v1(target, priors, predicted, n_classes=2)
    assert found.objects.tolist() == [-1, 0, -1, -1, -1, -1, -1, 2] and found.lost == [1, 3]      # 3 is thinner than 0.005 of the picture
    assert found.scores[7] == 0                                                                  # chosen by distance: no box overlaps
    firsts = {yolo_v1(target, priors, predicted, n_classes=2, generator=torch.Generator().manual_seed(i)).lost[0] for i in range(20)}
    assert firsts == {0, 1}


def test_yolo_v2_by_hand(monkeypatch):
    monkeypatch.setattr("book_lib.detection.targets.SLACK", 0.2)                                 # the example's box leaves the picture
    priors = make_anchors(SIZE, (32,), [[(32, 32), (64, 32)]])
    target = {"labels": torch.tensor([1]), "boxes": torch.tensor([[0.3, 0.3, 0.9, 0.45]])}
    answers = torch.zeros(8, 7)                                                                  # cell by cell, two anchors each
    answers[6, 4], answers[0, 2] = 1, torch.tensor(1.5).log()
    boxes_xyxy = torch.tensor([[-0.15, 0.075, 0.75, 0.525]]) * 64
    iou = box_iou(boxes_xyxy, yolo_boxes(answers, priors))[0]
    assert iou[0::2].tolist() == pytest.approx([0.691057, 0.193622, 0.019455, 0.009634], abs=1e-6)
    assert iou[1::2].tolist() == pytest.approx([0.732057, 0.306859, 0.025496, 0.014006], abs=1e-6)
    loss, found = yolo_v2_loss(answers.requires_grad_(), target, priors)
    loss.backward()
    assert found.objects.tolist() == [IGNORED, 0] + [NEGATIVE] * 6
    delta = -answers.grad
    assert delta[0::2, 4].tolist() == pytest.approx([0, -0.5, -0.5, -0.731059], abs=1e-6)
    assert delta[1::2, 4].tolist() == pytest.approx([1.160286, -0.5, -0.5, -0.5], abs=1e-5)
    assert delta[1, [0, 2, 5, 6]].tolist() == pytest.approx([0.1595, -0.168050, -0.5, 0.5], abs=1e-6)
    narrow = yolo_v2(target, priors, yolo_boxes(torch.zeros(8, 7), priors), n_classes=2)
    assert narrow.objects.tolist() == [NEGATIVE, 0] + [NEGATIVE] * 6                             # its IoU is 0.48 now


def test_yolo_v3_by_hand():
    priors = make_anchors(SIZE, (16, 32), [[(10, 14), (1, 1)], [(23, 27), (37, 58)]])            # the (1, 1) only fills its level
    target = {"labels": torch.tensor([1, 0]), "boxes": torch.tensor([[0.3, 0.3, 0.5, 0.6], [0.8, 0.8, 0.15, 0.2]])}
    answers = torch.zeros(40, 7, requires_grad=True)
    loss, found = yolo_v3_loss(answers, target, priors, ignore_above=0.5)
    loss.backward()
    here = slice(32, 40)                                                                         # stride 32: two anchors in each cell
    assert found.objects[here].tolist() == [IGNORED, 0] + [NEGATIVE] * 6
    assert found.objects[:32].tolist().index(1) == 2 * (3 * 4 + 3) and found.counts.tolist() == [1, 1]     # the small one: the other level
    delta = -answers.grad[here]
    assert delta[0::2, 4].tolist() == [0, -0.5, -0.5, -0.5] and delta[1::2, 4].tolist() == [0.5, -0.5, -0.5, -0.5]
    assert delta[1, :4].tolist() == pytest.approx([0.17, 0.17, -0.246809, -0.701055], abs=1e-6) and delta[1, 5:].tolist() == [-0.5, 0.5]


def test_yolo_v3_as_the_paper_says_it_and_as_it_was_published():
    priors = make_anchors(SIZE, (32,), [[(23, 27), (37, 58)]])
    target = target_of([[2, 2, 34, 40]], [1])                                                    # in the first cell, like the second anchor
    by_prior = yolo_v3(target, priors, n_classes=2, ignore_above=PAPER)
    iou = box_iou(torch.tensor([[2.0, 2, 34, 40]]), priors.boxes_xyxy)[0]
    assert by_prior.objects.tolist() == [0 if i == 1 else IGNORED if iou[i] > 0.5 else NEGATIVE for i in range(8)]
    predicted = priors.boxes_xyxy.clone()
    predicted[6] = torch.tensor([2.0, 2, 34, 41])                                                # far away, but it has found the object
    by_prediction = yolo_v3(target, priors, predicted, n_classes=2, ignore_above=0.7)
    assert by_prediction.objects[6] == IGNORED and by_prior.objects[6] == NEGATIVE


def test_two_objects_in_one_slot_of_yolo():
    priors = make_anchors(SIZE, (32,), [[(23, 27), (37, 58)]])
    target = target_of([[4, 4, 28, 30], [5, 5, 28, 32]], [0, 1])
    second = yolo_v2(target, priors, priors.boxes_xyxy, n_classes=2)
    assert second.objects[0] == 1 and second.lost == [0]
    third = yolo_v3(target, priors, n_classes=2)
    assert third.objects[0] == 1 and third.classes[0].tolist() == [True, True] and third.lost == [0]


def fcos_example():
    return target_of([[4, 4, 60, 60], [16, 16, 40, 36], [20, 8, 30, 50]], [1, 2, 3]), make_points(SIZE, (8, 16)), [(-1, 32), (32, 1e8)]


def test_fcos_by_hand():
    target, priors, ranges = fcos_example()
    both = fcos(target, priors, n_classes=4, ranges=ranges).objects
    without = fcos(target, priors, n_classes=4, ranges=ranges, radius=None).objects
    fine = torch.full((8, 8), -1)
    fine[2:5, 2:5] = torch.tensor([[2, 3, 2], [2, 3, 2], [5, 3, 1]]) - 1
    fine[fine == 4] = -1
    assert both[:64].view(8, 8).tolist() == fine.tolist()
    coarse, sampled = torch.zeros(4, 4, dtype=torch.int64), torch.full((4, 4), -1)
    coarse[2, 1] = 2
    sampled[1:3, 1:3] = torch.tensor([[0, 0], [2, 0]])
    assert without[64:].view(4, 4).tolist() == coarse.tolist() and both[64:].view(4, 4).tolist() == sampled.tolist()
    assert centreness(torch.tensor([8.0, 20, 2, 22])).item() == pytest.approx(0.476731, abs=1e-6)


def test_fcos_counts_both_ends_of_a_range():
    target, priors, ranges = fcos_example()
    at = priors.centres.tolist().index([36, 36])                                                 # its largest distance is exactly 32
    assert fcos(target, priors, n_classes=4, ranges=ranges).objects[at] == 0
    assert fcos(target, priors, n_classes=4, ranges=[(-1, 31.9), (32, 1e8)]).objects[at] == NEGATIVE


def test_free_anchor_by_hand():
    anchors = priors_of_boxes(torch.tensor([[0.0, 0, 10, 10], [1, 1, 11, 11], [0, 0, 10, 8], [5, 5, 15, 15], [20, 20, 30, 30]]), size=SIZE)
    target = target_of([[0, 0, 10, 10], [19, 20, 29, 30]], [0, 1])
    logits = torch.tensor([[0.9, 0.1], [0.6, 0.2], [0.3, 0.3], [0.2, 0.5], [0.1, 0.8]]).logit().requires_grad_()
    deltas = torch.zeros(5, 4)
    deltas[1, :2] = -1
    deltas.requires_grad_()
    found = free_anchor(target, anchors, logits, deltas, bag=3)
    assert torch.allclose(1 - found.negative.T, torch.tensor([[1.0, 1, 0.5, 0, 0], [0, 0, 0, 0, 1]]), atol=1e-5)
    assert found.positive.sum(0).tolist() == pytest.approx([1, 1]) and (found.positive > 0).sum(0).tolist() == [3, 3] and found.lost == []
    loss, parts = free_anchor_loss(logits[None], deltas[None], [target], anchors, bag=3)
    assert parts == pytest.approx({"positive": 0.494012, "negative": 0.019084}, abs=1e-6)
    loss.backward()
    assert logits.grad.isfinite().all() and deltas.grad.isfinite().all() and deltas.grad.any()
    one = {name: values[:1] for name, values in target.items()}
    assert free_anchor_loss(logits[None], deltas[None], [one], anchors, bag=3)[1]["positive"] == pytest.approx(0.125041, abs=1e-6)
    values = torch.tensor([[0.9, 0.2, 0.1], [0.2, 0.2, 0.2]])
    assert mean_max(values).tolist() == pytest.approx([0.757303, 0.2], abs=1e-6)
    assert mean_max(torch.tensor([1.0, 0.3])).item() == pytest.approx(1)


def auto_assign_example():
    priors = make_points((32, 32), (8,), offset=0)
    target = {"labels": torch.tensor([0]), "boxes": box_xyxy_to_cxcywh(torch.tensor([[2.0, 2, 20, 18]])) / 32}
    logits, objectness = torch.zeros(16, 2), torch.zeros(16)
    logits[5, 0], objectness[5] = 2, 1
    predicted = torch.cat((priors.centres - 8, priors.centres + 8), dim=1)
    return target, priors, logits, objectness, predicted, {"means": torch.zeros(2, 2), "deviations": torch.ones(2, 2)}


def test_auto_assign_by_hand():
    target, priors, logits, objectness, predicted, prior = auto_assign_example()
    corners = torch.tensor([[2.0, 2, 20, 18]])
    central = centre_prior(target["labels"], corners, priors, prior["means"], prior["deviations"])[0]
    assert central[[5, 6, 9, 10]].tolist() == pytest.approx([0.903425, 0.797269, 0.703588, 0.620914], abs=1e-6)
    found = auto_assign(target, priors, logits, objectness, predicted, **prior)
    assert (found.objects == 0).nonzero()[:, 0].tolist() == [5, 6, 9, 10]
    assert found.positive.sum().item() == pytest.approx(1) and found.negative[:, 1].tolist() == [1] * 16
    assert found.negative[[5, 6, 9, 10], 0].min() == 0 and (found.negative[[0, 1, 15], 0] == 1).all()
    _, parts = auto_assign_loss(logits[None], objectness[None], predicted[None], [target], priors, **prior)
    assert parts == pytest.approx({"positive": 0.915585, "negative": 0.143192, "centre": 0.247918}, abs=1e-6)


def test_auto_assign_learns_its_centre_prior():
    target, priors, logits, objectness, predicted, prior = auto_assign_example()
    prior = {name: values.requires_grad_() for name, values in prior.items()}
    logits.requires_grad_()
    loss, _ = auto_assign_loss(logits[None], objectness[None], predicted[None], [target], priors, **prior)
    loss.backward()
    assert all(values.grad[0].any() and not values.grad[1].any() for values in prior.values()) and logits.grad.isfinite().all()


def test_an_object_without_a_point_costs_auto_assign_a_constant():
    target, priors, logits, objectness, predicted, prior = auto_assign_example()
    tiny = target | {"boxes": torch.tensor([[0.4, 0.4, 0.02, 0.02]])}
    assert auto_assign(tiny, priors, logits, objectness, predicted, **prior).lost == [0]
    _, parts = auto_assign_loss(logits[None], objectness[None], predicted[None], [tiny], priors, **prior)
    assert parts["positive"] == pytest.approx(25) and parts["centre"] == 0                       # 0.25 times 100, the log's floor


def two_levels():
    priors = make_anchors(SIZE, (16, 32), [[(32, 32)], [(64, 64)]])
    return target_of([[10, 10, 42, 42], [30, 20, 62, 36]], [0, 1]), priors


def test_atss_by_hand():
    target, priors = two_levels()
    found = atss(target, priors, n_classes=2, nearest=3)
    assert (found.objects == 0).nonzero()[:, 0].tolist() == [5] and (found.objects == 1).nonzero()[:, 0].tolist() == [6]
    iou = box_iou(torch.tensor([[10.0, 10, 42, 42]]), priors.boxes_xyxy)[0, [5, 9, 6, 16, 17, 18]]
    assert iou.tolist() == pytest.approx([0.783972, 0.358090, 0.358090, 0.25, 0.194030, 0.194030], abs=1e-6)
    assert (iou.mean().item(), iou.std().item()) == pytest.approx((0.356369, 0.222204), abs=1e-6)


def predictions():
    target, priors = two_levels()
    boxes, scores = priors.boxes_xyxy.clone(), torch.full((20, 2), 0.1)
    boxes[[5, 6, 9]] = torch.tensor([[12.0, 10, 40, 42], [28, 18, 60, 38], [8, 12, 44, 44]])
    scores[[5, 6, 9]] = torch.tensor([[0.8, 0.1], [0.2, 0.7], [0.6, 0.1]])
    return target, priors, scores, boxes


def test_sim_ota_by_hand():
    target, priors, scores, boxes = predictions()
    found = sim_ota(target, priors, scores, boxes)
    assert (found.objects == 0).nonzero()[:, 0].tolist() == [5, 9, 16] and (found.objects == 1).nonzero()[:, 0].tolist() == [6, 7]
    corners = torch.tensor([[10.0, 10, 42, 42], [30, 20, 62, 36]])
    costs = class_costs(scores, target["labels"]) - 3 * (box_iou(corners, boxes) + 1e-7).log()
    assert costs[0, [5, 6, 9]].tolist() == pytest.approx([0.729098, 7.607240, 1.325352], abs=2e-6)
    assert costs[1, 6].item() == pytest.approx(1.589235, abs=2e-6)


def test_task_aligned_by_hand():
    target, priors, scores, boxes = predictions()
    found = task_aligned(target, priors, scores, boxes, best=2)
    assert (found.objects == 0).nonzero()[:, 0].tolist() == [5, 9] and (found.objects == 1).nonzero()[:, 0].tolist() == [6, 7]
    iou = box_iou(torch.tensor([[10.0, 10, 42, 42], [30, 20, 62, 36]]), boxes)
    t = scores[:, target["labels"]].T * iou**6
    assert t[0, [5, 9]].tolist() == pytest.approx([0.359036, 0.145270], abs=1e-6) and t[1, 6].item() == pytest.approx(0.092967, abs=1e-6)
    best = iou[0, [5, 9]].max().item()
    assert found.scores[[5, 9]].tolist() == pytest.approx([best, best * 0.145270 / 0.359036], abs=1e-5)
    assert found.scores[6].item() == pytest.approx(iou[1, [6, 7]].max().item()) and not found.scores[[0, 1, 19]].any()


def test_hungarian_gives_every_object_one_prediction():
    logits = torch.tensor([[2.0, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0]])
    boxes = torch.tensor([[0.5, 0.5, 0.2, 0.2], [0.3, 0.3, 0.2, 0.2], [0.7, 0.7, 0.4, 0.2], [0.5, 0.5, 0.4, 0.4]])
    target = {"labels": torch.tensor([1, 0]), "boxes": torch.tensor([[0.5, 0.5, 0.3, 0.3], [0.3, 0.35, 0.2, 0.2]])}
    found = hungarian(target, logits, boxes)
    assert found.objects.tolist() == [-1, 1, -1, 0] and found.lost == []
    many = {"labels": torch.zeros(5, dtype=torch.int64), "boxes": boxes[[0, 0, 1, 2, 3]]}
    assert len(hungarian(many, logits, boxes).lost) == 1 and hungarian(target, logits[:, :2], boxes, classes="sigmoid").lost == []
