"""The assignment playground: its methods against the library's on random scenes, its sentences, and its surprises in a browser."""

import json
from dataclasses import replace

import pytest
import torch
from figure_modules import ask, in_javascript, said
from figure_page import answered, drag, readout, says, small_buttons, tab_to

from book_lib.book.figure import data_of, declared_traits, figure, recorder
from book_lib.book.placed_scenes import answer, digits, drawn
from book_lib.data.scenes import CLASSES, scene_batch
from book_lib.detection.assigners.assignment import checked_target
from book_lib.detection.matching import match
from book_lib.experiments.side_by_side import METHODS, Answers, assign_by, made_up_answers, priors_of
from book_lib.experiments.small_detectors import load_detr

NAME = "assignment_playground"
SIDE, SCENES = 80, 200
OBJECT = ".bk-placed-object:visible"


@pytest.fixture(scope="module")
def shown():
    return figure(NAME, number="10.1")


def random_target(seed):
    """1 to 8 objects of 3 to 60 px in a picture of 80 x 80, in double precision as JavaScript's numbers."""
    generator = torch.Generator().manual_seed(seed)
    n = 1 + seed % 8
    sides = 0.04 + 0.7 * torch.rand(n, 2, generator=generator, dtype=torch.float64) ** 2
    centres = sides / 2 + (1 - sides) * torch.rand(n, 2, generator=generator, dtype=torch.float64)
    return {"labels": torch.randint(len(CLASSES), (n,), generator=generator), "boxes": torch.cat((centres, sides), dim=1)}


def doubled(method):
    """A method's priors in double precision, with the sides that JavaScript computes (they agree: see the next test)."""
    priors = priors_of(method, (SIDE, SIDE))
    theirs = in_javascript(NAME, f'm.priorsOf("{method}", {SIDE}).map(one => [one.w, one.h])')
    sides = None if priors.sides is None else torch.tensor(theirs, dtype=torch.float64)
    return replace(priors, centres=priors.centres.double(), strides=priors.strides.double(), sides=sides)


def shaken(answers, seed):
    """Answers a little off, so that no two priors are equally good, with as many digits as a question to JavaScript needs."""
    generator = torch.Generator().manual_seed(seed)
    noise = [0.02 * torch.rand(values.shape, generator=generator, dtype=torch.float64)
             for values in (answers.scores, answers.objectness, answers.boxes_xyxy)]
    return Answers(*((values + more).mul(1e6).round().div(1e6) for values, more in zip(vars(answers).values(), noise, strict=True)))


@pytest.mark.parametrize("method", METHODS)
def test_the_page_decides_as_the_library_does_on_random_scenes(method):
    priors = doubled(method)
    ours, questions = [], []
    for seed in range(SCENES):
        target, learnt = random_target(seed), (0.07 + 0.13 * seed) % 1
        answers = shaken(made_up_answers(target, priors, n_classes=len(CLASSES), learnt=learnt), seed)
        ours.append(assign_by(method, target, priors, answers, n_classes=len(CLASSES)))
        labels, boxes = checked_target(target, priors, len(CLASSES))
        questions.append([boxes.tolist(), labels.tolist(), *(values.tolist() for values in vars(answers).values())])
    theirs = in_javascript(NAME, f"""{json.dumps(questions)}.map(([boxes, labels, scores, objectness, predicted]) => m.assignBy("{method}",
        boxes, labels, m.priorsOf("{method}", {SIDE}), {{ scores, objectness, boxes: predicted }},
        m.settingsOf("{method}").map(one => one.value), {SIDE}))""")
    for i, (found, page) in enumerate(zip(ours, theirs, strict=True)):
        assert page["objects"] == found.objects.tolist(), f"scene {i}"
        if found.positive is not None:
            for name, values in (("positive", found.positive.T), ("negative", found.negative)):
                assert torch.allclose(torch.tensor(page[name], dtype=torch.float64), values, atol=1e-9), f"{name} of scene {i}"
    assert any((found.objects >= 0).any() for found in ours)


