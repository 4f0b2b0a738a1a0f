"""DETR: shapes, masks, queries as a set, and what it refuses."""

import pytest
import torch
from torch import nn

from book_lib.attention import MultiHeadAttention
from book_lib.detection.backbone import SmallCNN
from book_lib.detection.boxes import box_cxcywh_to_xyxy
from book_lib.detection.criterion import detr_loss
from book_lib.detection.detr import DETR, DetectionOutput, detections


class Patches(nn.Module):
    """A backbone in which no cell sees anything of another: one number a channel from each 4 x 4 patch."""

    n_channels, stride = 6, 4

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 4, 4)

    def forward(self, images):
        return self.conv(images)


SIZES = {"n_classes": 5, "n_queries": 7, "d_model": 16, "n_heads": 4, "d_ff": 24, "n_encoder_layers": 2, "n_decoder_layers": 3}


def detr(**changes):
    torch.manual_seed(0)
    return DETR(Patches(), **SIZES | changes).double().eval()


def pictures(b=2, h=24, w=32):
    return torch.randn(b, 3, h, w, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def assert_same(ours, other, atol=1e-10):
    for one, two in zip(ours, other, strict=True):
        torch.testing.assert_close(one, two, rtol=0, atol=atol)


def test_shapes_of_every_part():
    model = detr()
    features, real, code = model.features(pictures())
    assert features.shape == code.shape == (2, 16, 6, 8) and real.shape == (2, 6, 8) and real.all()
    memory, maps = model.encode(features, real, code, need_weights=True)
    assert memory.shape == (2, 48, 16) and [m.shape for m in maps] == [(2, 4, 48, 48)] * 2
    states, between, on_memory = model.decode(memory, real, code, need_weights=True)
    assert states.shape == (3, 2, 7, 16)
    assert [m.shape for m in between] == [(2, 4, 7, 7)] * 3 and [m.shape for m in on_memory] == [(2, 4, 7, 48)] * 3
    output = model.answer(states)
    assert output.logits.shape == (3, 2, 7, 6) and output.boxes.shape == (3, 2, 7, 4)
    assert (output.boxes > 0).all() and (output.boxes < 1).all()
    assert_same(output, model(pictures()))


def test_attention_gives_the_same_answer_and_weights_that_sum_to_one():
    model = detr()
    mask = torch.ones(2, 24, 32, dtype=torch.bool)
    mask[1, 12:], mask[1, :, 20:] = False, False
    output, maps = model.attention(pictures(), mask)
    assert_same(output, model(pictures(), mask))
    for weights in (*maps.encoder, *maps.between_queries, *maps.on_memory):
        torch.testing.assert_close(weights.sum(-1), torch.ones_like(weights[..., 0]))
    padding = ~mask[1, ::4, ::4].flatten()
    assert all(weights[1, ..., padding].abs().max() == 0 for weights in (*maps.encoder, *maps.on_memory))


@pytest.mark.parametrize("positions", ["sine", "none"])
def test_padding_changes_nothing(positions):
    """The picture alone, and the same picture in a larger one full of other numbers that the mask hides: the same answer."""
    model = detr(positions=positions)
    alone = pictures(1, 16, 20)
    padded, mask = 100 * pictures(2, 24, 32), torch.zeros(2, 24, 32, dtype=torch.bool)
    padded[0, :, :16, :20], mask[0, :16, :20], mask[1] = alone, True, True
    output = model(padded, mask)
    expected = model(alone)
    assert_same((output.logits[:, :1], output.boxes[:, :1]), expected)
    seen = model(padded)
    assert (seen.logits[:, :1] - expected.logits).abs().max() > 1e-2     # without the mask it does see the padding


def test_a_picture_that_no_cell_of_the_map_shows_gives_finite_answers():
    mask = torch.zeros(2, 24, 32, dtype=torch.bool)
    mask[0] = True
    for output in (detr()(pictures(), mask), detr().attention(pictures(), mask)[0]):
        assert all(part.isfinite().all() for part in output)


def test_the_order_of_queries_is_the_order_of_answers():
    model, order = detr(), torch.tensor([3, 0, 6, 1, 5, 2, 4])
    expected = model(pictures())
    with torch.no_grad():
        model.queries.copy_(model.queries[order])
    assert_same(model(pictures()), (part[:, :, order] for part in expected))


def test_queries_given_instead_of_the_models_own():
    model = detr()
    features, real, code = model.features(pictures())
    memory, _ = model.encode(features, real, code)
    some = model.decode(memory, real, code, queries=model.queries[:2])[0]
    assert some.shape == (3, 2, 2, 16)
    all_of_them = model.decode(memory, real, code)[0]
    assert (some - all_of_them[:, :, :2]).abs().max() > 1e-3     # each answer depends on all queries
    silent = detr(talk=False)
    memory, _ = silent.encode(features, real, code)
    assert_same([silent.decode(memory, real, code, queries=silent.queries[:2])[0]], [silent.decode(memory, real, code)[0][:, :, :2]])


def test_pictures_of_a_batch_do_not_see_each_other():
    model = detr()
    together = model(pictures())
    for place in range(2):
        assert_same(model(pictures()[place : place + 1]), (part[:, place : place + 1] for part in together))


def test_positions_tell_where_and_without_them_the_cells_are_a_set():
    turned = pictures().unflatten(2, (6, 4)).flip(2).flatten(2, 3)       # the rows of patches in the other order
    assert_same(detr(positions="none")(turned), detr(positions="none")(pictures()))
    assert (detr()(turned).boxes - detr()(pictures()).boxes).abs().max() > 1e-3


def test_without_encoder_layers_the_memory_is_the_map():
    model = detr(n_encoder_layers=0)
    features, real, code = model.features(pictures())
    assert torch.equal(model.encode(features, real, code)[0], features.flatten(2).transpose(1, 2))


def test_every_parameter_learns_from_the_first_step_but_who_looks_at_whom_in_the_first_decoder_layer():
    """There all states are still zero, so that all values are equal, and it cannot matter which of them a query takes."""
    model = detr()
    output = model(pictures())
    (output.logits.square().sum() + output.boxes.square().sum()).backward()
    idle = [name for name, parameter in model.named_parameters() if parameter.grad is None or parameter.grad.abs().max() < 1e-13]
    assert {"decoder_layers.0.self_attention.q_proj.weight", "decoder_layers.0.self_attention.k_proj.weight"} <= set(idle)
    others = [name for name in idle if not name.startswith("decoder_layers.0.self_attention")]
    assert all(name.endswith("k_proj.bias") for name in others)  # the softmax does not feel what it adds to all keys


def test_dropout_only_in_training():
    model = detr(dropout=0.5)
    assert_same(model(pictures()), model(pictures()))
    model.train()
    assert (model(pictures()).logits - model(pictures()).logits).abs().max() > 1e-2


def test_attention_weights_are_dropped_as_often_as_everything_else():
    layers = [*detr(dropout=0.25).encoder_layers, *detr(dropout=0.25).decoder_layers]
    attentions = [part for layer in layers for part in layer.children() if isinstance(part, MultiHeadAttention)]
    assert len(attentions) == 2 + 3 * 2 and all(attention.dropout == 0.25 for attention in attentions)


def test_a_small_backbone_of_the_book():
    model = DETR(SmallCNN(), **SIZES).eval()
    output = model(torch.randn(2, 3, 50, 70))
    assert output.logits.shape == (3, 2, 7, 6) and output.logits.dtype == torch.float32


@pytest.mark.parametrize(("changes", "message"), [
    ({"n_classes": 0}, "n_classes is 0"),
    ({"n_queries": 0}, "n_queries is 0"),
    ({"n_decoder_layers": 0}, "n_decoder_layers is 0"),
    ({"d_ff": 1.5}, "d_ff is 1.5"),
    ({"positions": "learned"}, "positions is 'learned', expected 'sine' or 'none'"),
    ({"d_model": 18}, "d_model 18 must be a multiple of n_heads 4"),
])
def test_sizes_that_do_not_fit_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        detr(**changes)


@pytest.mark.parametrize(("images", "mask", "message"), [
    (torch.zeros(1, 1, 8, 8), None, r"images has shape \[1, 1, 8, 8\]"),
    (torch.zeros(3, 8, 8), None, r"images has shape \[3, 8, 8\]"),
    (torch.zeros(1, 3, 8, 8), torch.ones(1, 8, 9, dtype=torch.bool), r"mask has shape \[1, 8, 9\]"),
    (torch.zeros(1, 3, 8, 8), torch.ones(1, 8, 8), "torch.float32, expected torch.bool"),
])
def test_pictures_that_do_not_fit_are_refused(images, mask, message):
    with pytest.raises(ValueError, match=message):
        detr()(images.double(), mask)


def test_detections_by_hand():
    logits = torch.tensor([[[2.0, 0, 0], [0, 1, 5], [0, 0, 1]]])
    boxes = torch.tensor([[[0.5, 0.5, 0.2, 0.4], [0.25, 0.5, 0.5, 1], [0.1, 0.1, 0.4, 0.1]]])
    (found,) = detections(logits, boxes, [(100, 200)])
    assert found["labels"].tolist() == [0, 1, 0]                 # the second query says no object; the best class is given all the same
    assert found["scores"].tolist() == pytest.approx([0.786986, 0.017867, 0.211942], abs=1e-5)
    assert torch.allclose(found["boxes_xyxy"], torch.tensor([[80.0, 30, 120, 70], [0, 0, 100, 100], [-20, 5, 60, 15]]))


def test_detections_of_a_batch_use_each_pictures_own_size():
    output = detr()(pictures())
    found = detections(output.logits[-1], output.boxes[-1], [(24, 32), (240, 320)])
    for place, (h, w) in enumerate([(24, 32), (240, 320)]):
        sides = torch.tensor([w, h, w, h])
        assert_same([found[place]["boxes_xyxy"]], [box_cxcywh_to_xyxy(output.boxes[-1, place]) * sides])
        assert len(found[place]["scores"]) == 7 and found[place]["labels"].max() < 5
    with pytest.raises(ValueError, match="and 1 sizes: expected"):
        detections(output.logits[-1], output.boxes[-1], [(24, 32)])
    with pytest.raises(ValueError, match=r"logits \[3, 2, 7, 6\]"):
        detections(*DetectionOutput(*output), [(24, 32)] * 2)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_detections_in_half_precision_keep_their_pixels(dtype):
    logits = torch.tensor([[[2.0, 0, 0]]]).to(dtype)
    boxes = torch.tensor([[[0.5, 0.5, 1.0, 1.0]]]).to(dtype)
    (found,) = detections(logits, boxes, [(1067, 1333)])
    assert found["boxes_xyxy"].tolist() == [[0, 0, 1333, 1067]] and found["scores"].dtype == torch.float32


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("autocast", [False, True])
def test_the_whole_detector_runs_and_learns_in_half_precision(dtype, autocast):
    torch.manual_seed(0)
    model = DETR(Patches(), **SIZES).eval()
    images, mask = pictures().float(), torch.ones(2, 24, 32, dtype=torch.bool)
    mask[1, 12:] = False
    expected = model(images, mask)
    if not autocast:
        model, images = model.to(dtype), images.to(dtype)
    target = {"labels": torch.tensor([1, 4]), "boxes": torch.tensor([[0.5, 0.5, 0.3, 0.3], [0.3, 0.4, 0.2, 0.2]])}
    with torch.autocast("cpu", dtype=dtype, enabled=autocast):
        output = model(images, mask)
        loss, _ = detr_loss(output, [target] * 2)
    assert (output.boxes.float() - expected.boxes).abs().max() < 0.02
    loss.backward()
    gradients = [p.grad for p in model.parameters() if p.grad is not None]
    assert len(gradients) > 50 and all(gradient.isfinite().all() for gradient in gradients)
