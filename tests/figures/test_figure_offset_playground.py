"""Offset playground: what a sample reads is what grid_sample and the library read, inside, on the edge and outside."""

import re

import pytest
import torch
import torch.nn.functional as F
from figure_modules import ask, said
from figure_page import drag, readout, tab_to

from book_lib.book.figure import declared_traits, figure
from book_lib.detection.deformable_attention import bilinear_sample, deformable_attention

NAME = "offset_playground"
MAP = torch.tensor(declared_traits(NAME)["map"]["default"], dtype=torch.float64)
SIZE = torch.tensor([5.0, 4.0], dtype=torch.float64)
STATES = [
    {},
    {"reference": [0.0, 0.0], "chosen": 2},
    {"reference": [2.5, 2.5], "offsets": [[0.0, 0.0], [2.5, 0.0], [-3.0, -2.95], [2.05, 1.4]], "scores": [3, -3, 0, 1], "chosen": 1},
    {"offsets": [[-2.1, 0.0], [3.8, 0.1], [4.2, 3.1], [0.0, -2.2]], "scores": [1, 2, 3, -1], "chosen": 3},
]


@pytest.fixture(scope="module")
def shown():
    return figure(NAME, number="11.2")


def places_of(state):
    defaults = declared_traits(NAME)
    reference, offsets = (torch.tensor(state.get(key, defaults[key]["default"]), dtype=torch.float64) for key in ("reference", "offsets"))
    return reference + offsets


@pytest.mark.parametrize("state", STATES, ids=str)
def test_samples_read_what_grid_sample_reads(state):
    places = places_of(state)
    theirs = F.grid_sample(MAP[None, None], (places / SIZE * 2 - 1)[None, None], align_corners=False).flatten()
    read = torch.tensor(ask(NAME, "m.values(s)", **state), dtype=torch.float64)
    torch.testing.assert_close(read, theirs, rtol=0, atol=1e-12)
    one_by_one = torch.stack([bilinear_sample(MAP[..., None], x, y)[0] for x, y in (places / SIZE).tolist()])
    torch.testing.assert_close(read, one_by_one, rtol=0, atol=1e-12)


@pytest.mark.parametrize("state", STATES, ids=str)
def test_the_output_is_the_librarys_attention(state):
    weights = torch.tensor(state.get("scores", [0, 0, 0, 0]), dtype=torch.float64).softmax(-1)
    places = (places_of(state) / SIZE).view(1, 1, 1, 1, 4, 2)
    ours = deformable_attention(MAP.view(1, 20, 1, 1), [(4, 5)], places, weights.view(1, 1, 1, 1, 4)).item()
    assert ask(NAME, "m.output(s)", **state) == pytest.approx(ours, abs=1e-12)


def test_shares_are_areas_and_sum_to_one():
    corners = ask(NAME, "m.corners(s.map, [2.25, 1.75])")
    assert [corner["share"] for corner in corners] == pytest.approx([0.1875, 0.5625, 0.0625, 0.1875])
    assert [(corner["row"], corner["column"]) for corner in corners] == [(1, 1), (1, 2), (2, 1), (2, 2)]
    outside = ask(NAME, "m.corners(s.map, [0, -0.25])")
    assert sum(corner["share"] for corner in outside) == pytest.approx(1)
    assert not any(corner["inside"] for corner in outside[:3]) and outside[3]["inside"]


@pytest.mark.browser
def test_samples_and_reference_are_dragged_and_moved_by_keys(visit):
    page = visit()
    assert readout(page) == said(NAME) and "(2.25, 1.75)" in said(NAME)
    sample = page.get_by_role("slider", name="sample 1", exact=True)
    tab_to(page, sample)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowUp")
    middle = [[1.0, 0.0], [-0.75, 0.5], [0.5, 1.5], [1.75, -0.5]]
    assert readout(page) == said(NAME, offsets=middle) and "reads 8.00" in readout(page)
    page.keyboard.press("Shift+ArrowRight")
    assert readout(page) == said(NAME, offsets=[[2.0, 0.0], *middle[1:]])
    page.keyboard.press("Escape")
    assert readout(page) == said(NAME)
    tab_to(page, page.get_by_role("slider", name="reference point"))
    page.keyboard.press("ArrowDown")
    assert readout(page) == said(NAME, reference=[1.5, 1.75])
    page.get_by_role("button", name="Start again").click()
    page.get_by_role("button", name="sample 3").click()
    score = page.get_by_label("score of sample 3")
    tab_to(page, score)
    page.keyboard.press("Shift+ArrowRight")
    assert readout(page) == said(NAME, chosen=2, scores=[0, 0, 2, 0])
    page.get_by_role("button", name="Start again").click()
    drag(page, sample, 40, 30)
    x, y = map(float, re.match(r"Sample 1 stands at \((\d\.\d\d), (\d\.\d\d)\)", readout(page)).groups())
    assert 2.6 < x < 3.5 and 2.1 < y < 2.9
