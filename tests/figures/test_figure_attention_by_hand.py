"""Attention by hand: its numbers are the library's; it turns to the road, and “wide” changes no preference."""

import itertools
import math

import pytest
import torch
from figure_modules import ask, in_javascript, said, state_of
from figure_page import drag, readout, reopen, tab_to

from book_lib.attention import scaled_dot_product_attention
from book_lib.book.figure import figure

NAME = "attention_by_hand"
FIRST = state_of(NAME)
FEATURES = {"animal": [1, 0, 0], "road": [0, 1, 0], "it": [0, 0, 1], "tired": [1, 0, 1], "wide": [0, 1, 1]}    # living, place, refers
PROJECTIONS = {"query": [[1, 0], [0, 0], [2, 1]], "key": [[2, 0], [0, 2], [-1, 0]], "value": [[4, 0], [0, 4], [1, 1]]}
LETTER = 7.9            # px a letter of a name takes, on the safe side
UNIT = 30 / 340         # one unit of the plane, as a share of its width


@pytest.fixture(scope="module")
def shown():
    return figure(NAME, number="2.1")


def swapped():
    """The state after “wide” took the place of “tired”."""
    other = FIRST["other"]
    parts = {part: [*FIRST[part][: other["index"]], other[part]] for part in ("query", "key", "value")}
    return {"tokens": [*FIRST["tokens"][: other["index"]], "wide"], **parts}


def test_the_first_vectors_are_features_of_the_words_times_the_chapters_matrices():
    for part, matrix in PROJECTIONS.items():
        for word, vector in [*zip(FIRST["tokens"], FIRST[part], strict=True), ("wide", FIRST["other"][part])]:
            assert vector == (torch.tensor(FEATURES[word]) @ torch.tensor(matrix)).tolist()


@pytest.mark.parametrize("scale", [True, False])
def test_every_number_is_the_librarys(scale):
    state = {"scale": scale, "query": [[1, -2], [0.5, 0], [2, 1], [3, 1]]}
    query, key, value = (torch.tensor((FIRST | state)[part], dtype=torch.float64) for part in ("query", "key", "value"))
    output, weights = scaled_dot_product_attention(query if scale else query * math.sqrt(2), key, value)
    numbers = ask(NAME, "m.attend(s.query, s.key, s.value, s.scale)", **state)
    assert torch.allclose(torch.tensor(numbers["weights"], dtype=torch.float64), weights, rtol=0, atol=1e-12)
    assert torch.allclose(torch.tensor(numbers["output"], dtype=torch.float64), output, rtol=0, atol=1e-12)


def test_the_row_of_it_has_the_numbers_of_the_text_and_wide_changes_no_preference():
    first, other = (ask(NAME, "m.attend(s.query, s.key, s.value)", **state) for state in ({}, swapped()))
    assert first["scores"][2] == [4, 2, -2, 2]
    assert [round(weight, 3) for weight in first["weights"][2]] == [0.666, 0.162, 0.01, 0.162]
    assert first["weights"][1] == [0.25] * 4
    for numbers in (first, other):
        assert numbers["weights"][2][0] / numbers["weights"][2][1] == pytest.approx(math.exp(2 / math.sqrt(2)))
    assert other["weights"][2][0] != pytest.approx(first["weights"][2][0], abs=1e-3)
    assert "4.11 times" in said(NAME, **swapped())


@pytest.mark.parametrize(
    "key", [[[2, 0], [0, 2], [-1, 0], [1, 0]], [[2, 1], [2, 1], [2, 0.5], [1, 1]], [[5, 5], [5, 5], [-5, -5], [4, 5]], [[0, 0]] * 4]
)
def test_names_in_the_plane_never_overlap(key):
    tips = [(230, 140, "q it")]
    tips += [(170 + 30 * x, 170 - 30 * y, f"{word} 0.25") for (x, y), word in zip(key, FIRST["tokens"], strict=True)]
    points = [{"x": x, "y": y, "text": text} for x, y, text in tips]
    places = in_javascript(NAME, f"m.placeNames({points}).map(p => [p.x, p.y])")
    boxes = [(x, y - 12, x + LETTER * len(text), y + 3) for (x, y), (_, _, text) in zip(places, tips, strict=True)]
    for a, b in itertools.combinations(boxes, 2):
        assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
    assert all(x >= 0 and right <= 340 and y >= 0 and bottom <= 330 for x, y, right, bottom in boxes)


def start_again(page):
    page.get_by_role("button", name="Start again").click()
    assert readout(page) == said(NAME)


@pytest.mark.browser
def test_it_turns_to_the_road_but_not_because_it_is_wide(visit):
    turned = {"key": [FIRST["key"][0], [4, 2], *FIRST["key"][2:]]}
    weights = ask(NAME, "m.attend(s.query, s.key, s.value)", **turned)["weights"][2]
    assert weights[1] > weights[0]

    page = visit()
    assert readout(page) == said(NAME)
    road, swap = page.get_by_role("slider", name="key of road"), page.get_by_role("button", name="Put “wide” in place")
    unit = page.locator(".bk-plane").bounding_box()["width"] * UNIT
    drag(page, road.locator(".bk-hit"), 4 * unit, 0)
    assert readout(page) == said(NAME, **turned)
    start_again(page)
    swap.click()
    assert readout(page) == said(NAME, **swapped())
    start_again(page)

    reopen(page)
    tab_to(page, swap)
    page.keyboard.press("Enter")
    assert readout(page) == said(NAME, **swapped())
    page.keyboard.press("Enter")
    tab_to(page, road)
    for _ in range(2):
        page.keyboard.press("Shift+ArrowRight")
    assert readout(page) == said(NAME, **turned)
    assert road.get_attribute("aria-valuetext") == f"4, 2; score 10, weight {weights[1]:.2f}"
    page.keyboard.press("Escape")
    assert readout(page) == said(NAME)


@pytest.mark.browser
def test_it_shows_its_inputs_and_explains_a_chosen_number(visit):
    page = visit()
    cells = page.get_by_role("spinbutton")
    assert [cell.input_value() for cell in cells.all()][:6] == ["1", "0", "2", "0", "4", "0"] and cells.count() == 24
    page.get_by_role("button", name="score, road: 2").click()
    assert readout(page) == said(NAME)
    assert page.locator(".bk-formula").inner_text() == "s = q·k = 2·0 + 1·2 = 2"
    page.get_by_role("spinbutton", name="key k of road, component 2").fill("3")
    assert readout(page) == said(NAME, key=[[2, 0], [0, 3], [-1, 0], [1, 0]])
    assert "[object" not in page.locator(".bk-fig").inner_text()
