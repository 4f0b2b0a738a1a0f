"""Raster playback: what was recorded and what the page's model answers are PyTorch's, and the figure says and shows it."""

import math
import re

import pytest
import torch
from figure_modules import said
from figure_page import answered, readout, says, small_buttons, tab_to

from book_lib.book.figure import data_of, declared_traits, figure, recorder
from book_lib.experiments.pixels import digits, load_igpt

NAME = "raster_playback"
FIRST = {name: about["default"] for name, about in declared_traits(NAME).items()}


@pytest.fixture(scope="module")
def shown():
    return figure(NAME, number="7.2")


@torch.no_grad()
def pytorch(digit, place, layer, head):
    """(probability of the true level, place of the largest weight among the keys, that weight) as PyTorch has them."""
    pixels = torch.tensor([data_of(NAME, {})["digits"][digit]["pixels"]])
    logits, weights = load_igpt().attention(pixels)
    mine = weights[layer][0].mean(0) if head == 4 else weights[layer][0, head]
    return logits[0, place].softmax(-1)[pixels[0, place]].item(), int(mine[place].argmax()), mine[place].max().item()


def numbers_said(page):
    """(probability, nats, weight) of the readout."""
    found = re.search(r"a probability of ([\d.]+): a surprise of ([\d.]+) nats.* with a weight of ([\d.]+)\.$", readout(page)).groups()
    return [float(x) for x in found]


def test_what_is_recorded_is_what_the_network_answers_today():
    record, data = recorder(NAME), data_of(NAME, {})
    assert data["digits"] == record.shown() and len(data["digits"]) == declared_traits(NAME)["digit"]["maximum"] + 1
    for name, values in record.answer().items():
        assert data["answer"][name] == pytest.approx(values, abs=1e-4), name
    assert len(data["answer"]["weights"]) == FIRST["place"] + 1 and sum(data["answer"]["weights"]) == pytest.approx(1, abs=1e-3)


def test_the_first_sentence_says_what_pytorch_answers():
    share, key, weight = pytorch(**FIRST)
    assert key - 1 == FIRST["place"] - 8, "the pixel above"
    assert f"a probability of {share:.2f}: a surprise of {-math.log(share):.2f} nats" in said(NAME)
    assert f"attends most to the pixel above it, with a weight of {weight:.2f}" in said(NAME)


@torch.no_grad()
def test_head_3_of_layer_1_gives_a_third_of_its_weight_to_the_pixel_above():
    weights = load_igpt().attention(digits("held out")[0])[1]
    places = torch.arange(8, 64)
    above = [layer[:, :, places, places - 7].mean((0, 2)).tolist() for layer in weights]
    assert above[0][2] == pytest.approx(1 / 3, abs=0.05)
    assert max(share for layer in above for share in layer if share != above[0][2]) < 0.2


@torch.no_grad()
def test_paper_at_the_edges_is_expected_and_ink_is_not():
    pixels, model = digits("held out")[0], load_igpt()
    nats = torch.nn.functional.cross_entropy(model(pixels).transpose(1, 2), pixels, reduction="none")
    assert nats[:, ::8].mean() < 0.15 and nats[pixels > 0].mean() > 2 > 5 * nats[pixels == 0].mean() - 1


@pytest.mark.browser
def test_the_model_in_the_page_answers_as_pytorch(page):
    page.get_by_label("Digit", exact=True).select_option(index=2)
    says(page, "For pixel 36")
    answered(page)
    for layer, head, steps in ((0, 2, 0), (5, 0, 3), (2, 4, 1)):
        page.get_by_label("Layer", exact=True).select_option(index=layer)
        page.get_by_label("Head", exact=True).select_option(index=head)
        for _ in range(steps):
            page.get_by_label("Next pixel", exact=True).press("ArrowRight")
        place = int(page.get_by_label("Next pixel", exact=True).input_value())
        share, key, weight = pytorch(2, place, layer, head)
        near = pytest.approx(share, abs=0.04), pytest.approx(-math.log(share), abs=0.15), pytest.approx(weight, abs=0.03)
        assert numbers_said(page) == list(near)


@pytest.mark.browser
def test_a_click_into_the_picture_chooses_a_pixel_and_hides_what_comes_later(page):
    box = page.locator(".bk-raster-picture").bounding_box()
    page.mouse.click(box["x"] + 3.5 / 8 * box["width"], box["y"] + 1.5 / 8 * box["height"])
    says(page, "For pixel 12 (row 2, column 4)")
    answered(page)
    assert page.locator(".bk-raster-picture .bk-px-unknown").count() == 64 - 11
    marks = page.locator(".bk-raster-weight").count()
    assert 1 <= marks <= 11


@pytest.mark.browser
def test_everything_by_keyboard_alone(page):
    first = readout(page)
    tab_to(page, page.get_by_label("Next pixel", exact=True))
    page.keyboard.press("Home")
    says(page, "For pixel 1 (row 1, column 1)")
    answered(page)
    assert "attends most to the start token, with a weight of 1.00" in readout(page)
    tab_to(page, page.get_by_label("Head", exact=True))
    page.keyboard.press("End")
    says(page, "Layer 1, on average over its heads,")
    tab_to(page, page.get_by_role("button", name="Start again"))
    page.keyboard.press("Enter")
    page.wait_for_function("was => document.querySelector('.bk-readout').textContent === was", arg=first)


@pytest.mark.browser
def test_narrow_and_wide_light_and_dark_by_mouse_or_finger(visit):
    page = visit()
    page.get_by_label("Layer", exact=True).select_option(index=5)
    says(page, "Head 3 of layer 6")
    answered(page)
    assert small_buttons(page) == []
    for selector in (".bk-raster-picture", ".bk-px-bars", ".bk-raster-plot"):
        assert page.locator(selector).evaluate("part => part.getBoundingClientRect().right <= innerWidth")
