"""Follow the shapes: every shape, every multiply-add and every learned number is the model's own, in Python and in the browser."""

import json
import math

import pytest
import torch
from figure_modules import in_javascript
from torch.utils.flop_counter import FlopCounterMode

from book_lib.detection.backbone import ResNet
from book_lib.detection.detr import DETR
from book_lib.widgets import FollowTheShapes, module_source
from book_lib.widgets.follow_the_shapes import BOXES, grouped, memory

STATES = [
    {},
    {"image_height": 800, "image_width": 1066, "box": "c4"},
    {"image_height": 65, "image_width": 33, "box": "stem"},
    {"image_height": 777, "image_width": 1001, "batch": 3, "other_height": 1203, "other_width": 499, "box": "mask"},
    {"image_height": 32, "image_width": 1344, "batch": 2, "other_height": 1344, "other_width": 32, "box": "decoder"},
]


@pytest.fixture(scope="module")
def detr():
    """The DETR of the paper, without memory for its numbers."""
    with torch.device("meta"):
        return DETR(ResNet(), n_classes=91).eval()


def parts(detr):
    """The modules that do the work of each box."""
    backbone = detr.backbone
    stages = {f"c{i + 1}": [getattr(backbone, f"layer{i}")] for i in range(1, 5)}
    return {"stem": [backbone.conv1], **stages, "project": [detr.input_proj], "encoder": [detr.encoder_layers],
            "decoder": [detr.decoder_layers, detr.decoder_norm], "classes": [detr.class_head], "boxes": [detr.box_head]}


def pictures(figure):
    return (torch.empty(figure.batch, 3, *figure.canvas(), device="meta"),
            torch.ones(figure.batch, *figure.canvas(), dtype=torch.bool, device="meta"))


@pytest.mark.parametrize("state", STATES)
def test_shapes_are_those_of_the_model(detr, state):
    figure = FollowTheShapes(**state)
    seen, hooks = {}, []
    inner = {f"inside {i}": module.feed_forward.linear1 for i, module in enumerate((detr.encoder_layers[0], detr.decoder_layers[0]))}
    for name, module in {**{name: found[-1] for name, found in parts(detr).items() if name[0] in "scp"}, **inner}.items():
        hooks.append(module.register_forward_hook(lambda _, given, got, name=name: seen.update({name: list(got.shape)})))
    images, mask = pictures(figure)
    features, real, code = detr.features(images, mask)
    memory_, encoder = detr.encode(features, real, code, need_weights=True)
    states, between, on_memory = detr.decode(memory_, real, code, need_weights=True)
    logits, boxes = detr.answer(states)
    for hook in hooks:
        hook.remove()
    shape = {name: [found for found, _ in tensors] for name, tensors in figure.shapes().items()}
    sizes = lambda *tensors: [list(tensor.shape) for tensor in tensors]  # noqa: E731
    assert shape["image"] == sizes(images) and shape["mask"] == sizes(real, mask)
    assert shape["stem"][1] == seen["stem"] and [shape[name][0] for name in ("c2", "c3", "c4", "c5", "project")] == [
        seen[name] for name in ("c2", "c3", "c4", "c5", "project")]
    assert shape["code"] == sizes(code) and shape["tokens"] == sizes(memory_) and shape["queries"] == sizes(detr.queries)
    assert shape["encoder"] == [*sizes(memory_, encoder[0]), seen["inside 0"]]
    assert shape["decoder"] == [*sizes(states, between[0], on_memory[0]), seen["inside 1"]]
    assert shape["classes"] == sizes(logits) and shape["boxes"] == sizes(boxes)
    assert figure.weights() == {"encoder": encoder[0].numel(), "self": between[0].numel(), "cross": on_memory[0].numel()}


def test_the_map_after_pooling_is_the_one_the_first_stage_gets(detr):
    figure, seen = FollowTheShapes(image_height=65, image_width=131), []
    hook = detr.backbone.layer1.register_forward_hook(lambda _, given, got: seen.append(list(given[0].shape)))
    detr.features(*pictures(figure))
    hook.remove()
    assert seen == [figure.shapes()["stem"][0][0]]


@pytest.mark.parametrize("state", STATES[:4])
def test_multiply_adds_are_those_that_are_counted_while_the_model_runs(detr, state):
    figure = FollowTheShapes(**state)
    with FlopCounterMode(display=False, depth=4) as counter:
        detr.attention(*pictures(figure))
    counted, work = counter.get_flop_counts(), figure.work()
    total = {name: sum(found.values()) / 2 for name, found in counted.items()}                # a multiply-add counts as two operations
    names = {"stem": "ResNet.conv1", **{f"c{i + 1}": f"ResNet.layer{i}" for i in range(1, 5)}, "project": "Conv2d",
             "encoder": "DetrEncoderLayer", "decoder": "DetrDecoderLayer", "classes": "Linear", "boxes": "Sequential"}
    assert {box: work[box] for box in names} == {box: total[name] for box, name in names.items()}
    assert sum(work.values()) == total["Global"]