@pytest.mark.parametrize("method", ["yolo_v1", "fcos", "auto_assign", "atss"])
def test_the_made_up_network_is_the_librarys(method):
    priors = doubled(method)
    for seed in range(20):
        target, learnt = random_target(seed), (0.07 + 0.13 * seed) % 1
        labels, boxes = checked_target(target, priors, len(CLASSES))
        ours = made_up_answers(target, priors, n_classes=len(CLASSES), learnt=learnt)
        given = f"{boxes.tolist()}, {labels.tolist()}, m.priorsOf('{method}', {SIDE}), {len(CLASSES)}, {learnt}"
        theirs = in_javascript(NAME, f"m.madeUp({given})")
        for name, values in (("scores", ours.scores), ("objectness", ours.objectness), ("boxes", ours.boxes_xyxy)):
            assert torch.allclose(torch.tensor(theirs[name], dtype=torch.float64), values, atol=1e-9), (name, seed)


@pytest.mark.parametrize("method", METHODS)
def test_priors_and_settings_are_the_librarys(method):
    priors = priors_of(method, (SIDE, SIDE))
    theirs = in_javascript(NAME, f'm.priorsOf("{method}", {SIDE})')
    assert [[one["x"], one["y"]] for one in theirs] == priors.centres.tolist()
    assert [one["stride"] for one in theirs] == priors.strides.tolist() and [one["level"] for one in theirs] == priors.levels.tolist()
    if priors.sides is not None:
        assert torch.allclose(torch.tensor([[one["w"], one["h"]] for one in theirs], dtype=torch.float32), priors.sides)
    assert in_javascript(NAME, f'm.settingsOf("{method}").map(one => one.value)') == list(METHODS[method])


def test_it_offers_every_method_and_detr():
    traits = declared_traits(NAME)
    assert traits["left"]["enum"] == traits["right"]["enum"] == [*METHODS, "detr"]
    for side in ("left", "right"):
        assert traits[f"{side}_settings"]["default"] == list(METHODS[traits[side]["default"]])


def test_its_first_state_shows_yolo_v1_losing_an_object():
    assert "YOLOv1: 3 positive, 0 ignored, 47 negative; lost: object 2. RetinaNet" in said(NAME) and said(NAME).count("lost") == 1
    apart = [one | ({"x": 56} if i == 1 else {}) for i, one in enumerate(declared_traits(NAME)["objects"]["default"])]
    assert "lost" not in said(NAME, objects=apart)
    for method in METHODS:
        sentence = said(NAME, left=method, left_settings=list(METHODS[method]))
        assert not any(word in sentence for word in ("{", "undefined", "NaN", "null")), sentence


def test_only_methods_that_look_at_predictions_move_with_the_training():
    def decided(method, learnt):
        return ask(NAME, "m.decide(s, 'left').objects", left=method, left_settings=list(METHODS[method]), learnt=learnt)

    moved = {method for method in METHODS if decided(method, 5) != decided(method, 100)}
    assert moved >= {"sim_ota", "task_aligned", "yolo_v3_released", "free_anchor"}
    assert moved.isdisjoint({"rpn", "rpn_overwrite", "retinanet", "ssd", "yolo_v3_paper", "fcos", "atss"})


def counts(method, **state):
    return ask(NAME, "m.decide(s, 'left').counts", left=method, left_settings=list(METHODS[method]), **state)


def test_what_the_reader_should_have_seen_is_so():
    first = declared_traits(NAME)["objects"]["default"]
    by_size = {method: [counts(method, objects=[*first[:3], first[3] | {"side": side}])[3] for side in (8, 12, 20, 28, 34, 40)]
               for method in ("auto_assign", "retinanet")}
    assert by_size["auto_assign"][0] == 2 and by_size["auto_assign"][-1] > 20 and set(by_size["retinanet"]) == {1, 2}
    small_and_large = data_of(NAME, {})["scenes"][2]
    assert counts("rpn_overwrite", objects=small_and_large)[0] == 0 < min(counts("rpn", objects=small_and_large))
    sums = [sum(counts("sim_ota", learnt=learnt)) for learnt in (0, 50, 100)]
    assert sums == sorted(set(sums)) and max(counts("sim_ota", learnt=100)) == 10


def test_what_changes_with_the_training_is_as_the_second_wording_says():
    def third(learnt):
        return [counts(method, learnt=learnt)[2] for method in ("sim_ota", "one_to_one")]

    assert [third(0), third(100)] == [[3, 1], [10, 1]]
    ignored = [said(NAME, left="yolo_v3_released", left_settings=[0.7], learnt=learnt) for learnt in (0, 100)]
    assert "4 positive, 0 ignored, 398 negative" in ignored[0] and "4 positive, 265 ignored, 133 negative" in ignored[1]


