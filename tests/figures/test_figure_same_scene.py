"""The same scene in a browser: first state, drag, keyboard, narrow and dark; answers, places and weights against Python's."""

import re
from base64 import b64decode

import numpy as np
import pytest
import torch
from chromium import new_page
from figure_modules import ask, data_file, in_javascript
from figure_page import MOUNTED, TWO_FRAMES, answered, drag, says, small_buttons, tab_to, write_page

from book_lib.book.figure import data_of, declared_traits, figure, recorder, words
from book_lib.book.models import load_log
from book_lib.book.placed_scenes import answer, deformable_answer, drawn
from book_lib.data.scenes import CLASSES, scene_batch
from book_lib.detection.matching import match, matching_cost
from book_lib.experiments.small_deformable import load_deformable
from book_lib.experiments.small_detectors import load_detr

NAME = "same_scene"
OBJECT = ".bk-placed-object:visible"
pytestmark = pytest.mark.browser
LEAST = {"detr": 0.5, "deformable": in_javascript(NAME, "m.kinds.deformable.least")}
MARKS = "[...document.querySelectorAll('.bk-same-marks')].map(group => [...group.children].map(mark => mark.getAttribute('d')).join())"


@pytest.fixture(scope="module")
def shown():
    return figure(NAME, number="A.1")


@torch.no_grad()
def pytorch(objects):
    """What both trained detectors make of objects of the figure: {name: (reports, {object: query}, [query's best class and score])}.

    And the places [n_queries, 48, 2], their weights [n_queries, 48] and the references [n_queries, 2] of Deformable DETR's last layer.
    """
    images, mask, targets = scene_batch([drawn(objects)])
    output, sampled = load_deformable().sampling(images, mask)
    found = {}
    for name, (logits, boxes), settings in (
        ("detr", (one[-1] for one in load_detr()(images, mask)), {}),
        ("deformable", (output.logits[-1], output.boxes[-1]), {"classes": "sigmoid", "class_cost": 2.0}),
    ):
        chances = logits[0].softmax(-1)[:, :-1] if name == "detr" else logits[0].sigmoid()
        queries, places = match(logits, boxes, targets, **settings)[0] if objects else (torch.tensor([]),) * 2
        best = [(CLASSES[label], score) for score, label in zip(*(part.tolist() for part in chances.max(-1)), strict=True)]
        found[name] = int((chances >= LEAST[name]).sum()), dict(zip(places.tolist(), queries.tolist(), strict=True)), best, boxes[0]
    places, weights = (part[0].flatten(1, 3) for part in sampled.decoder[-1])
    return found, places, weights / weights.sum(1, keepdim=True), sampled.references[-1][0]


def inside(places, weights, box):
    """The share of weights whose places lie in a box."""
    (cx, cy), (w, h) = box[:2], box[2:]
    return float(weights[((places[:, 0] - cx).abs() <= w / 2) & ((places[:, 1] - cy).abs() <= h / 2)].sum())


def test_recorded_data_are_what_the_recorder_makes_today():
    record, data = recorder(NAME), data_of(NAME, {})
    first = record.first_objects()
    assert data["scenes"] == [declared_traits(NAME)["objects"]["default"], *record.scenes()[1:]] and data["scenes"][0] == first
    for kept, again in ((data["answer"], answer(first)), (data["deformable"], deformable_answer(first))):
        assert kept["logits"] == pytest.approx(again["logits"], abs=0.01) and kept["boxes"] == pytest.approx(again["boxes"], abs=1e-3)
        maps = [np.frombuffer(b64decode(one["weights"]), np.uint8).astype(int) for one in (kept, again)]
        assert np.abs(maps[0] - maps[1]).max() <= 2
    kept, again = data["deformable"], deformable_answer(first)
    places = [np.frombuffer(b64decode(one["places"]), np.int16).astype(int) for one in (kept, again)]
    assert np.abs(places[0] - places[1]).max() <= 20                         # of 10 000, the side of the picture
    assert kept["references"] == pytest.approx(again["references"], abs=1e-3)
    assert kept["size"] == [4, 3, 4] and kept["shapes"] == [[20, 20], [10, 10], [5, 5]]


