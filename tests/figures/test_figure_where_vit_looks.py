"""Where a ViT looks: the recorded maps and costs are those of the shipped model; what a reader chooses by mouse, finger and keyboard."""

import re

import pytest
import torch
from figure_modules import ask, number, said
from figure_page import readout, says, small_buttons, tab_to

from book_lib.book.figure import data_of, declared_traits, figure, recorder
from book_lib.data.scenes import CLASSES
from book_lib.experiments.named_pictures import HELD_OUT_SEED, load_vit, named_pictures, normalised
from book_lib.vision.vit import attention_rollout

NAME = "where_vit_looks"
HEADS, ROLLOUT = 4, 20
DASHED = """svgs => svgs.map(svg => [...svg.querySelectorAll(".bk-query-other")]
  .map(rect => 8 * Math.round(rect.getAttribute("y") / 40) + Math.round(rect.getAttribute("x") / 40)).sort((a, b) => a - b))"""


@pytest.fixture(scope="module")
def shown():
    return figure(NAME, number="8.3")


@pytest.fixture(scope="module")
def rows():
    """What record.py measures, of the first 60 held-out pictures."""
    return recorder(NAME).measured(load_vit(), 60)


def most(values):
    return sorted(range(len(values)), key=lambda i: -values[i])[:8]


@torch.no_grad()
def test_the_recorded_maps_and_costs_are_those_of_the_shipped_model():
    data, record, model = data_of(NAME, {}), recorder(NAME), load_vit()
    assert data["classes"] == list(CLASSES) and [one["label"] for one in data["pictures"]] == list(range(len(CLASSES)))
    images, labels = named_pictures(record.N, HELD_OUT_SEED)
    pictures = {record.plain_scene(record.scene_of(i))["image"]: i for i in range(record.N)}
    for one in data["pictures"]:
        i = pictures[one["image"]]
        logits, weights = model.attention(normalised(images[i][None]))
        assert labels[i] == one["label"] == logits.argmax() and one["p"] == pytest.approx(logits.softmax(-1).max().item(), abs=2e-3)
        expected = [map for layer in weights for map in (layer[0].mean(0)[0, 1:], *layer[0, :, 0, 1:])]
        for kept, exact in zip(one["maps"], [*expected, attention_rollout(weights)[0, 0, 1:]], strict=True):
            assert kept == pytest.approx((10_000 * exact).tolist(), abs=5)
        costs = record.costs_of(model, images[i], one["label"])[1]
        assert one["costs"] == pytest.approx((1_000_000 * costs).tolist(), abs=2_000) and costs.max() > record.COSTS


