"""DETR's loss: its terms worked out elsewhere, empty pictures, and what the gradient reaches."""

import pytest
import torch
import torch.nn.functional as F

from book_lib.detection.boxes import generalized_box_iou, paired_giou
from book_lib.detection.criterion import NO_OBJECT, WEIGHTS, detection_losses, detr_loss
from book_lib.detection.detr import DetectionOutput
from book_lib.detection.matching import match
from book_lib.training import train_epochs

LOGITS = torch.tensor([[[2.0, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0]]])
BOXES = torch.tensor([[[0.5, 0.5, 0.2, 0.2], [0.3, 0.3, 0.2, 0.2], [0.7, 0.7, 0.4, 0.2], [0.5, 0.5, 0.4, 0.4]]])
TARGET = {"labels": torch.tensor([1, 0]), "boxes": torch.tensor([[0.5, 0.5, 0.3, 0.3], [0.3, 0.35, 0.2, 0.2]])}
EMPTY = {"labels": torch.zeros(0, dtype=torch.int64), "boxes": torch.zeros(0, 4)}


def values(losses):
    return {name: value.item() for name, value in losses.items()}


def random_answers(layers=3, batch=3, queries=8, classes=4):
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(layers, batch, queries, classes + 1, generator=generator)
    return DetectionOutput(logits.requires_grad_(), torch.rand(layers, batch, queries, 4, generator=generator).requires_grad_())


def random_targets(counts=(3, 0, 5), classes=4):
    generator = torch.Generator().manual_seed(1)
    return [{"labels": torch.randint(classes, (n,), generator=generator), "boxes": 0.2 + 0.2 * torch.rand(n, 4, generator=generator)}
            for n in counts]


def test_worked_terms():
    losses = values(detection_losses(LOGITS, BOXES, [TARGET]))
    assert losses == pytest.approx({"classes": 1.223881, "boxes": 0.125, "giou": 0.41875}, abs=2e-6)


def test_worked_terms_of_a_picture_without_objects():
    losses = values(detection_losses(LOGITS, BOXES, [EMPTY]))
    assert losses == pytest.approx({"classes": 1.551107, "boxes": 0.0, "giou": 0.0}, abs=2e-6)


def test_the_total_weighs_the_terms():
    output = DetectionOutput(LOGITS[None], BOXES[None])
    total, terms = detr_loss(output, [TARGET])
    assert (WEIGHTS, NO_OBJECT) == ({"classes": 1.0, "boxes": 5.0, "giou": 2.0}, 0.1)
    assert total.item() == pytest.approx(1.223881 + 5 * 0.125 + 2 * 0.41875, abs=5e-6) and set(terms) == set(WEIGHTS)
    total, _ = detr_loss(output, [TARGET], weights={"boxes": 0.0, "classes": 2.0})
    assert total.item() == pytest.approx(2 * 1.223881 + 2 * 0.41875, abs=5e-6)


def test_no_object_counts_as_much_as_it_is_told():
    equal = detection_losses(LOGITS, BOXES, [TARGET], no_object_weight=1.0)["classes"]
    assert equal.item() == pytest.approx(F.cross_entropy(LOGITS[0], torch.tensor([2, 0, 2, 1])).item())
    nothing = detection_losses(LOGITS, BOXES, [TARGET], no_object_weight=0.0)["classes"]
    assert nothing.item() == pytest.approx(F.cross_entropy(LOGITS[0, [1, 3]], torch.tensor([0, 1])).item())


def test_an_empty_picture_in_a_batch_only_adds_wishes_for_no_object():
    both = detection_losses(LOGITS.repeat(2, 1, 1), BOXES.repeat(2, 1, 1), [TARGET, EMPTY])
    alone, nothing = (values(detection_losses(LOGITS, BOXES, [target])) for target in (TARGET, EMPTY))
    assert both["boxes"].item() == pytest.approx(alone["boxes"]) and both["giou"].item() == pytest.approx(alone["giou"])
    weights = 2 + 2 * 0.1, 4 * 0.1                               # two objects, two queries without one; four without one
    mean = (weights[0] * alone["classes"] + weights[1] * nothing["classes"]) / sum(weights)
    assert both["classes"].item() == pytest.approx(mean)


def test_box_terms_are_divided_by_the_objects_of_the_whole_batch():
    targets = random_targets()
    output = random_answers()
    losses = values(detection_losses(output.logits[0], output.boxes[0], targets))
    pairs = match(output.logits[0], output.boxes[0], targets)
    expected = sum((output.boxes[0, i][queries] - targets[i]["boxes"][objects]).abs().sum() for i, (queries, objects) in enumerate(pairs))
    assert losses["boxes"] == pytest.approx(expected.item() / 8)


@pytest.mark.parametrize("seed", range(4))
def test_the_order_of_queries_and_objects_does_not_matter(seed):
    generator = torch.Generator().manual_seed(seed)
    output, targets = random_answers(), random_targets()
    order = torch.randperm(8, generator=generator)
    turned = [{name: value.flip(0) for name, value in target.items()} for target in targets]
    expected, expected_terms = detr_loss(output, targets)
    total, terms = detr_loss(DetectionOutput(output.logits[:, :, order], output.boxes[:, :, order]), turned)
    assert total.item() == pytest.approx(expected.item(), rel=1e-6)
    assert values(terms) == pytest.approx(values(expected_terms), rel=1e-6)


