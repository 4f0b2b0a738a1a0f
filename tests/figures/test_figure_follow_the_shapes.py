"""Follow the shapes: every shape, every multiply-add and every learned number is the model's own; doubling and padding cost."""

import re

import pytest
import torch
from figure_modules import ask, said, state_of
from figure_page import drag, readout, small_buttons, tab_to
from torch.utils.flop_counter import FlopCounterMode

from book_lib.book.figure import figure
from book_lib.detection.backbone import ResNet
from book_lib.detection.detr import DETR

NAME = "follow_the_shapes"
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


@pytest.fixture(scope="module")
def shown():
    return figure(NAME, number="9.3")


def computed(what, **state):
    return ask(NAME, f"m.{what}(s)", **state)


def sizes_of(now):
    """(height, width) of every image of a state's batch, and of the canvas that all are padded to."""
    last = ("image_height", "image_width") if now["batch"] == 1 else ("other_height", "other_width")
    images = [(now["image_height"], now["image_width"])] * (now["batch"] - 1) + [tuple(now[side] for side in last)]
    return images, tuple(map(max, zip(*images, strict=True)))


def pictures(**state):
    now = state_of(NAME, **state)
    _, canvas = sizes_of(now)
    return torch.empty(now["batch"], 3, *canvas, device="meta"), torch.ones(now["batch"], *canvas, dtype=torch.bool, device="meta")


@pytest.mark.parametrize("state", STATES)
def test_shapes_are_those_of_the_model(detr, state):
    seen, hooks = {}, []
    inner = {f"inside {i}": module.feed_forward.linear1 for i, module in enumerate((detr.encoder_layers[0], detr.decoder_layers[0]))}
    for name, module in {**{name: found[-1] for name, found in parts(detr).items() if name[0] in "scp"}, **inner}.items():
        hooks.append(module.register_forward_hook(lambda _, given, got, name=name: seen.update({name: list(got.shape)})))
    images, mask = pictures(**state)
    features, real, code = detr.features(images, mask)
    memory_, encoder = detr.encode(features, real, code, need_weights=True)
    states, between, on_memory = detr.decode(memory_, real, code, need_weights=True)
    logits, boxes = detr.answer(states)
    for hook in hooks:
        hook.remove()
    shape = {name: [found for found, _ in tensors] for name, tensors in computed("shapes", **state).items()}
    sizes = lambda *tensors: [list(tensor.shape) for tensor in tensors]  # noqa: E731
    assert shape["image"] == sizes(images) and shape["mask"] == sizes(real, mask)
    assert shape["stem"][1] == seen["stem"] and [shape[name][0] for name in ("c2", "c3", "c4", "c5", "project")] == [
        seen[name] for name in ("c2", "c3", "c4", "c5", "project")]
    assert shape["code"] == sizes(code) and shape["tokens"] == sizes(memory_) and shape["queries"] == sizes(detr.queries)
    assert shape["encoder"] == [*sizes(memory_, encoder[0]), seen["inside 0"]]
    assert shape["decoder"] == [*sizes(states, between[0], on_memory[0]), seen["inside 1"]]
    assert shape["classes"] == sizes(logits) and shape["boxes"] == sizes(boxes)
    assert computed("weights", **state) == {"encoder": encoder[0].numel(), "self": between[0].numel(), "cross": on_memory[0].numel()}


def test_the_map_after_pooling_is_the_one_the_first_stage_gets(detr):
    state, seen = {"image_height": 65, "image_width": 131}, []
    hook = detr.backbone.layer1.register_forward_hook(lambda _, given, got: seen.append(list(given[0].shape)))
    detr.features(*pictures(**state))
    hook.remove()
    assert seen == [computed("shapes", **state)["stem"][0][0]]


@pytest.mark.parametrize("state", STATES[:4])
def test_multiply_adds_are_those_that_are_counted_while_the_model_runs(detr, state):
    with FlopCounterMode(display=False, depth=4) as counter:
        detr.attention(*pictures(**state))
    counted, work = counter.get_flop_counts(), computed("work", **state)
    total = {name: sum(found.values()) / 2 for name, found in counted.items()}                # a multiply-add counts as two operations
    names = {"stem": "ResNet.conv1", **{f"c{i + 1}": f"ResNet.layer{i}" for i in range(1, 5)}, "project": "Conv2d",
             "encoder": "DetrEncoderLayer", "decoder": "DetrDecoderLayer", "classes": "Linear", "boxes": "Sequential"}
    assert {box: work[box] for box in names} == {box: total[name] for box, name in names.items()}
    assert sum(work.values()) == total["Global"]


