"""Patch size: tokens are those of patchify, the cost is that of a block of ViT-B, and a patch is chosen by mouse and by keyboard."""

import base64
import io

import numpy as np
import pytest
import torch
from figure_modules import ask, in_javascript, said
from figure_page import readout, says, tab_to
from PIL import Image

from book_lib.book.figure import data_of, figure, recorder
from book_lib.experiments.cost import multiplications
from book_lib.vision.patches import patchify
from book_lib.vision.vit import SIZES, ViTBlock

NAME = "patch_size"
SIDES = (224, 112, 56, 32, 28, 16, 14, 8, 7, 4, 2, 1)
B = {name: SIZES["B/16"][name] for name in ("d_model", "n_heads", "d_ff")}


@pytest.fixture(scope="module")
def shown():
    return figure(NAME, number="8.2")


@pytest.mark.parametrize("size", range(12))
def test_tokens_and_the_chosen_one_are_those_of_patchify(size):
    """The pixel that is chosen has a number of its own in a picture of numbers: it lies in the patch that the figure names."""
    found = ask(NAME, "m.about(s)", size=size)
    rows, columns = torch.meshgrid(torch.arange(224), torch.arange(224), indexing="ij")
    patches = patchify((1000 * rows + columns).expand(1, 3, 224, 224), SIDES[size])[0]
    assert found["side"] == SIDES[size] and [found["n"], found["numbers"]] == list(patches.shape)
    assert 1000 * 81 + 65 in patches[found["row"] * found["rows"] + found["column"]]


@pytest.mark.parametrize("size", [2, 5, 7])
def test_the_cost_is_that_of_a_block(size):
    found = ask(NAME, "m.about(s)", size=size)
    with torch.device("meta"):
        block, tokens = ViTBlock(**B), torch.zeros(1, found["n"], B["d_model"])
    assert multiplications(block, tokens) == found["total"] == found["linear"] + found["pairs"]


def test_what_the_folded_text_says():
    half = [ask(NAME, "m.about(s)", size=SIDES.index(side)) for side in (16, 8)]
    assert half[1]["n"] == 4 * half[0]["n"] and half[1]["pairs"] == 16 * half[0]["pairs"]
    costs = {side: ask(NAME, "m.about(s)", size=SIDES.index(side)) for side in SIDES}
    shares = {side: one["pairs"] / one["total"] for side, one in costs.items()}
    assert [round(100 * shares[side]) for side in (16, 4, 2, 1)] == [4, 40, 73, 92]
    assert "196 tokens, and 38\u202f416 pairs" in said(NAME) and "1.4 billion multiplications, of which the pairs are 4 %" in said(NAME)
    assert in_javascript(NAME, "[0, 999, 4.4e6].map(m.short)") == ["0", "999", "4.4 million"]


def test_the_photograph_is_the_recorded_one():
    kind, _, content = data_of(NAME, {})["photograph"].partition(",")
    shown, picture = Image.open(io.BytesIO(base64.b64decode(content))), recorder(NAME).picture()
    assert kind == "data:image/jpeg;base64" and shown.size == picture.size == (224, 224)
    assert np.abs(np.asarray(shown, float) - np.asarray(picture, float)).mean() < 6, "grey levels of 255"


@pytest.mark.browser
def test_a_patch_is_chosen_by_mouse_or_finger_and_moved_by_keyboard(visit):
    page = visit()
    assert readout(page) == said(NAME)
    picture, handle = page.locator(".bk-patch-whole"), page.get_by_role("slider", name="Chosen patch")
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    page.mouse.click(box["x"] + box["width"] * 9.5 / 14, box["y"] + box["height"] * 6.5 / 14)
    assert handle.get_attribute("aria-valuetext") == "patch 94 of 196: row 7, column 10"
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Shift+ArrowRight")
    assert handle.get_attribute("aria-valuetext") == "patch 84 of 196: row 6, column 14"
    slider = page.get_by_label("side of a patch")
    tab_to(page, slider)
    page.keyboard.press("End")
    says(page, "Patches of 1 × 1 pixels: 50\u202f176 tokens")
    assert page.locator(".bk-patch-line").first.get_attribute("d") == ""
    page.keyboard.press("Home")
    says(page, "Patches of 224 × 224 pixels: 1 tokens")
    assert handle.get_attribute("aria-valuetext") == "patch 1 of 1: row 1, column 1"
    page.get_by_role("button", name="Start again").click()
    assert readout(page) == said(NAME)
    assert page.locator(".bk-patch-line").first.get_attribute("d").count("M") == 2 * 13
