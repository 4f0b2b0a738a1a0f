"""Road from parameters: geometry and picture in JavaScript against Python on 200 random roads, and what the figure says and shows."""

import json
import math
import re
from base64 import b64decode

import numpy as np
import pytest
import torch
from figure_modules import ask, ask_each
from figure_page import answered, readout, says, tab_to

from book_lib.book.figure import data_of, declared_traits, figure, recorder
from book_lib.data.lanes import annotated, picture_of, road_batch
from book_lib.experiments.small_lanes import load_lstr
from book_lib.lanes.curves import Camera, lane_curve, lane_road, lane_x
from book_lib.lanes.tusimple import H_SAMPLES

NAME = "road_from_parameters"
SETTINGS = 200


@pytest.fixture(scope="module")
def shown():
    return figure(NAME, number="12.1")


def random_states():
    rng = np.random.default_rng(7)
    limits = declared_traits(NAME)
    states = []
    for _ in range(SETTINGS):
        bend, hill = (int(rng.integers(limits[name]["minimum"], limits[name]["maximum"] + 1)) for name in ("bend", "hill"))
        pitch, offset = (float(round(rng.uniform(limits[name]["minimum"], limits[name]["maximum"]), 3)) for name in ("pitch", "offset"))
        states.append({"bend": bend, "pitch": pitch, "offset": offset, "hill": hill, "car": bool(rng.integers(2))})
    return states


STATES = random_states()


def test_the_geometry_is_the_librarys_on_200_random_roads():
    roads = [recorder(NAME).road_of(**state) for state in STATES]
    theirs = ask_each(NAME, "[m.curvesOf(s), [0.72, 0.85, 0.99].map(y => m.curvesOf(s).map(c => m.laneX(c, y))), "
                            "m.roadAt(0.3, 0.9, m.cameraOf(s))]", STATES)
    for road, (curves, places, (across, ahead)) in zip(roads, theirs, strict=True):
        own = lane_curve(torch.tensor([[*road.shape, line["b"]] for line in road.lines], dtype=torch.float64), road.camera)
        assert torch.tensor(curves, dtype=torch.float64).numpy() == pytest.approx(own.numpy(), abs=1e-12)
        rows = torch.tensor([0.72, 0.85, 0.99], dtype=torch.float64)
        assert np.transpose(places) == pytest.approx(lane_x(own, rows).numpy(), abs=1e-12)
        through = lane_curve(torch.tensor([0.0, 0.0, 0.0, across], dtype=torch.float64), road.camera)
        assert lane_x(through, torch.tensor([0.9], dtype=torch.float64)).item() == pytest.approx(0.3, abs=1e-12) and ahead > 0
        assert lane_road(own, road.camera)[:, 3].numpy() == pytest.approx([line["b"] for line in road.lines], abs=1e-9)


def test_the_picture_is_pythons_on_200_random_roads():
    """Python draws in float32 and JavaScript in double precision; both cut off what is behind the point."""
    record = recorder(NAME)
    noise = record.STEP * record.noise().astype(np.float32)
    theirs = ask_each(NAME, "btoa(String.fromCharCode(...m.pixelsOf(s)))", STATES)
    off = [np.abs(np.frombuffer(b64decode(text), np.uint8).astype(int) - picture_of(record.road_of(**state), noise).image.ravel())
           for state, text in zip(STATES, theirs, strict=True)]
    assert max(one.max() for one in off) <= 1
    assert np.mean([(one > 0).mean() for one in off]) < 0.01


def test_how_far_the_reported_curves_lie_beside_the_paint():
    state = STATES[0]
    road = recorder(NAME).road_of(**state)
    lanes, which = annotated(road)
    curves = ask(NAME, "m.curvesOf(s)", **state)
    shift = 0.01
    answer = {"logits": [0, 9] * 4, "lanes": [x for k, f, m, n, b, c in curves for x in (0.5, 1, k, f, m, n + shift, b, c)]}
    theirs = ask(NAME, f"m.distances(s, {json.dumps(answer)})", **state)
    rows = torch.tensor(H_SAMPLES, dtype=torch.float64) / 720
    own = [np.abs(shift + lane_x(torch.tensor(curves[i]), rows).numpy() - line / 1280)[line >= 0].clip(0, 1).mean()
           for i, line in zip(which, np.asarray(lanes, dtype=float), strict=True)]
    assert [theirs[i] for i in which] == pytest.approx(own, abs=1e-6)


def test_the_first_road_is_the_line_of_the_lessons_example():
    said = ask(NAME, "m.curvesOf({ ...s, pitch: 0 })[1]")
    assert said == pytest.approx([0, 0.5, 0.00864, 0.5, -0.675, -0.3375], abs=1e-9)
    assert recorder(NAME).road_of().camera == Camera(pitch=math.radians(3))