def test_every_layer_is_matched_anew():
    output, targets = random_answers(), random_targets()
    total, terms = detr_loss(output, targets)
    assert list(terms) == ["classes_0", "boxes_0", "giou_0", "classes_1", "boxes_1", "giou_1", "classes", "boxes", "giou"]
    expected = 0.0
    for layer, suffix in enumerate(("_0", "_1", "")):
        own = values(detection_losses(output.logits[layer], output.boxes[layer], targets))
        assert {name: terms[name + suffix].item() for name in own} == pytest.approx(own)
        expected += sum(WEIGHTS[name] * value for name, value in own.items())
    assert total.item() == pytest.approx(expected, rel=1e-6)
    last = match(output.logits[2], output.boxes[2], targets)
    by_last = detection_losses(output.logits[0], output.boxes[0], targets, pairs=last)
    assert by_last["boxes"].item() > 1.05 * terms["boxes_0"].item()
    assert detr_loss(output, targets, auxiliary=False)[0].item() == pytest.approx(
        sum(WEIGHTS[name] * terms[name].item() for name in WEIGHTS), rel=1e-6)


def test_all_layers_can_be_given_the_last_layers_pairs():
    output, targets = random_answers(), random_targets()
    pairs = match(output.logits[-1], output.boxes[-1], targets)
    assert any(not torch.equal(a, b) for own, last in zip(match(output.logits[0], output.boxes[0], targets), pairs, strict=True)
               for a, b in zip(own, last, strict=True))
    wanted = sum(WEIGHTS[name] * value for logits, boxes in zip(*output, strict=True)
                 for name, value in detection_losses(logits, boxes, targets, pairs=pairs).items())
    total, _ = detr_loss(output, targets, match_each_layer=False)
    assert torch.allclose(total, wanted) and total > detr_loss(output, targets)[0]      # anew, each layer takes its own cheapest pairs


def test_the_gradient_reaches_matched_boxes_only_but_all_classes():
    output, targets = random_answers(), random_targets()
    detr_loss(output, targets)[0].backward()
    assert (output.logits.grad.abs().sum(-1) > 0).all()
    for layer in range(3):
        for picture, (queries, _) in enumerate(match(output.logits[layer], output.boxes[layer], targets)):
            reached = output.boxes.grad[layer, picture].abs().sum(-1) > 0
            assert reached.nonzero()[:, 0].tolist() == queries.tolist()


def test_pictures_without_any_object_have_a_gradient_too():
    output = random_answers()
    detr_loss(output, random_targets((0, 0, 0)))[0].backward()
    assert output.boxes.grad.abs().max() == 0 and output.logits.grad.isfinite().all() and output.logits.grad.abs().max() > 0


def test_giou_of_partners_is_the_diagonal_of_all_pairs():
    generator = torch.Generator().manual_seed(3)
    a, b = (torch.rand(50, 4, generator=generator, dtype=torch.float64) for _ in range(2))
    a[:, 2:], b[:, 2:] = a[:, 2:] + a[:, :2], b[:, 2:] + b[:, :2]
    torch.testing.assert_close(paired_giou(a, b), generalized_box_iou(a, b).diagonal(), rtol=0, atol=1e-12)


def test_giou_of_partners_without_area_is_finite_with_a_finite_gradient():
    a = torch.tensor([[3.0, 3, 3, 3], [3, 3, 3, 3], [3, 3, 3, 9]], requires_grad=True)
    b = torch.tensor([[3.0, 3, 3, 3], [5, 5, 5, 5], [3, 1, 3, 5]])
    result = paired_giou(a, b)
    assert result.tolist() == generalized_box_iou(a, b).diagonal().tolist() == [0, -1, 0]
    result.sum().backward()
    assert a.grad.isfinite().all()


def test_target_boxes_in_another_precision_are_taken():
    double = [{"labels": TARGET["labels"], "boxes": TARGET["boxes"].double()}]
    assert values(detection_losses(LOGITS, BOXES, double)) == pytest.approx(values(detection_losses(LOGITS, BOXES, [TARGET])))


DEVICES = ["cpu", pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here"))]


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("autocast", [False, True])
def test_half_precision_has_the_loss_and_gradients_of_float32(device, dtype, autocast):
    targets = random_targets()
    half = DetectionOutput(*(part.detach().to(device, dtype).requires_grad_() for part in random_answers()))
    full = DetectionOutput(*(part.detach().float().cpu().requires_grad_() for part in half))
    with torch.autocast(device, dtype=dtype, enabled=autocast):
        total, terms = detr_loss(half, targets)
    expected, expected_terms = detr_loss(full, targets)
    assert total.dtype == torch.float32 and total.item() == pytest.approx(expected.item(), rel=1e-5)
    assert values(terms) == pytest.approx(values(expected_terms), rel=1e-5)
    total.backward()
    expected.backward()
    for one, other in zip(half, full, strict=True):
        torch.testing.assert_close(one.grad.cpu(), other.grad.to(dtype))


def test_terms_that_do_not_exist_have_no_weight():
    with pytest.raises(ValueError, match=r"weights has \['bbox'\], expected some of \['boxes', 'classes', 'giou'\]"):
        detr_loss(random_answers(), random_targets(), weights={"bbox": 5.0})


def test_a_network_that_has_diverged_is_told_with_epoch_step_and_rate():
    """Not SciPy's "matrix contains invalid numeric entries"."""
    model = torch.nn.Linear(1, 5)

    def loss(model, batch):
        logits = model(torch.ones(1, 2, 6, 1)) * (torch.nan if batch == 2 else 1)
        return detr_loss(DetectionOutput(logits, torch.full((1, 2, 6, 4), 0.5)), random_targets((2, 1)))

    message = "epoch 0, step 2, learning rate 0.25: logits of picture 0, query 0, hold nan: the network has diverged"
    with pytest.raises(ValueError, match=message):
        train_epochs(model, lambda epoch, generator: [0, 1, 2, 3], loss, epochs=1, lr=0.25, seed=0)