def test_learned_numbers_are_those_of_the_model(detr):
    figure = FollowTheShapes()
    for box, modules in parts(detr).items():
        assert figure.parameters()[box] == sum(p.numel() for module in modules for p in module.parameters()), box
    assert figure.parameters()["queries"] == detr.queries.numel()
    assert sum(figure.parameters().values()) == sum(p.numel() for p in detr.parameters()) == 41_524_768


@pytest.mark.parametrize("state", STATES)
def test_padding_is_what_the_mask_of_the_model_hides(state):
    figure = FollowTheShapes(**state)
    mask = torch.zeros(figure.batch, *figure.canvas(), dtype=torch.bool)
    for one, (h, w) in zip(mask, figure.images(), strict=True):
        one[:h, :w] = True
    cells = torch.nn.functional.interpolate(mask[:, None].float(), figure.maps()[-1])[:, 0].bool()
    assert figure.padded() == (~cells).sum()
    for (rows, columns), one in zip(figure.real(), cells, strict=True):
        assert one[:rows, :columns].all() and one.sum() == rows * columns


def test_twice_the_sides_is_sixteen_times_the_weights_and_the_backbone_still_leads():
    small, large = FollowTheShapes(), FollowTheShapes(image_height=960, image_width=1280)
    grown = {name: large.weights()[name] / small.weights()[name] for name in small.weights()}
    assert grown == {"encoder": 16, "cross": 4, "self": 1}
    for figure in (small, large, FollowTheShapes(image_height=1344, image_width=1344)):
        work = figure.work()
        assert sum(work[box] for box in ("stem", "c2", "c3", "c4", "c5")) > 0.8 * sum(work.values())
    assert FollowTheShapes(batch=2).padded() == 2 * 20 * 5 and "25.0 %, are padding" in FollowTheShapes(batch=2).sentence()


def test_the_browser_computes_the_same():
    figures = [FollowTheShapes(**state) for state in STATES]
    call = "(s => [m.check(s), m.sentence(s), m.shapes(s), m.work(s), m.weights(s), m.real(s), m.padded(s), m.parameters()])"
    answers = in_javascript("follow_the_shapes", *(f"{call}({json.dumps(figure.state)})" for figure in figures))
    for figure, (problem, *rest) in zip(figures, answers, strict=True):
        assert problem is None
        real = [list(sides) for sides in figure.real()]
        assert rest == [figure.sentence(), figure.shapes(), figure.work(), figure.weights(), real, figure.padded(), figure.parameters()]


def test_numbers_are_written_to_be_read():
    assert [grouped(n) for n in (0, 999, 1000, 720_000, 999_999, 1_500_000, 2_345_678_901)] == [
        "0", "999", "1\u202f000", "720\u202f000", "999\u202f999", "1.50 million", "2.35 billion"]
    assert memory(250_000) == "1.00 MB" and memory(math.prod((6, 8, 1764, 1764))) == "597.45 MB"


@pytest.mark.parametrize("wrong, trait", [
    ({"image_height": 31}, "image_height"),
    ({"image_width": 1345}, "image_width"),
    ({"other_height": 480.0}, "other_height"),
    ({"other_width": "480"}, "other_width"),
    ({"batch": 0}, "batch"),
    ({"batch": True}, "batch"),
    ({"box": "c6"}, "box"),
])
def test_wrong_settings_are_refused_by_name_here_and_in_the_browser(wrong, trait):
    with pytest.raises(ValueError, match=f"FollowTheShapes: {trait} is "):
        FollowTheShapes(**wrong)
    if wrong != {"other_height": 480.0}:                                     # JavaScript has no other 480
        (problem,) = in_javascript("follow_the_shapes", f"m.check({json.dumps(FollowTheShapes().state | wrong)})")
        assert problem["trait"] == trait


def test_the_static_form_is_small_and_shows_every_shape():
    figure = FollowTheShapes(batch=2)
    picture = figure.picture()
    assert len(figure.static_html().encode()) < 20_000 and len(module_source(figure.name).encode()) < 34_000
    assert picture.count("<tr>") == 1 + len(BOXES) and "[2, 2048, 20, 20]" in picture and picture.count("<svg") == 2