def test_the_cost_of_the_classes_is_the_librarys():
    logits, boxes = torch.randn(6, 6, generator=torch.Generator().manual_seed(0)), torch.full((6, 4), 0.5)
    target = {"labels": torch.tensor([2]), "boxes": boxes[:1]}
    terms = {"classes": "sigmoid", "class_cost": 2.0, "box_cost": 0.0, "giou_cost": 0.0}
    expected = matching_cost(logits, boxes, target, **terms)[:, 0]
    chances = logits.sigmoid()[:, 2].tolist()
    assert in_javascript(NAME, f"{chances}.map(m.kinds.deformable.classCost)") == pytest.approx(expected.tolist(), abs=1e-5)


def test_the_recorded_state_says_and_marks_what_pytorch_does():
    objects = declared_traits(NAME)["objects"]["default"]
    found, places, weights, references = pytorch(objects)
    seen = ask(NAME, "m.look(s, m.recorded(s))")
    for name in LEAST:
        reports, owners, best, boxes = found[name]
        own = seen["own"][name]
        assert len(seen["found"][name]["reports"]) == reports and seen["found"][name]["owners"] == [owners[i] for i in range(4)]
        label, score = best[owners[0]]
        assert (own["query"], CLASSES[own["label"]], own["score"]) == (owners[0], label, pytest.approx(score, abs=1e-3))
        assert own["box"] == pytest.approx(boxes[owners[0]].tolist(), abs=1e-3)
    query = found["deformable"][1][0]
    theirs = torch.tensor([[one["x"], one["y"], one["weight"]] for one in seen["places"]])
    expected = torch.cat((places[query], weights[query][:, None]), 1)
    assert theirs == pytest.approx(expected.numpy(), abs=2e-3)
    assert seen["inside"]["deformable"] == pytest.approx(inside(places[query], weights[query], found["deformable"][3][query]), abs=0.01)
    assert [one["level"] for one in seen["places"]] == 4 * [level for level in range(3) for _ in range(4)]
    reference = data_file(NAME)["deformable"]["references"][2 * query : 2 * query + 2]
    assert reference == pytest.approx(references[query].tolist(), abs=1e-3)


def moved(first, **changes):
    """The first scene's objects, the disc changed."""
    return [first[0] | changes, *first[1:]]


def test_what_the_figure_says_one_should_have_seen_is_so():
    first, seen = declared_traits(NAME)["objects"]["default"], words(NAME)["seen"]
    taken, detr, found, fixed = [], [], {}, []
    for x in range(12, 71, 2):
        answers, places, _, references = pytorch(moved(first, x=x, y=40))
        query = answers["deformable"][1][0]
        found[x] = answers["deformable"][3][10] * 80, 80 * places[10]
        fixed.append(references)
        label, score = answers["deformable"][2][query]
        taken += [query] if (label, query in taken) == ("disc", False) and score >= LEAST["deformable"] else []
        detr += [answers["detr"][1][0]] if answers["detr"][1][0] not in detr else []
    assert taken == [14, 2, 10, 0] and "first 14, then 2, 10 and 0" in seen
    assert detr == [6, 9, 10, 11, 1, 19] and "(6, 9, 10, 11, 1 and 19)" in seen
    assert all(torch.equal(fixed[0], one) for one in fixed)
    (box, points), (there, others) = found[38], found[52]
    assert float(there[0] - box[0]) == pytest.approx(15, abs=0.6) and float((others - points).norm(dim=1).mean()) < 1.5
    between, corner = moved(first, x=59, y=40), moved(first, x=59, y=40)
    corner[1] = corner[1] | {"x": 67, "y": 14}
    (before, *_), (after, *_) = pytorch(between), pytorch(corner)
    label, score = before["deformable"][2][9]
    assert label == "square" and score == pytest.approx(0.12, abs=0.006)
    assert 22 < 80 * float(before["deformable"][3][9][1]) < 40
    label, score = before["detr"][2][before["detr"][1][0]]
    assert label == "disc" and score > 0.9
    assert before["deformable"][2][before["deformable"][1][0]][1] < LEAST["deformable"]
    label, score = after["deformable"][2][after["deformable"][1][0]]
    assert after["deformable"][1][0] == 9 and label == "disc" and score == pytest.approx(0.64, abs=0.006)
    for side, share in ((30, 0.43), (8, 0.54)):
        answers, _, weights, _ = pytorch(moved(first, side=side))
        finest = weights[answers["deformable"][1][0]].view(4, 3, 4)[:, 0].sum()
        assert float(finest) == pytest.approx(share, abs=0.006)
    epochs = [sum(load_log(name)[part]["epochs"] for part in ("settings", "settings_any_padding")) for name in ("deformable_detr", "detr")]
    assert epochs == [12, 48]


