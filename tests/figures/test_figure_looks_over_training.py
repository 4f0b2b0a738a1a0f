"""Looks over training: what the table recorded is what is drawn, counted and said; a training is scrubbed by key and by mouse."""

import numpy as np
import pytest
from figure_modules import ask_each, data_file, number, said
from figure_page import readout, tab_to

from book_lib.book.figure import figure, recorder
from book_lib.book.models import load_log
from book_lib.data.scenes import make_scene

NAME = "looks_over_training"
TABLE = load_log(NAME)
LOOKS = sorted(TABLE["runs"], key=lambda run: run["epoch"])


@pytest.fixture(scope="module")
def shown():
    return figure(NAME, number="L11.1")


def test_recorded_data_are_what_the_recorder_makes_today():
    assert data_file(NAME) == recorder(NAME).training_run(TABLE, make_scene(TABLE["scene"]))


@pytest.mark.parametrize("star", [False, True])
@pytest.mark.parametrize("equal", [False, True])
def test_points_weights_and_shares_are_those_of_the_table(star, equal):
    scene = make_scene(TABLE["scene"])
    cx, cy, w, h = scene.boxes[scene.boxes[:, 2:].prod(1).argmax()]
    states = [{"epoch": epoch, "star": star, "equal": equal} for epoch in range(len(LOOKS))]
    answers = ask_each(NAME, "[m.placesOf(s), m.insideOf(s), m.moved(s)]", states)
    start = np.array(LOOKS[0]["points"])[:, :2] - LOOKS[0]["reference"]
    for (places, inside, moved), look in zip(answers, LOOKS, strict=True):
        points = np.array(look["points"])
        where = look["reference"] + start if star else points[:, :2]
        weights = np.full(48, 1 / 48) if equal else points[:, 2]
        np.testing.assert_allclose([[one["x"], one["y"], one["weight"]] for one in places], np.c_[where, weights], atol=1e-6)
        assert [one["level"] for one in places] == points[:, 3].tolist()
        within = (abs(where - (cx, cy)) <= (w / 2, h / 2)).all(1)
        assert inside == pytest.approx(weights[within].sum(), abs=1e-6)
        far = np.linalg.norm((points[:, :2] - look["reference"] - start) * scene.size[::-1], axis=1)
        assert [moved["mean"], moved["most"]] == pytest.approx([far.mean(), far.max()], abs=1e-6)


def test_what_its_answer_says_is_so():
    """Numbers of "seen": weights change in the first epoch and much more than places; the score takes longer."""
    first, second, *_, last = ask_each(NAME, "[m.insideOf(s), m.moved(s).mean]", [{"epoch": epoch} for epoch in range(11)])
    assert 0.2 < first[0] < 0.27 < 0.67 < second[0] < 0.73 and abs(last[0] - second[0]) < 0.05
    assert first[1] == 0 and 1.1 < last[1] < 1.3
    assert [round(LOOKS[epoch]["score"], 2) for epoch in (1, 10)] == [0.31, 0.66] and len({look["label"] for look in LOOKS[1:]}) == 1
    outside = [(np.array(look["points"])[:, :2] < 0).any(1) | (np.array(look["points"])[:, :2] > 1).any(1) for look in LOOKS]
    assert {int(one.sum()) for one in outside} == {16}
    share = [sum(point[2] for point, out in zip(LOOKS[epoch]["points"], outside[epoch], strict=True) if out) for epoch in (0, 10)]
    assert share == pytest.approx([1 / 3, 0.15], abs=0.005)
    drift = np.subtract(LOOKS[10]["reference"], LOOKS[0]["reference"]) * make_scene(TABLE["scene"]).size[::-1]
    assert 3.8 < np.linalg.norm(drift) < 4.6
    levels = [[sum(point[2] for point in look["points"] if point[3] == level) for level in range(3)] for look in LOOKS[1:]]
    assert all(max(one) == one[0] for one in levels)


@pytest.mark.browser
def test_a_training_is_scrubbed(visit):
    page = visit()
    assert readout(page) == said(NAME)
    assert page.locator(".bk-sampled:not(.bk-sampled-key *)").count() == 48
    slider = page.get_by_role("slider", name="epoch")
    tab_to(page, slider)
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    assert readout(page) == said(NAME, epoch=3) and slider.get_attribute("aria-valuetext") == "epoch 3"
    page.get_by_role("checkbox", name="points back on the star").check()
    assert readout(page) == said(NAME, epoch=3, star=True)
    page.get_by_role("checkbox", name="equal weights").check()
    assert readout(page) == said(NAME, epoch=3, star=True, equal=True)
    bars = page.locator(".bk-training-bars")
    bars.scroll_into_view_if_needed()
    frame = bars.bounding_box()
    page.mouse.click(frame["x"] + frame["width"] - 3, frame["y"] + 10)
    assert readout(page) == said(NAME, epoch=10, star=True, equal=True)
    assert f"score of the best class: {number(LOOKS[10]['score'])}" in bars.text_content()
    page.get_by_role("button", name="Start again").click()
    assert readout(page) == said(NAME)