def test_an_empty_scene_is_all_negative():
    for method in METHODS:
        assert "0 positive" in said(NAME, objects=[], left=method, left_settings=list(METHODS[method]))


def test_recorded_data_are_what_the_recorder_makes_today():
    record, data = recorder(NAME), data_of(NAME, {})
    again = answer(record.first_objects())
    assert data["scenes"] == record.scenes() and data["digits"] == digits()
    assert data["answer"]["logits"] == pytest.approx(again["logits"], abs=0.01)
    assert data["answer"]["boxes"] == pytest.approx(again["boxes"], abs=1e-3)


@torch.no_grad()
def pairs_of(objects):
    """For each object of a figure the query that DETR's matching gives it, by PyTorch."""
    images, mask, targets = scene_batch([drawn(objects)])
    output = load_detr()(images, mask)
    ((queries, places),) = match(output.logits[-1], output.boxes[-1], targets)
    return dict(zip(places.tolist(), queries.tolist(), strict=True))


def test_detr_matches_as_pytorch_does():
    objects = declared_traits(NAME)["objects"]["default"]
    pairs = ask(NAME, "m.decide(s, 'right', s.data.answer).pairs", right="detr", right_settings=[])
    assert dict(enumerate(pairs)) == pairs_of(objects)


@pytest.mark.browser
def test_two_objects_of_one_cell_are_found_again_once_they_are_apart(visit):
    page = visit()
    assert readout(page) == said(NAME)
    second = page.locator(OBJECT).nth(1)
    if page.viewport_size["width"] < 600:
        tab_to(page, second)
        page.keyboard.press("Shift+ArrowRight")
    else:
        drag(page, second, 40, 0)
    assert "lost" not in says(page, "YOLOv1: 4 positive")
    page.get_by_label("Left: method").select_option(label="FCOS")
    assert "FCOS" in readout(page) and page.get_by_label("Centre radius, strides (left)").count() == 1
    page.get_by_role("button", name="Start again").click()
    assert readout(page) == said(NAME) and small_buttons(page, ".bk-play-tools") == []


@pytest.mark.browser
def test_objects_move_in_the_right_picture_too(page):
    second = page.locator(".bk-play-side").nth(1).locator(OBJECT).nth(1)
    tab_to(page, second)
    page.keyboard.press("Shift+ArrowRight")
    assert "lost" not in says(page, "YOLOv1: 4 positive")
    places = [page.locator(".bk-play-side").nth(side).locator(OBJECT).nth(1).get_attribute("aria-valuenow") for side in (0, 1)]
    assert places == ["54", "54"]
    assert page.evaluate("document.activeElement.closest('.bk-play-side') === document.querySelectorAll('.bk-play-side')[1]")


@pytest.mark.browser
def test_methods_thresholds_and_sizes_by_keyboard(page):
    high = page.get_by_label("Positive from IoU (right)")
    tab_to(page, high)
    page.keyboard.press("ArrowRight")
    assert readout(page) == said(NAME, right_settings=[0.55, 0.4])
    objects = json.loads(json.dumps(declared_traits(NAME)["objects"]["default"]))
    tab_to(page, page.locator(OBJECT).nth(3))
    page.keyboard.press("-")
    objects[3]["side"] = 23
    assert readout(page) == said(NAME, right_settings=[0.55, 0.4], objects=objects, chosen=3)
    page.keyboard.press("Delete")
    assert readout(page) == said(NAME, right_settings=[0.55, 0.4], objects=objects[:3], chosen=2)
    assert page.locator(".bk-play-table tbody tr").count() == 3


@pytest.mark.browser
def test_every_method_is_drawn_with_a_mark_for_each_prior(page):
    for method in METHODS:
        page.get_by_label("Right: method").select_option(str(list(METHODS).index(method)))
        marks = page.locator(".bk-play-marks").nth(1)
        drawn_marks = marks.locator(".bk-play-negative, .bk-play-ignored, .bk-play-positive").count()
        assert drawn_marks == len(priors_of(method, (SIDE, SIDE))), method


@pytest.mark.browser
def test_detr_answers_live(page):
    page.get_by_label("Right: method").select_option(label="DETR (live)")
    assert "4 of 20 object queries matched" in readout(page) and page.evaluate("!window.bookModels")
    page.get_by_label("Begin with").select_option(label="small and large")
    answered(page)
    says(page, "DETR (live): 4 of 20 object queries matched")
    assert page.locator(".bk-play-link").count() == 4