def test_both_pictures_have_the_same_area_of_marks():
    for level in range(3):
        side = 7.0
        path = in_javascript(NAME, f"m.markPath({level}, 50, 50, {side * side})")
        numbers = [float(x) for x in re.findall(r"-?\d+\.\d+", path)]
        if level == 0:
            assert np.pi * numbers[2] ** 2 == pytest.approx(side**2, rel=0.03)
        elif level == 1:
            assert numbers[2] == side and numbers[:2] == [46.5, 46.5]
        else:
            assert 2 * numbers[2] ** 2 == pytest.approx(side**2, rel=0.03)
    for state in ("s", "({ ...s, query: 3 })"):
        assert ask(NAME, f"m.look({state}, m.recorded(s)).places.reduce((sum, one) => sum + one.weight, 0)") == pytest.approx(1)


def told_below(page):
    return page.locator(".bk-same-about").all_inner_texts()


def told(page):
    """{name: (query, class, score)} as it stands under the pictures, and the numbers of reports, of DETR and of Deformable DETR."""
    own = [re.match(r"Object query (\d+) says (\w+) ([\d.]+)", text).groups() for text in told_below(page)]
    reports = re.search(r"DETR reports (\d+), Deformable DETR (\d+)", page.locator(".bk-readout").inner_text()).groups()
    own = {name: (int(query), label, float(score)) for name, (query, label, score) in zip(LEAST, own, strict=True)}
    return own, [int(n) for n in reports]


def cross(page):
    """Where the reference point is drawn in the second picture, [x, y] in units of which a pixel has four."""
    path = page.locator(".bk-same-over .bk-sampled-cross").get_attribute("d")
    x, y = (float(part) for part in re.match(r"M(-?[\d.]+) (-?[\d.]+)h22", path).groups())
    return [x + 11, y]


def test_the_first_state_stands_before_anything_is_loaded(page):
    found, *_ = pytorch(declared_traits(NAME)["objects"]["default"])
    own, reports = told(page)
    assert reports == [found[name][0] for name in LEAST]
    for name, (query, label, score) in own.items():
        expected = found[name][2][query]
        assert query == found[name][1][0] and label == expected[0] and score == pytest.approx(expected[1], abs=0.011)
    counts = page.locator(".bk-same-marks").evaluate_all("groups => groups.map(group => group.children.length)")
    assert counts == [100, 48] and page.evaluate("!window.bookModels")


@pytest.mark.parametrize("which", [1, 2])
def test_other_scenes_get_pytorchs_answers(page, which):
    objects = data_of(NAME, {})["scenes"][which]
    found, *_ = pytorch(objects)
    page.get_by_label("Begin with").select_option(str(which + 1))
    says(page, f"You placed {len(objects)} objects")
    answered(page)
    own, reports = told(page)
    assert reports == [found[name][0] for name in LEAST]
    for name, (query, label, score) in own.items():
        expected = found[name][2][found[name][1][0]]
        assert query == found[name][1][0] and label == expected[0] and score == pytest.approx(expected[1], abs=0.05)      # int8


def test_a_query_that_is_chosen_shows_its_reference_point_and_detrs_nearest_report(page):
    found, _, _, references = pytorch(declared_traits(NAME)["objects"]["default"])
    for object_, query in found["deformable"][1].items():
        page.get_by_label("Deformable DETR’s object query").select_option(str(query + 1))
        says(page, f"Deformable DETR’s object query {query} looks at 48 points")
        own, _ = told(page)
        assert own["deformable"][0] == query and own["detr"][0] == found["detr"][1][object_]
        assert cross(page) == pytest.approx((320 * references[query]).tolist(), abs=0.5)


