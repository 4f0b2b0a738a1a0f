"""Finish my drawing: numbers, strokes and answers as Python has them, and what a reader can do by mouse, finger and keyboard."""

import re

import numpy as np
import pytest
import torch
from figure_modules import ask, said
from figure_page import answered, readout, says, small_buttons, tab_to

from book_lib.book.figure import data_of, declared_traits, figure, recorder
from book_lib.experiments.pixels import digits, load_igpt

NAME = "finish_my_drawing"
PICTURES = ".bk-finish-six svg"
LEVELS = """svgs => svgs.map(svg => [...svg.querySelectorAll("rect")].slice(1, 65)
  .map(cell => Math.round(16 * cell.getAttribute("fill-opacity"))))"""


@pytest.fixture(scope="module")
def shown():
    return figure(NAME, number="7.1")


def completions(page):
    return page.locator(PICTURES).evaluate_all(LEVELS)


def test_what_is_recorded_is_what_the_model_of_the_page_answers_today():
    record, data = recorder(NAME), data_of(NAME, {})
    drawing, given, seed = record.first()
    today = record.answer(drawing, given, seed)
    assert data["starts"] == record.starts() and data["starts"][0] == drawing
    assert data["answer"]["completions"] == today["completions"] and data["answer"]["next"] == pytest.approx(today["next"], abs=1e-4)
    assert all(picture[:given] == drawing[:given] for picture in today["completions"])


@torch.no_grad()
def test_the_recorded_probabilities_are_nearly_those_of_pytorch():
    drawing, given, _ = recorder(NAME).first()
    shares = load_igpt().decode_cached(torch.tensor([drawing[:given]]), load_igpt().new_cache())[0, -1].softmax(-1)
    assert data_of(NAME, {})["answer"]["next"] == pytest.approx(shares.tolist(), abs=0.02)
    assert f"level {int(shares.argmax())} is likeliest" in said(NAME)


@pytest.mark.parametrize("seed", [1, 2, 77, 9999])
def test_the_random_numbers_are_those_of_python(seed):
    record, (drawing, *_) = recorder(NAME), recorder(NAME).first()
    assert ask(NAME, "m.question(s)", seed=seed, given=20) == record.question(drawing, 20, seed)
    numbers = record.uniform(seed, 2000)
    assert min(numbers) >= 0 and max(numbers) < 1 and np.mean(numbers) == pytest.approx(0.5, abs=0.03)


def test_a_stroke_counts_the_points_it_covers_and_leaves_what_is_not_given():
    blank = [0] * 64
    drawn = ask(NAME, f"m.stroked({blank}, [[2.5, 1.5], [2.5, 6.5]], 32, false)")
    x, y = (np.arange(32) + 0.5) / 4, (np.arange(32) + 0.5) / 4
    along = np.linspace(1.5, 6.5, 400)
    near = (np.hypot(x[None, :, None] - 2.5, y[:, None, None] - along) * 4 <= 2.2).any(-1)
    counts = near.reshape(8, 4, 8, 4).sum((1, 3))
    counts[4:] = 0
    assert np.abs(np.reshape(drawn, (8, 8)) - counts).max() <= 1 and np.reshape(drawn, (8, 8))[2].tolist() == [0, 0, 16, 0, 0, 0, 0, 0]
    assert ask(NAME, f"m.stroked({[16] * 64}, [[2.5, 1.5]], 64, true)").count(16) < 64
    assert max(ask(NAME, f"m.stroked({[5] * 64}, [[2.5, 1.5]], 64, false)")) <= 16


def test_completions_that_agree_everywhere_differ_nowhere():
    same, other = [3] * 64, [3] * 40 + [4] * 24
    assert ask(NAME, f"m.differing({[same, same, other]}, 30)") == 24
    assert ask(NAME, f"m.differing({[same, same]}, 30)") == 0


def test_what_the_prompts_lead_to():
    """The last four pixels leave the picture nearly as it is; from nothing, pictures share little."""
    record, drawing = recorder(NAME), recorder(NAME).first()[0]
    late, none = record.answer(drawing, 60, 1), record.answer(drawing, 0, 1)
    assert all(picture[:60] == drawing[:60] for picture in late["completions"])
    inked = [np.reshape(picture, (8, 8)) > 7 for picture in none["completions"]]
    assert len({one.tobytes() for one in inked}) == 6
    assert len(set(map(tuple, record.answer(drawing, 36, 1)["completions"] + record.answer(drawing, 36, 2)["completions"]))) == 12


