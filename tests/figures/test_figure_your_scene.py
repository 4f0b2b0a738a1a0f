"""Your own scene in a browser: first state, surprises, keyboard, touch, narrow and dark; its pictures and answers against Python's."""

from base64 import b64decode
from io import BytesIO

import numpy as np
import pytest
import torch
from figure_page import answered, drag, says, small_buttons, tab_to
from PIL import Image

from book_lib.book.figure import data_of, declared_traits, figure, recorder
from book_lib.book.placed_scenes import answer, digits, drawn
from book_lib.data.scenes import CLASSES, scene_batch
from book_lib.detection.criterion import WEIGHTS, detection_losses
from book_lib.detection.matching import match
from book_lib.experiments.small_detectors import load_detr

pytestmark = pytest.mark.browser
NAME = "your_scene"
OBJECT = ".bk-placed-object:visible"
NEAR = """loss => Math.abs(+/Loss ([\\d.]+)/.exec(document.querySelector('.bk-yours-wide').textContent)[1] - loss) < .05"""      # int8


@pytest.fixture(scope="module")
def shown():
    return figure(NAME, number="A.1")


def picture(page):
    """The pixels of the picture that stands in the page, uint8 [h, w, 3]."""
    address = page.locator(".bk-placed-view image").first.get_attribute("href")
    return np.array(Image.open(BytesIO(b64decode(address.split(",")[1]))))


@torch.no_grad()
def pytorch(objects, pad_to=None):
    """(reports, {object: its query}, loss) of the trained DETR for objects of the figure."""
    scene = drawn(objects)
    images, mask, targets = scene_batch([scene], pad_to=pad_to)
    output = load_detr()(images, mask)
    logits, boxes = output.logits[-1], output.boxes[-1]
    queries, places = match(logits, boxes, targets)[0]
    loss = sum(WEIGHTS[name] * value.item() for name, value in detection_losses(logits, boxes, targets).items())
    return int((logits[0].softmax(-1)[:, :-1].amax(-1) >= 0.5).sum()), dict(zip(places.tolist(), queries.tolist(), strict=True)), loss


def test_recorded_data_are_what_the_recorder_makes_today():
    record, data = recorder(NAME), data_of(NAME, {})
    again, objects = answer(record.first_objects()), declared_traits(NAME)["objects"]["default"]
    assert data["scenes"][0] == objects and data["digits"] == digits()
    assert data["answer"]["logits"] == pytest.approx(again["logits"], abs=0.01)
    assert data["answer"]["boxes"] == pytest.approx(again["boxes"], abs=1e-3)
    maps = [np.frombuffer(b64decode(one["weights"]), np.uint8).astype(int) for one in (data["answer"], again)]
    assert np.abs(maps[0] - maps[1]).max() <= 1


def test_the_first_state_stands_before_anything_is_loaded_and_shows_pythons_picture(page):
    record = recorder(NAME)
    reports, queries, loss = pytorch(record.first_objects())
    said = page.locator(".bk-readout").inner_text()
    assert f"the detector reports {reports} objects" in said and f"object query {queries[0]} answers: disc 0.98" in said
    assert f"Loss {loss:.3f}" in page.locator(".bk-yours-wide").inner_text()
    apart = np.abs(picture(page).astype(int) - drawn(record.first_objects()).image)
    assert apart.max() <= 1 and (apart > 0).mean() < 1e-3
    assert page.evaluate("!window.bookModels")


def test_a_dragged_disc_passes_from_one_query_to_the_next_as_pytorch_says(page):
    disc, seen = page.locator(OBJECT).first, set()
    for _ in range(5):
        drag(page, disc, 40, 0)
        answered(page)
        seen.add(page.locator(".bk-yours-table tbody tr").first.locator("td").first.inner_text())
    assert len(seen) >= 3
    place = [float(x) for x in disc.get_attribute("aria-valuetext").removeprefix("at ").split(",")[:1]]
    assert place[0] > 45


@pytest.mark.parametrize("which", [1, 2, 3, 4])
def test_other_scenes_get_pytorchs_answers_padded_and_not(page, which):
    objects = data_of(NAME, {})["scenes"][which]
    page.get_by_label("Begin with").select_option(str(which + 1))
    for padded in (False, True):
        page.get_by_label("Pad to 96 × 96").set_checked(padded)
        reports, queries, loss = pytorch(objects, (96, 96) if padded else None)
        placed = ["nothing", "1 object"][len(objects)] if len(objects) < 2 else f"{len(objects)} objects"
        found = ["nothing", "1 object"][reports] if reports < 2 else f"{reports} objects"
        says(page, f"You placed {placed}; the detector reports {found}.")
        page.wait_for_selector(f".bk-yours-hand[viewBox='0 0 {384 if padded else 320} {384 if padded else 320}']")
        answered(page)
        page.wait_for_function(NEAR, arg=loss)
        cells = page.locator(".bk-yours-table tbody tr td:nth-of-type(1)").all_inner_texts()
        assert cells == [str(queries[i]) for i in range(len(objects))]