@torch.no_grad()
def pytorch(**state):
    """(number of reports, mean and largest distance in per cent) of the trained network for a state of the figure."""
    record = recorder(NAME)
    output = load_lstr()(road_batch([record.picture(**state)])[0])
    scores, lanes = output.logits[-1, 0].softmax(-1)[:, 1], output.lanes[-1, 0]
    told = lanes[scores >= 0.5]
    truth, _ = annotated(record.road_of(**state))
    rows = torch.tensor(H_SAMPLES) / 720
    off = [min(np.abs(lane_x(lane[2:], rows).numpy() - line / 1280)[line >= 0].clip(0, 1).mean() for lane in told) for line in truth]
    return len(told), 100 * np.mean(off), 100 * max(off)


def numbers_said(page):
    """(reports, mean, most) as the readout gives them."""
    return [float(x) for x in re.search(r"reports (\d+) lines; on average they are ([\d.]+) % .*, ([\d.]+) % for", readout(page)).groups()]


def test_the_recorded_answer_is_what_the_recorder_makes_today():
    today, data = recorder(NAME).answer(), data_of(NAME, {})["answer"]
    assert data["logits"] == pytest.approx(today["logits"], abs=0.02)
    assert data["lanes"] == pytest.approx(today["lanes"], abs=2e-3)


def test_the_first_sentence_says_what_pytorch_answers():
    n, mean, most = pytorch()
    text = ask(NAME, "m.sentence(s)")
    assert f"The network reports {n} lines" in text
    said = [float(x) for x in re.search(r"on average they are ([\d.]+) % .*, ([\d.]+) % for", text).groups()]
    assert said == pytest.approx([mean, most], abs=0.15)


def test_what_the_prompts_lead_to():
    """The network follows what it was trained for, and a line behind a car; another pitch and hills it does not."""
    good = [pytorch(), pytorch(car=True), pytorch(pitch=4.0), pytorch(offset=0.6)]
    assert all(mean < 1.5 for _, mean, _ in good)
    assert all(pytorch(**state)[1] > 4 for state in ({"pitch": 5.0}, {"pitch": 8.0}, {"offset": 1.8}, {"hill": 3}))
    flat = ask(NAME, "m.curvesOf(s)", hill=3)
    lanes, which = annotated(recorder(NAME).road_of(hill=3))
    rows = torch.tensor(H_SAMPLES, dtype=torch.float64) / 720
    off = [np.abs(lane_x(torch.tensor(flat[i], dtype=torch.float64), rows).numpy() - line / 1280)[line >= 0].mean()
           for i, line in zip(which, np.asarray(lanes, dtype=float), strict=True)]
    assert min(off) > 0.05


@pytest.mark.browser
def test_the_network_in_the_page_answers_as_pytorch(page):
    assert page.evaluate("!window.bookModels")
    page.get_by_label("A car hides a line").check()
    says(page, "The network reports")
    answered(page)
    n, mean, most = pytorch(car=True)
    assert numbers_said(page) == [n, pytest.approx(mean, abs=0.3), pytest.approx(most, abs=0.6)]


@pytest.mark.browser
def test_a_step_to_the_side_changes_only_what_is_a_lines_own(page):
    before = page.locator(".bk-road-numbers tr:not(.bk-road-theirs)").all_inner_texts()
    offset = page.get_by_label("Car’s position", exact=True)
    offset.press("Shift+ArrowRight")
    page.wait_for_function("was => document.querySelectorAll('.bk-road-numbers tr')[1].innerText !== was", arg=before[1])
    after = page.locator(".bk-road-numbers tr:not(.bk-road-theirs)").all_inner_texts()
    assert after[0] == before[0] and all(a != b for a, b in zip(after[1:], before[1:], strict=True))
    pitch = page.get_by_label("Pitch", exact=True)
    pitch.press("ArrowRight")
    page.wait_for_function("was => document.querySelectorAll('.bk-road-numbers tr')[0].innerText !== was", arg=before[0])


@pytest.mark.browser
def test_everything_by_keyboard_alone(page):
    first = readout(page)
    tab_to(page, page.get_by_label("Bend", exact=True))
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    page.wait_for_function("document.querySelector('.bk-range output').textContent === 'straight'")
    tab_to(page, page.get_by_label("Numbers of", exact=True))
    page.keyboard.press("ArrowDown")
    says(page, "Line 3:")
    tab_to(page, page.get_by_role("button", name="Start again"))
    page.keyboard.press("Enter")
    assert says(page, "Line 2:") and page.get_by_label("Bend", exact=True).input_value() == "4"
    page.wait_for_function("was => document.querySelector('.bk-readout').textContent === was", arg=first)


@pytest.mark.browser
def test_narrow_and_wide_light_and_dark_by_mouse_or_finger(visit):
    page = visit()
    box = page.get_by_label("A car hides a line")
    box.tap() if page.viewport_size["width"] < 600 else box.click()
    answered(page)
    assert says(page, "The network reports")
    page.get_by_label("Numbers of", exact=True).select_option("3")
    says(page, "Line 4:")
    for selector in (".bk-road-seen", ".bk-road-above"):
        assert page.locator(selector).evaluate("svg => svg.getBoundingClientRect().right <= innerWidth")