@pytest.mark.browser
def test_other_completions_are_those_of_the_model_and_the_drawing_stays(page):
    record, (drawing, given, seed) = recorder(NAME), recorder(NAME).first()
    assert page.evaluate("!window.bookModels") and completions(page) == data_of(NAME, {})["answer"]["completions"]
    page.get_by_role("button", name="Six others").click()
    answered(page)
    assert completions(page) == record.answer(drawing, given, seed + 1)["completions"]
    page.get_by_label("Begin with").select_option(index=3)
    answered(page)
    assert completions(page) == record.answer(record.starts()[2], given, seed + 1)["completions"]


@pytest.mark.browser
def test_a_drawn_stroke_is_given_to_the_model(page):
    page.get_by_role("button", name="Clear").click()
    box = page.locator(".bk-finish-paper").bounding_box()
    page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 0.1 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 0.9 * box["height"], steps=6)
    page.mouse.up()
    answered(page)
    (first, *_), given = completions(page), recorder(NAME).first()[1]
    assert 8 <= max(first[:given]) <= 16 and 50 < sum(first[:given]) < 250
    assert {tuple(picture[:given]) for picture in completions(page)} == {tuple(first[:given])}
    page.get_by_label("Eraser").check()
    page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 0.2 * box["height"])
    page.mouse.down()
    page.mouse.up()
    answered(page)
    assert sum(completions(page)[0][:given]) < sum(first[:given])


@pytest.mark.browser
def test_everything_by_keyboard_alone(page):
    first = readout(page)
    cell = page.locator(".bk-finish-paper [data-place='0']")
    tab_to(page, cell)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    here = page.locator(".bk-finish-paper [data-place='9']")
    assert here.get_attribute("tabindex") == "0"
    page.wait_for_function("document.activeElement.getAttribute('aria-label').endsWith('column 2), level 16')")
    answered(page)
    assert {picture[9] for picture in completions(page)} == {16}
    here.press("-")
    page.wait_for_function("document.activeElement.getAttribute('aria-label').endsWith('level 12')")
    here.press("Backspace")
    page.wait_for_function("document.activeElement.getAttribute('aria-label').endsWith('level 0')")
    tab_to(page, page.get_by_label("Pixels that are given"))
    page.keyboard.press("Home")
    says(page, "0 of 64 pixels are given. For pixel 1 (row 1, column 1), level 0 is likeliest")
    tab_to(page, page.get_by_role("button", name="Start again"))
    page.keyboard.press("Enter")
    page.wait_for_function("was => document.querySelector('.bk-readout').textContent === was", arg=first)


@pytest.mark.browser
@torch.no_grad()
def test_a_longer_beginning_has_pytorchs_probability(page):
    page.get_by_label("Pixels that are given").press("Shift+ArrowRight")
    answered(page)
    given = recorder(NAME).first()[1] + 8
    pixels = digits("held out")[0][recorder(NAME).STARTS[0]][None, :given]
    shares = load_igpt().decode_cached(pixels, load_igpt().new_cache())[0, -1].softmax(-1)
    level, share = re.search(r"level (\d+) is likeliest, with a probability of (\d\.\d+)", says(page, f"{given} of 64")).groups()
    assert shares[int(level)].item() == pytest.approx(float(share), abs=0.03) and shares.max() < float(share) + 0.03
    assert declared_traits(NAME)["given"]["maximum"] == 63


@pytest.mark.browser
def test_narrow_and_wide_light_and_dark_by_mouse_or_finger(visit):
    page = visit()
    button = page.get_by_role("button", name="Six others")
    button.tap() if page.viewport_size["width"] < 600 else button.click()
    answered(page)
    assert "The six completions disagree in" in says(page, "36 of 64 pixels")
    assert small_buttons(page) == []
    for selector in (".bk-finish-paper", ".bk-px-bars", ".bk-finish-six"):
        assert page.locator(selector).evaluate("part => part.getBoundingClientRect().right <= innerWidth")
