"""Attention of the encoder: the row shown is that of the chosen cell, split among objects and ground."""

import numpy as np
import pytest
import torch
from figure_modules import ask, ask_each, data_file, number, said, state_of
from figure_page import readout, tab_to
from made_up_scenes import encoder_of

from book_lib.book.figure import figure
from book_lib.data.scenes import make_scene

NAME = "encoder_attention"


@pytest.fixture(scope="module")
def made_up():
    return encoder_of([make_scene(3), make_scene(4), make_scene(5)])


@pytest.fixture(scope="module")
def shown(made_up):
    return figure(NAME, number="9.4", data=made_up, cell=[2, 2])


def told(made_up):
    """What the figure says of the made-up data in a state."""
    return lambda **state: said(NAME, **{"data": made_up, "cell": [2, 2]} | state)


def owner_of(one, row, column):
    """The object a cell belongs to: its middle lies in the box, or the box's middle in the cell; the smaller one wins; -1 is ground."""
    rows, columns = one["grid"]
    x, y, found = (column + 0.5) / columns, (row + 0.5) / rows, -1
    for i in sorted(range(len(one["objects"])), key=lambda i: -one["objects"][i][3] * one["objects"][i][4]):
        cx, cy, w, h = (value / 10_000 for value in one["objects"][i][1:])
        if abs(x - cx) <= w / 2 and abs(y - cy) <= h / 2 or (column, row) == (int(cx * columns), int(cy * rows)):
            found = i
    return found


def test_attention_of_a_cell_is_split_among_objects_and_ground(made_up):
    states = [{"scene": i % 3, "map": i % 5, "cell": [i % 4, (2 * i) % 4]} for i in range(24)]
    for state, (weights, owners, shares) in zip(
        states, ask_each(NAME, "[m.weights(s), m.owners(s), m.shares(s)]", states, data=made_up), strict=True
    ):
        one = made_up["scenes"][state["scene"]]
        rows, columns = one["grid"]
        assert owners == [owner_of(one, row, column) for row in range(rows) for column in range(columns)]
        held = [sum(w for w, owner in zip(weights, owners, strict=True) if owner == i) for i in [*range(len(one["objects"])), -1]]
        assert shares == pytest.approx([x / sum(weights) for x in held]) and sum(shares) == pytest.approx(1)


def test_the_row_shown_is_the_row_of_the_chosen_cell(made_up):
    h, w = made_up["scenes"][0]["grid"]
    generator = torch.Generator().manual_seed(0)
    weights = [(3 * torch.randn(3, n, n, generator=generator)).softmax(dim=-1) for n in (h * w, h * w)]
    for place, expected in ((0, weights[0].mean(dim=0)), (1, weights[1].mean(dim=0)), (3, weights[1][1])):
        row = expected[2 * w + 3]
        found = ask(NAME, "m.weights(s)", data=made_up, map=place, cell=[2, 3])
        assert np.abs(np.array(found) - row.numpy()).max() <= 0.51 * expected.max().item() / 255
    assert "Layer 2, head 2" in said(NAME, data=made_up, map=3)


def test_the_first_state_shows_the_last_layers_mean_from_the_middle_of_the_largest_object():
    first, one = state_of(NAME), data_file(NAME)["scenes"][0]
    cx, cy, w, h = max((box for _, *box in one["objects"]), key=lambda box: box[2] * box[3])
    rows, columns = one["grid"]
    assert first["cell"] == [cy * rows // 10_000, cx * columns // 10_000] and "belongs to" in said(NAME)
    assert one["maps"][first["map"]][:2] == [max(layer for layer, *_ in one["maps"]), -1]


@pytest.mark.browser
def test_a_cell_is_chosen_by_mouse_and_moved_by_keyboard(visit, made_up):
    page, said = visit(), told(made_up)
    assert readout(page) == said()
    rows, columns = made_up["scenes"][0]["grid"]
    page.locator(".bk-scene-view").scroll_into_view_if_needed()
    frame = page.locator(".bk-scene-view").bounding_box()
    page.mouse.click(frame["x"] + 3.5 / columns * frame["width"], frame["y"] + 1.5 / rows * frame["height"])
    assert readout(page) == said(cell=[1, 3])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowLeft")
    assert readout(page) == said(cell=[2, 2])
    shown = page.locator(".bk-bar-share").all_inner_texts()
    assert shown == [f"{number(100 * share, 0)} %" for share in ask(NAME, "m.shares(s)", data=made_up, cell=[2, 2])]
    handle = page.get_by_role("slider", name="chosen cell")
    tab_to(page, handle)
    for _ in range(2):
        page.keyboard.press("Shift+ArrowUp")
    assert readout(page) == said(cell=[0, 2])
    assert handle.get_attribute("aria-valuetext").startswith("row 1, column 3: ")
    page.get_by_label("Layer and head", exact=True).select_option(index=3)
    page.get_by_label("Scene", exact=True).select_option(index=2)
    assert readout(page) == said(cell=[0, 2], map=3, scene=2)