def test_everything_by_keyboard_alone(page):
    disc = page.locator(OBJECT).first
    tab_to(page, disc)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    page.wait_for_function("document.querySelector('.bk-placed-object').getAttribute('aria-valuetext').startsWith('at 21, 32, 18 px wide')")
    page.keyboard.press("+")
    page.wait_for_function("document.querySelector('.bk-placed-object').getAttribute('aria-valuetext').includes('19 px wide')")
    page.keyboard.press("Escape")
    page.wait_for_function("document.querySelector('.bk-placed-object').getAttribute('aria-valuetext').startsWith('at 20, 24, 18 px')")
    page.keyboard.press("Delete")
    says(page, "You placed 3 objects")
    tab_to(page, page.get_by_role("button", name="cross", exact=True))
    page.keyboard.press("Enter")
    assert "object 4 cross" in says(page, "You placed 4 objects")
    tab_to(page, page.get_by_role("button", name="Start again"))
    page.keyboard.press("Enter")
    assert "object 1 disc" in says(page, "object query 12 answers: disc 0.98")


def test_a_drawing_gets_a_name_of_the_six_and_a_full_scene_takes_no_more(page):
    page.get_by_label("Begin with").select_option(label="an empty scene")
    says(page, "You placed nothing")
    page.get_by_label("Draw in the first picture").check()
    box = page.locator(".bk-yours-hand").bounding_box()
    points = [(0.3, 0.3), (0.7, 0.3), (0.7, 0.7), (0.3, 0.7), (0.3, 0.32)]
    page.mouse.move(box["x"] + points[0][0] * box["width"], box["y"] + points[0][1] * box["height"])
    page.mouse.down()
    for x, y in points[1:]:
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=6)
    page.mouse.up()
    said = says(page, "You placed 1 object")
    assert any(f"says {name}" in said for name in CLASSES)
    assert page.locator(".bk-yours-table tbody").inner_text().startswith("1 drawing")
    for _ in range(14):
        page.get_by_role("button", name="ring", exact=True).click(force=True)
    says(page, "You placed 12 objects")
    assert page.get_by_text("No more than 12 objects").is_visible()


def test_nine_and_twelve_objects_are_all_found_and_an_object_on_another_is_said_to_be_missed(page):
    for label, n in (("nine objects, one more than in training", 9), ("twelve objects", 12)):
        page.get_by_label("Begin with").select_option(label=label)
        says(page, f"You placed {n} objects; the detector reports {n} objects.")
    disc, objects = page.locator(OBJECT).first, data_of(NAME, {})["scenes"][3]
    objects[0] |= {"x": objects[0]["x"] + 19}
    for key in ("Shift+ArrowRight", "Shift+ArrowRight", "ArrowRight", "ArrowRight", "ArrowRight"):
        disc.press(key)
    reports, queries, _ = pytorch(objects)
    assert reports == 11
    said = says(page, "reports 11 objects. No object query reports object 1 disc.")
    assert f"pairs it with object query {queries[0]}," in said


def test_narrow_and_wide_light_and_dark_by_mouse_or_finger(visit):
    page = visit()
    disc, copy = page.locator(OBJECT).nth(1), page.get_by_role("button", name="Copy")
    if page.viewport_size["width"] < 600:
        disc.tap()
        copy.tap()
    else:
        disc.click()
        copy.click()
    assert "object 5 square" in says(page, "You placed 5 objects")
    assert small_buttons(page, ".bk-yours-tools") == []
    page.get_by_label("Begin with").select_option(label="two discs, nearly on top of each other")
    page.wait_for_function("document.querySelectorAll('.bk-yours-table tbody tr').length === 2")
    assert "nothing (score" in page.locator(".bk-yours-table").first.inner_text()
    assert page.locator(".bk-yours-table").first.evaluate("table => table.getBoundingClientRect().right <= innerWidth")


def test_while_dragging_the_page_is_never_busy_for_long_and_only_the_newest_question_is_answered(page):
    page.locator(OBJECT).first.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("asked >= 2")
    answered(page)
    before = page.evaluate("window.asked")
    page.evaluate("""() => { const disc = document.querySelector('.bk-placed-object');
      for (let i = 0; i < 30; i++) disc.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true })); }""")
    page.wait_for_function("document.querySelector('.bk-placed-object').getAttribute('aria-valuetext').startsWith('at 51')")
    answered(page)
    assert page.evaluate("window.asked") - before <= 3
