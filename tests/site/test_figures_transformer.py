"""The figures of chapter 5 on a page without a kernel: each leads to its surprise by mouse and by keyboard, everywhere."""

import pytest
import torch
from figure_page import readout, small_buttons, tab_to

from book_lib.transformer import Transformer
from book_lib.widgets import CausalMask, TransformerWalk, walk
from book_lib.widgets.base import number
from book_lib.widgets.causal_mask import causal, opened

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def figures():
    torch.manual_seed(0)
    source_words = ["<pad>", "<start>", "<end>", *"这个动物没有过马路，因为它太累了"]
    target_words = ["<pad>", "<start>", "<end>", "the", "animal", "did", "not", "cross", "road", "because", "it", "was", "too", "tired"]
    model = Transformer(len(source_words), len(target_words), d_model=32, n_heads=4, d_ff=48, n_layers=3)
    words = {"source_words": source_words, "target_words": target_words, "max_length": 15}
    walks = [walk(model, "动物太累了", **words), walk(model, source_words[3:], **words)]
    made = TransformerWalk(number="5.1", walks=walks, layer=0, head=0), CausalMask(number="5.2")
    return {figure.name: figure for figure in made}


def with_state(figure, **changes):
    return type(figure)(**figure.state | changes)


def test_words_are_stepped_through_and_boxes_open_by_mouse(visit, figures):
    first = figures["transformer_walk"]
    page = visit("transformer_walk")
    assert readout(page) == first.sentence()
    page.get_by_role("button", name="Next step").click()
    assert readout(page) == with_state(first, step=2).sentence()
    page.get_by_role("button", name="Layer 3", exact=True).click()
    page.get_by_role("button", name="Head 4", exact=True).click()
    assert readout(page) == with_state(first, step=2, layer=2, head=3).sentence()
    page.get_by_role("button", name="Decoder layer 3, Add & norm 2").click()
    now = with_state(first, step=2, layer=2, head=3, box="dec-norm2")
    assert readout(page) == now.sentence()
    shown = page.locator(".bk-walk-heat").all_inner_texts()
    assert shown == [number(x, 1) for row in now.features() for x in row[:4]]
    page.get_by_label("Sentence").select_option(index=1)
    page.get_by_role("button", name="Step 9:").click()
    page.get_by_role("button", name="Decoder, Softmax").click()
    assert readout(page) == with_state(first, walk=1, step=9, layer=2, head=3, box="softmax").sentence()
    assert page.locator(".bk-walk-table tbody tr").count() == 5
    page.get_by_role("button", name="Start again").click()
    assert readout(page) == first.sentence()


def test_the_encoder_keeps_its_numbers_and_the_decoder_adds_rows(visit):
    page = visit("transformer_walk")
    boxes = {"Encoder layer 1, Feed-forward": [], "Decoder layer 1, Feed-forward": []}
    for _ in range(3):
        for name, seen in boxes.items():
            page.get_by_role("button", name=name).click()
            readout(page)
            seen.append(page.locator(".bk-walk-heat").all_inner_texts())
        page.get_by_role("button", name="Next step").click()
    encoder, decoder = boxes.values()
    assert encoder[0] == encoder[1] == encoder[2] and len(encoder[0]) == 4 * 5
    assert [len(rows) for rows in decoder] == [4, 8, 12] and decoder[2][:8] == decoder[1] and decoder[1][:4] == decoder[0]


def test_the_walk_goes_by_keyboard(visit, figures):
    first = figures["transformer_walk"]
    page = visit("transformer_walk")
    tab_to(page, page.get_by_role("button", name="Encoder layer 1, Self-attention"))
    page.keyboard.press("Enter")
    assert readout(page) == with_state(first, box="enc-self").sentence()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    assert readout(page) == with_state(first, box="enc-norm1").sentence()
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    assert readout(page) == with_state(first, box="enc-norm1", step=0).sentence()
    tab_to(page, page.get_by_role("button", name="Decoder, Linear"))
    page.keyboard.press("Space")
    assert "has not been given a word" in readout(page) and readout(page) == with_state(first, box="linear", step=0).sentence()
    page.keyboard.press("ArrowRight")
    assert readout(page) == with_state(first, box="linear").sentence()


def test_one_open_cell_spoils_more_with_a_second_layer(visit, figures):
    first = figures["causal_mask"]
    page = visit("causal_mask")
    assert readout(page) == first.sentence() and page.locator(".bk-mask-bad").count() == 1
    page.get_by_label("layers").focus()
    page.keyboard.press("ArrowRight")
    assert readout(page) == with_state(first, layers=2).sentence()
    assert page.locator(".bk-mask-bad").all_inner_texts() == ["sees answer", "sees ahead", "sees answer"]
    page.get_by_role("button", name="Causal mask").click()
    assert readout(page) == with_state(first, layers=2, mask=causal(6)).sentence() and page.locator(".bk-mask-leak").count() == 0
    page.get_by_role("button", name="“road” looks at “was”, row 3, column 4").click()
    assert readout(page) == with_state(first, layers=2, mask=opened(6, (2, 3))).sentence()
    assert page.locator(".bk-mask-leak").count() == page.locator(".bk-mask-bad").count() == 1
    page.get_by_label("inputs shifted").uncheck()
    assert readout(page) == with_state(first, layers=2, mask=opened(6, (2, 3)), shifted=False).sentence()
    assert page.locator(".bk-mask-bad").all_inner_texts() == ["sees answer"] * 6
    page.get_by_role("button", name="Start again").click()
    assert readout(page) == first.sentence()


def test_cells_are_turned_over_by_keyboard(visit, figures):
    first = figures["causal_mask"]
    page = visit("causal_mask")
    tab_to(page, page.get_by_role("button", name="“the” looks at “too”, row 2, column 5"))
    page.keyboard.press("Space")
    assert readout(page) == with_state(first, mask=causal(6)).sentence()
    for key in ("ArrowUp", "ArrowUp", "ArrowRight", "ArrowRight", "Enter"):      # the edge of the mask holds
        page.keyboard.press(key)
    assert readout(page) == with_state(first, mask=opened(6, (0, 5))).sentence()
    for key in ("ArrowLeft", "ArrowLeft", "ArrowLeft", "ArrowLeft", "ArrowLeft", "Enter"):
        page.keyboard.press(key)
    now = with_state(first, mask=opened(6, (0, 0), (0, 5)))
    assert readout(page) == now.sentence()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.ariaLabel") == "“<start>” looks at “the”, row 1, column 2"
    assert page.locator(".bk-mask-cell[tabindex='0']").count() == 1


@pytest.mark.parametrize("name", ["transformer_walk", "causal_mask"])
def test_boxes_and_cells_are_large_enough_for_a_finger(visit, name):
    assert small_buttons(visit(name), ".bk-stage") == []
