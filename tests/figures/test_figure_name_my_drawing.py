"""Name my drawing: the network's picture, orders and answers as Python has them, and what a reader does by mouse, finger and keyboard."""

import re

import pytest
import torch
from figure_modules import ask, said
from figure_page import answered, readout, says, small_buttons, tab_to

from book_lib.book.figure import data_of, declared_traits, figure, recorder
from book_lib.experiments.named_pictures import accuracy, digit_pictures, load_vit, normalised
from book_lib.experiments.pixels import digits
from book_lib.vision.patches import reorder_patches
from book_lib.vision.vit import attention_rollout

NAME = "name_my_drawing"
SAID = re.compile(r"The network says (\d), with a probability of (\d\.\d+); then comes (\d), with (\d\.\d+)\. .*: (\d+) % to itself, "
                  r"most of all patches, (\d+) %, to the one in row (\d), column (\d)\.")
TINTS = "rects => rects.map(rect => +rect.getAttribute('fill-opacity'))"
INK = "paths => paths.map((path, i) => (i + 1) * (path.getAttribute('d').match(/M/g) ?? []).length)"


@pytest.fixture(scope="module")
def shown():
    return figure(NAME, number="8.1")


def told(text):
    """What a readout tells: the two likeliest digits with their probabilities, the class token's share, the patch with the most."""
    first, share, second, following, itself, most, row, column = SAID.search(text).groups()
    return (int(first), float(share)), (int(second), float(following)), int(itself) / 100, (int(most) / 100, 8 * int(row) + int(column) - 9)


@torch.no_grad()
def by_pytorch(levels, order=None):
    """Probabilities and maps of the class token, as the figure has them, of a drawing, its patches in an order."""
    grey = torch.tensor(ask(NAME, f"m.enlarged({levels})")).view(1, 1, 32, 32).expand(-1, 3, -1, -1)
    shown = normalised(grey)
    logits, weights = load_vit("vit_digits").attention(shown if order is None else reorder_patches(shown, 4, torch.tensor(order)))
    return logits[0].softmax(-1), [*(layer.mean(1)[0, 0] for layer in weights), attention_rollout(weights)[0, 0]]


def test_what_is_recorded_is_what_the_model_of_the_page_answers_today():
    record, data = recorder(NAME), data_of(NAME, {})
    today = record.answer(record.first_pixels())
    assert data["starts"] == record.starts() and data["starts"][0] == declared_traits(NAME)["drawing"]["default"]
    assert data["answer"]["shares"] == pytest.approx(today["shares"], abs=1e-4)
    for kept, now in zip(data["answer"]["looks"], today["looks"], strict=True):
        assert kept == pytest.approx(now, abs=1e-4) and sum(kept) == pytest.approx(1, abs=1e-3)


def test_the_recorded_answer_is_nearly_pytorchs_and_the_readout_says_it():
    drawing, answer = recorder(NAME).starts()[0], data_of(NAME, {})["answer"]
    shares, maps = by_pytorch(drawing)
    assert answer["shares"] == pytest.approx(shares.tolist(), abs=0.03)
    for kept, exact in zip(answer["looks"], maps, strict=True):
        assert kept == pytest.approx(exact.tolist(), abs=0.03)
    (first, share), (_, following), itself, (most, patch) = told(said(NAME))
    likeliest = shares.sort(descending=True).values
    assert shares.argmax() == first and [share, following] == pytest.approx(likeliest[:2].tolist(), abs=0.03)
    own = answer["looks"][declared_traits(NAME)["layer"]["default"]]
    assert [itself, most] == pytest.approx([own[0], own[1 + patch]], abs=0.006) and own[1 + patch] == max(own[1:])


def test_a_drawing_becomes_the_picture_that_the_training_had():
    wanted = digit_pictures("held out")[0][:40, 0].flatten(1)
    made = ask(NAME, f"{digits('held out')[0][:40].tolist()}.map(m.enlarged)")
    assert torch.equal(torch.tensor(made), wanted.long())


def test_an_order_has_every_patch_once_and_the_question_names_patches_and_positions():
    orders = [ask(NAME, "m.orderOf(s)", shuffled=True, seed=seed) for seed in (1, 2, 9999)]
    assert all(sorted(order) == list(range(64)) for order in orders) and len({tuple(order) for order in orders}) == 3
    moved = [sum(order[i] != i for i in range(64)) for order in orders]
    assert min(moved) > 50 and ask(NAME, "m.orderOf(s)", seed=5) == list(range(64))
    asked = ask(NAME, "m.question(s)", shuffled=True, seed=1)
    assert asked["patches"] == orders[0] and asked["positions"] == list(range(64)) and len(asked["pixels"]) == 3 * 32 * 32
    asked = ask(NAME, "m.question(s)", shuffled=True, follow=True, seed=1)
    assert asked["patches"] == asked["positions"] == orders[0]
    assert ask(NAME, "m.question(s)", follow=True)["positions"] == list(range(64))


def test_maps_are_means_of_heads_and_the_librarys_rollout():
    weights = torch.rand(4, 2, 65, 65, generator=torch.Generator().manual_seed(1)).softmax(-1)
    layers = [{"shape": [2, 65, 65], "data": layer.flatten().tolist()} for layer in weights]
    *means, rolled = ask(NAME, f"m.looksOf({layers})")
    for mean, layer in zip(means, weights, strict=True):
        assert mean == pytest.approx(layer.mean(0)[0].tolist(), abs=1e-6)
    assert rolled == pytest.approx(attention_rollout(list(weights[:, None]))[0, 0].tolist(), abs=1e-6)


