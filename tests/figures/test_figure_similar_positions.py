"""Similar positions: the cosines are those of the shipped ViT's codes, and what is said of neighbours holds in them."""

import pytest
import torch
from figure_modules import ask, said
from figure_page import readout, tab_to

from book_lib.book.figure import data_of, figure, recorder
from book_lib.experiments.named_pictures import load_vit, new_model
from book_lib.vision.patches import position_similarity

NAME = "similar_positions"


@pytest.fixture(scope="module")
def shown():
    return figure(NAME, number="8.3")


def similarity(model):
    return position_similarity(model.positions.detach()[model.n_extra :])


def test_what_is_recorded_are_the_codes_of_today():
    data, record = data_of(NAME, {}), recorder(NAME)
    assert list(data) == ["trained", "start"]
    for name, model in (("trained", load_vit()), ("start", new_model("vit", seed=0))):
        assert (torch.tensor(data[name]) - torch.tensor(record.cosines(model))).abs().max() <= 1, "hundredths"
        assert torch.allclose(torch.tensor(data[name]).view(64, 64) / 100, similarity(model), atol=0.011)


@pytest.mark.parametrize(("when", "patch"), [(0, 18), (0, 0), (1, 63)])
def test_means_are_those_of_the_groups(when, patch):
    cosines = similarity(new_model("vit", seed=0) if when else load_vit())[patch]
    places = torch.tensor([divmod(i, 8) for i in range(64)])
    down, right = (places - places[patch]).abs().T
    border = ((places == 0) | (places == 7)).any(1)
    groups = [down + right == 1, (down + right > 1) & border, (down + right > 1) & ~border]
    found = ask(NAME, "m.means(s)", when=when, patch=patch)
    assert found == pytest.approx([cosines[group].mean().item() for group in groups], abs=0.006)
    assert sum(group.sum() for group in groups) == 63


def test_neighbours_are_alike_after_training_and_not_before():
    near = torch.tensor([[abs(i // 8 - j // 8) + abs(i % 8 - j % 8) == 1 for j in range(64)] for i in range(64)])
    trained, start = similarity(load_vit()), similarity(new_model("vit", seed=0))
    far = ~near & ~torch.eye(64, dtype=bool)
    assert trained[near].mean() > trained[far].mean() + 0.15
    assert abs(start[near].mean() - start[far].mean()) < 0.05


def test_border_and_inside_are_told_apart_as_the_folded_text_says():
    cosines = similarity(load_vit())
    places = torch.tensor([divmod(i, 8) for i in range(64)])
    border = ((places == 0) | (places == 7)).any(1)
    inside = ((places > 1) & (places < 6)).all(1)
    assert cosines[0, 63] > 0.7 and cosines[0, 1] > 0.7, "a corner, the opposite one, and its neighbour"
    assert cosines[border][:, border].mean() > 0.3 and cosines[inside][:, inside].mean() > 0.3 and cosines[border][:, inside].mean() < -0.2


@pytest.mark.browser
def test_a_patch_is_chosen_by_pointing_and_by_keyboard(visit):
    page = visit()
    assert readout(page) == said(NAME)
    grid = page.locator(".bk-similar-grid")
    grid.scroll_into_view_if_needed()
    box = grid.bounding_box()
    page.mouse.click(box["x"] + box["width"] * 6.5 / 8, box["y"] + box["height"] * 1.5 / 8)
    assert readout(page) == said(NAME, patch=14)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+ArrowLeft")
    assert readout(page) == said(NAME, patch=19)
    numbers = page.locator(".bk-similar-number").all_text_contents()
    assert [float(text.replace("−", "-")) for text in numbers] == pytest.approx(ask(NAME, "m.cosines(s)", patch=19), abs=1e-9)
    page.get_by_label("Position codes", exact=True).select_option(index=1)
    assert readout(page) == said(NAME, patch=19, when=1)
    handle = page.get_by_role("slider", name="Chosen patch")
    tab_to(page, handle)
    page.keyboard.press("ArrowUp")
    assert readout(page) == said(NAME, patch=11, when=1) and handle.get_attribute("aria-valuetext") == "row 2, column 4"
    page.get_by_role("button", name="Start again").click()
    assert readout(page) == said(NAME)