def test_learned_numbers_are_those_of_the_model(detr):
    learned = computed("parameters")
    for box, modules in parts(detr).items():
        assert learned[box] == sum(p.numel() for module in modules for p in module.parameters()), box
    assert learned["queries"] == detr.queries.numel()
    assert sum(learned.values()) == sum(p.numel() for p in detr.parameters()) == 41_524_768


@pytest.mark.parametrize("state", STATES)
def test_padding_is_what_the_mask_of_the_model_hides(state):
    now, (maps, padded, real) = state_of(NAME, **state), ask(NAME, "[m.maps(s), m.padded(s), m.real(s)]", **state)
    images, canvas = sizes_of(now)
    mask = torch.zeros(now["batch"], *canvas, dtype=torch.bool)
    for one, (h, w) in zip(mask, images, strict=True):
        one[:h, :w] = True
    cells = torch.nn.functional.interpolate(mask[:, None].float(), maps[-1])[:, 0].bool()
    assert padded == (~cells).sum()
    for (rows, columns), one in zip(real, cells, strict=True):
        assert one[:rows, :columns].all() and one.sum() == rows * columns


def test_twice_the_sides_is_sixteen_times_the_weights_and_the_backbone_still_leads():
    states = {}, {"image_height": 960, "image_width": 1280}, {"image_height": 1344, "image_width": 1344}
    small, large = (computed("weights", **state) for state in states[:2])
    grown = {name: large[name] / small[name] for name in small}
    assert grown == {"encoder": 16, "cross": 4, "self": 1}
    for state in states:
        work = computed("work", **state)
        assert sum(work[box] for box in ("stem", "c2", "c3", "c4", "c5")) > 0.8 * sum(work.values())
    assert computed("padded", batch=2) == 2 * 20 * 5 and "25.0 %, are padding" in said(NAME, batch=2)


@pytest.mark.browser
def test_doubling_and_padding_by_mouse(visit):
    page = visit()
    assert readout(page) == said(NAME)
    page.get_by_role("button", name="Double both sides").click()
    assert readout(page) == said(NAME, image_height=960, image_width=1280, other_height=1280, other_width=960)
    page.get_by_role("button", name="Start again").click()
    page.get_by_role("button", name="Add an upright image").click()
    two = said(NAME, batch=2)
    assert readout(page) == two and "25.0 %, are padding" in two
    shapes = [tensors[0][0] for tensors in computed("shapes", batch=2).values()]
    assert page.locator(".bk-shapes-shape").all_inner_texts() == [f"[{', '.join(map(str, shape))}]" for shape in shapes]
    page.get_by_role("button", name="C5, stride 32").click()
    assert readout(page) == two
    assert "⌊(40 + 2·1 − 3) / 2⌋ + 1 = 20" in page.locator(".bk-shapes-formula").first.inner_text()
    drag(page, page.get_by_role("slider", name="corner of the image").locator(".bk-shapes-dot"), 20, 0)
    assert f"padded to 640 × {page.get_by_label('width', exact=True).input_value()} px" in readout(page)
    assert int(page.get_by_label("width", exact=True).input_value()) > 700
    assert small_buttons(page, ".bk-stage") == []


def says(page, sentence):
    """Wait until the readout says this sentence."""
    page.wait_for_function("wanted => document.querySelector('.bk-readout').innerText === wanted", arg=sentence)
    return True


@pytest.mark.browser
def test_sizes_and_boxes_by_keyboard(visit):
    page = visit()
    tab_to(page, page.get_by_label("height", exact=True))
    page.keyboard.press("Shift+ArrowRight")
    assert says(page, said(NAME, image_height=512))
    page.keyboard.press("ArrowRight")
    assert says(page, said(NAME, image_height=513))
    tab_to(page, page.get_by_role("button", name=re.compile("^Image")))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    readout(page)
    assert "⌊(513 + 2·3 − 7) / 2⌋ + 1 = 257" in page.locator(".bk-shapes-formula").first.inner_text()
    corner = page.get_by_role("slider", name="corner of the image")
    tab_to(page, corner)
    page.keyboard.press("Shift+ArrowUp")
    assert says(page, said(NAME, image_height=481)) and corner.get_attribute("aria-valuetext") == "481 px high, 640 px wide"
    page.keyboard.press("Escape")                                # one key, then Escape: a pause between two would begin a new gesture
    assert says(page, said(NAME, image_height=513))
    page.keyboard.press("ArrowRight")
    assert says(page, said(NAME, image_height=513, image_width=641))