@torch.no_grad()
def test_the_rates_on_held_out_digits_are_those_of_the_model():
    rates, model, (images, labels) = data_of(NAME, {})["rates"], load_vit("vit_digits"), digit_pictures("held out")
    assert rates["n"] == len(labels) and rates["own"] == pytest.approx(accuracy(model, pictures=(images, labels)), abs=0.004)
    order = torch.tensor(ask(NAME, "m.orderOf(s)", shuffled=True, seed=3))
    once = accuracy(model, pictures=(reorder_patches(images.float(), 4, order), labels))
    assert rates["shuffled"] == pytest.approx(once, abs=0.15) and rates["shuffled"] < rates["own"]


@pytest.mark.browser
def test_patches_shuffled_alone_have_pytorchs_answer_and_with_their_positions_the_first_one(page):
    drawing, first = recorder(NAME).starts()[0], readout(page)
    assert page.evaluate("!window.bookModels")
    page.get_by_label("Shuffle the patches").check()
    answered(page)
    shares, maps = by_pytorch(drawing, ask(NAME, "m.orderOf(s)", shuffled=True))
    (best, share), (_, following), itself, _ = told(readout(page))
    order = shares.sort(descending=True)
    assert share == pytest.approx(shares[best].item(), abs=0.05) and following == pytest.approx(order.values[1].item(), abs=0.05)
    layer = declared_traits(NAME)["layer"]["default"]
    assert itself == pytest.approx(maps[layer][0].item(), abs=0.05) and "and the positions are not" in readout(page)
    ink = page.locator(".bk-naming-read path").evaluate_all(INK)
    assert ink == page.locator(".bk-naming-pad path").evaluate_all(INK) and sum(ink) > 100         # the same px in other places
    tints = page.locator(".bk-naming-read .bk-naming-tint").evaluate_all(TINTS)
    shuffled = told(readout(page))
    page.get_by_role("button", name="Another order").click()
    answered(page)
    assert told(readout(page)) != shuffled
    assert page.locator(".bk-naming-read .bk-naming-tint").evaluate_all(TINTS) != tints
    page.get_by_label("Positions move with the patches").check()
    answered(page)
    assert told(readout(page))[:3] == told(first)[:3] and "together with their positions" in readout(page)
    page.get_by_role("button", name="Start again").click()
    says(page, first)


@pytest.mark.browser
def test_a_drawn_stroke_is_named(page):
    page.get_by_role("button", name="Clear").click()
    answered(page)
    box = page.locator(".bk-naming-pad").bounding_box()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.06 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.94 * box["height"], steps=8)
    page.mouse.up()
    answered(page)
    assert "The network says 1" in readout(page)
    before = page.locator(".bk-naming-pad path").evaluate_all(INK)
    page.get_by_label("Eraser").check()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.3 * box["height"])
    page.mouse.down()
    page.mouse.up()
    answered(page)
    assert sum(page.locator(".bk-naming-pad path").evaluate_all(INK)) < sum(before)
    for i in range(1, page.get_by_label("Begin with").locator("option").count()):
        page.get_by_label("Begin with").select_option(index=i)
        answered(page)
        shares, _ = by_pytorch(recorder(NAME).starts()[i - 1])
        assert told(readout(page))[0][1] == pytest.approx(shares.max().item(), abs=0.05)


@pytest.mark.browser
def test_everything_by_keyboard_alone(page):
    first = readout(page)
    cell = page.locator(".bk-naming-pad [data-place='0']")
    tab_to(page, cell)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    here = page.locator(".bk-naming-pad [data-place='9']")
    assert here.get_attribute("tabindex") == "0"
    page.wait_for_function("document.activeElement.getAttribute('aria-label') === 'row 2, column 2, level 16'")
    here.press("-")
    page.wait_for_function("document.activeElement.getAttribute('aria-label').endsWith('level 12')")
    answered(page)
    levels = list(recorder(NAME).starts()[0])
    levels[9] = 12
    shares, _ = by_pytorch(levels)
    assert told(readout(page))[0][1] == pytest.approx(shares.max().item(), abs=0.05)
    tab_to(page, page.get_by_label("Shuffle the patches"))
    page.keyboard.press("Space")
    says(page, "The patches are shuffled")
    tab_to(page, page.get_by_role("button", name="Start again"))
    page.keyboard.press("Enter")
    says(page, first)


@pytest.mark.browser
def test_the_map_of_every_layer_is_shown_without_asking_again(page):
    looks = data_of(NAME, {})["answer"]["looks"]
    for layer, own in enumerate(looks):
        page.get_by_label("Attention of the class token", exact=True).select_option(index=layer)
        itself = told(says(page, f"{figure(NAME).words['maps'][layer]}:"))[2]
        assert itself == pytest.approx(own[0], abs=0.006)
        tints = page.locator(".bk-naming-read .bk-naming-tint").evaluate_all(TINTS)
        assert tints == pytest.approx([0.75 * weight / max(own[1:]) for weight in own[1:]], abs=0.006)
    assert page.evaluate("window.asked") == 0 or page.evaluate("window.asked === window.answered")


@pytest.mark.browser
def test_narrow_and_wide_light_and_dark_by_mouse_or_finger(visit):
    page = visit()
    button = page.get_by_role("button", name="Another order")
    button.tap() if page.viewport_size["width"] < 600 else button.click()
    answered(page)
    says(page, "The patches are shuffled, and the positions are not.")
    assert small_buttons(page) == []
    for selector in (".bk-naming-pad", ".bk-naming-read", ".bk-naming-bars"):
        assert page.locator(selector).evaluate("part => part.getBoundingClientRect().right <= innerWidth")