def test_the_reference_point_stays_while_the_object_is_dragged_and_the_places_move(page):
    disc = page.locator(OBJECT).first
    query, before, marks = told(page)[0]["deformable"][0], cross(page), page.evaluate(MARKS)
    for _ in range(3):
        disc.press("ArrowRight")
    answered(page)
    assert told(page)[0]["deformable"][0] == query and cross(page) == pytest.approx(before, abs=1)
    assert all(a != b for a, b in zip(page.evaluate(MARKS), marks, strict=True))
    drag(page, disc, 60, 0)
    answered(page)
    places = page.locator(OBJECT).evaluate_all("nodes => nodes.map(node => node.getAttribute('aria-valuetext'))")
    assert places[0] == places[4] and int(re.match(r"at (\d+)", places[0])[1]) > 30


def test_everything_by_keyboard_alone(page):
    disc = page.locator(OBJECT).first
    tab_to(page, disc)
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("+")
    page.wait_for_function("document.querySelector('.bk-placed-object').getAttribute('aria-valuetext').startsWith('at 20, 32, 19 px')")
    answered(page)
    page.keyboard.press("Escape")
    page.wait_for_function("document.querySelector('.bk-placed-object').getAttribute('aria-valuetext').startsWith('at 20, 24, 18 px')")
    page.keyboard.press("Tab")
    says(page, "For object 2 square")
    for _ in range(3):
        page.keyboard.press("Tab")
    assert not page.locator(OBJECT).nth(4).evaluate("node => node === document.activeElement")
    tab_to(page, page.get_by_role("button", name="Start again"))
    page.keyboard.press("Enter")
    says(page, "For object 1 disc")


def test_narrow_and_wide_light_and_dark_by_mouse_or_finger(visit):
    page = visit()
    triangle = page.locator(OBJECT).nth(7)                                   # in the second picture
    triangle.tap() if page.viewport_size["width"] < 600 else triangle.click()
    says(page, "For object 4 triangle")
    answered(page)
    assert small_buttons(page, ".bk-fig") == []
    names = page.locator(".bk-same-name").all_inner_texts()
    assert names == ["DETR", "Deformable DETR"]


def test_while_the_files_are_on_their_way_one_line_says_so_and_how_large_they_are(browser, tmp_path):
    held, path, line = [], write_page(tmp_path, [figure(NAME)]), words(NAME)["loading"]
    size = sum(file.stat().st_size for file in (tmp_path / "_figures").glob("*.model.js")) / 1e6
    assert f"({size:.1f} MB)" in line
    page = new_page(browser, viewport={"width": 1280, "height": 900})
    page.route("**/*.model.js", lambda route: held.append(route))
    page.goto(path.as_uri())
    page.wait_for_function(MOUNTED)
    page.get_by_label("Begin with").select_option(index=2)
    says(page, line)
    while len(held) < 2:
        page.evaluate(TWO_FRAMES)
    for route in held:
        route.continue_()
    assert "reports" in says(page, "You placed 2 objects")
    page.close()


@pytest.mark.parametrize("model", ["detr", "deformable_detr"])
def test_where_a_model_cannot_be_opened_one_sentence_says_so_and_the_recorded_scene_stays(window, tmp_path, model):
    path = write_page(tmp_path, [figure(NAME)])
    (tmp_path / "_figures" / f"{model}.model.js").unlink()
    page = window(path.as_uri())
    before = told_below(page)
    page.get_by_label("Begin with").select_option(index=2)
    assert says(page, "The recorded scene stays.") == "The file of the model could not be loaded. The recorded scene stays."
    assert told_below(page) == before and page.locator(OBJECT).count() == 8


def test_while_dragging_only_the_newest_question_of_each_model_is_answered(page):
    page.locator(OBJECT).first.press("ArrowRight")
    page.wait_for_function("asked >= 4")
    answered(page)
    before = page.evaluate("window.asked")
    page.evaluate("""() => { const disc = document.querySelector('.bk-placed-object');
      for (let i = 0; i < 20; i++) disc.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true })); }""")
    page.wait_for_function("document.querySelector('.bk-placed-object').getAttribute('aria-valuetext').startsWith('at 41')")
    answered(page)
    assert page.evaluate("window.asked") - before <= 6