def test_a_blanked_patch_has_the_mean_colour_and_nothing_else_changes():
    image = torch.randint(256, (3, 8, 12), generator=torch.Generator().manual_seed(1), dtype=torch.uint8)
    made = recorder(NAME).blanked(image, 4)
    assert made.shape == (6, 3, 8, 12)
    for i, copy in enumerate(made):
        changed = torch.zeros(8, 12, dtype=torch.bool)
        changed[i // 3 * 4 : i // 3 * 4 + 4, i % 3 * 4 : i % 3 * 4 + 4] = True
        assert torch.equal(copy[:, ~changed], image.float()[:, ~changed])
        assert torch.allclose(copy[:, changed], image.float().mean((1, 2))[:, None])


def test_how_many_places_two_maps_share_and_what_picks_in_a_box_would():
    record, up = recorder(NAME), torch.arange(64.0)
    assert record.shared(up, up) == 8 and record.shared(torch.stack([up, -up]), up.expand(2, -1)).tolist() == [8, 0]
    everywhere = record.in_the_box(up, (0.5, 0.5, 1.0, 1.0), (8, 8))
    lowest = record.in_the_box(up, (0.5, 15 / 16, 1.0, 1 / 8), (8, 8))                # the last row has the eight largest
    assert everywhere == pytest.approx(1) and lowest == 8 and record.in_the_box(up, (0.5, 1 / 16, 1.0, 1 / 8), (8, 8)) == 0


def test_the_average_agreement_is_near_that_of_some_of_the_pictures(rows):
    data, record = data_of(NAME, {}), recorder(NAME)
    some = torch.stack([record.shared(maps, costs.expand_as(maps)) for *_, maps, costs in rows]).mean(0)
    assert len(data["agreement"]) == ROLLOUT + 1 and 50 < len(rows) <= 60 < data["n"] <= record.N
    assert data["agreement"] == pytest.approx(some.tolist(), abs=0.8)
    boxes = [record.in_the_box(costs, record.scene_of(i).boxes[0].tolist(), (8, 8)) for i, *_, costs in rows]
    assert data["by_box"] == pytest.approx(sum(boxes) / len(boxes), abs=0.5) and 0 < data["matters"] < data["n"] / 2


def test_what_the_explanation_says():
    """The rollout agrees best, with less than half; heads against picks in the object's box; the disc's brightest and costliest patches."""
    data = data_of(NAME, {})
    heads = [share for i, share in enumerate(data["agreement"][:ROLLOUT]) if i % (1 + HEADS)]
    assert max(data["agreement"]) == data["agreement"][ROLLOUT] < 4
    assert [sum(share > data["by_box"] for share in heads), sum(share < data["by_box"] for share in heads)] == [9, 7]
    assert abs(sum(heads) / len(heads) - data["by_box"]) < 0.3 and min(heads) > 1
    first, start = data["pictures"][0], {name: about["default"] for name, about in declared_traits(NAME).items()}
    assert start["picture"] == 0 and most(first["maps"][start["map"]])[0] == start["patch"]
    weights = first["maps"][start["map"]]
    worst = first["costs"].index(max(first["costs"]))
    assert 0 < first["costs"][start["patch"]] < 10_000 and 300_000 < first["costs"][worst] < 400_000
    assert weights[worst] < weights[start["patch"]] / 10
    assert round(100 * weights[worst] / sum(weights)) == 1 and most(first["maps"][0])[0] == worst


@pytest.mark.parametrize("map", [0, 7, 15, ROLLOUT])
def test_agreement_and_readout_follow_from_the_recorded_numbers(map):
    data = data_of(NAME, {})
    for picture, one in enumerate(data["pictures"]):
        both = set(most(one["maps"][map])) & set(most(one["costs"]))
        text = said(NAME, picture=picture, map=map, patch=20)
        assert ask(NAME, f"m.agreement(s.data.pictures[{picture}], {map})") == len(both) and f": {len(both)} of the eight brightest" in text
        before = round(1e4 * one["p"])
        assert f"gets {number(one['maps'][map][20] / 100, 1)} % of the attention" in text
        assert f"from {number(before / 1e4, 3)} to {number((before - one['costs'][20] / 100) / 1e4, 3)}" in text
        assert f"the average is {number(data['agreement'][map], 1)}." in text


@pytest.mark.browser
def test_a_click_on_either_picture_chooses_a_patch_and_a_button_a_map(page):
    one = data_of(NAME, {})["pictures"][0]
    assert page.locator(".bk-scene-view").evaluate_all(DASHED) == [sorted(most(one["maps"][15])), sorted(most(one["costs"]))]
    worst = most(one["costs"])[0]
    box = page.locator(".bk-scene-view").nth(1).bounding_box()
    page.mouse.click(box["x"] + (worst % 8 + 0.5) * box["width"] / 8, box["y"] + (worst // 8 + 0.5) * box["height"] / 8)
    text = says(page, f"row {worst // 8 + 1}, column {worst % 8 + 1} gets")
    assert text.endswith("rank 1 of 64.")
    page.get_by_role("button", name="rollout").click()
    says(page, "Attention, rollout through all layers:")
    assert page.locator(".bk-looks-map[aria-pressed=true]").count() == 1
    assert page.locator(".bk-scene-view").evaluate_all(DASHED) == [sorted(most(one["maps"][ROLLOUT])), sorted(most(one["costs"]))]
    page.get_by_label("Picture", exact=True).select_option(index=3)
    says(page, "“triangle”")


@pytest.mark.browser
def test_everything_by_keyboard_alone(page):
    first = readout(page)
    tab_to(page, page.get_by_role("slider").first)
    page.keyboard.press("Shift+ArrowUp")
    row, column = map(int, re.search(r"row (\d), column (\d) gets", first).groups())
    says(page, f"row {row - 3}, column {column} gets")
    page.keyboard.press("ArrowLeft")
    says(page, f"row {row - 3}, column {column - 1} gets")
    tab_to(page, page.get_by_role("button", name="layer 2, head 3"))
    page.keyboard.press("Enter")
    says(page, "Attention, layer 2, head 3:")
    tab_to(page, page.get_by_role("button", name="Start again"))
    page.keyboard.press("Enter")
    says(page, first)


@pytest.mark.browser
def test_narrow_and_wide_light_and_dark_by_mouse_or_finger(visit):
    page = visit()
    button = page.get_by_role("button", name="layer 1, mean")
    button.tap() if page.viewport_size["width"] < 600 else button.click()
    says(page, "Attention, layer 1, mean of the heads:")
    assert small_buttons(page, ".bk-looks-table") == []
    for selector in (".bk-scene-view >> nth=0", ".bk-scene-view >> nth=1", ".bk-looks-table"):
        assert page.locator(selector).evaluate("part => part.getBoundingClientRect().right <= innerWidth")
