"""One idea, the cover: what it shows is what the shipped models do, recorded at first, then live; the look follows the adjective, the word
and the object."""

from base64 import b64decode

import numpy as np
import pytest
import torch
from figure_modules import ask, data_file, said_first
from figure_page import drag, readout, says, small_buttons, tab_to

from book_lib.book.figure import figure, recorder, words
from book_lib.book.packing import plain_scene, unpacked
from book_lib.book.placed_scenes import answer, drawn
from book_lib.experiments.small_detectors import detect, load_detr
from book_lib.experiments.translator import load_translator, translate

NAME = "one_idea"
DATA = data_file(NAME)
RECORDED = recorder(NAME).RECORDED
WORDS = "group", "Words that the translator writes"
FOUND = "group", "Objects that the detector finds"


@pytest.fixture(scope="module")
def shown():
    return figure(NAME)


def written(page):
    return " ".join(page.get_by_role(WORDS[0], name=WORDS[1]).get_by_role("button").all_inner_texts())


def test_the_words_and_looks_are_those_of_the_shipped_translator():
    translator = load_translator()[0].double()
    for who, why in RECORDED:
        again = recorder(NAME).looks_of_translator(translator, recorder(NAME).sentence(who, why))
        recorded = DATA["translations"][f"{who},{why}"]
        assert again["words"] == recorded["words"]
        for ours, theirs in zip(again["maps"], recorded["maps"], strict=True):
            assert unpacked(ours) == pytest.approx(unpacked(theirs), abs=0.005)


def test_the_noun_changes_with_the_adjective_and_so_does_the_look():
    tired, wide = (ask(NAME, "m.looks(s)", who=who, why=why) for who, why in RECORDED)
    assert sum(tired[2:4]) > 0.9 and max(wide) == wide[8] > 0.4
    assert said_first(NAME).startswith("While it writes “animal”, the translator looks at 动 (49 %) and 物 (47 %).")


def test_the_picture_and_the_boxes_are_those_of_the_shipped_detector_and_name_every_object_once():
    objects = recorder(NAME).first_objects()
    again = answer(objects)
    assert DATA["image"] == plain_scene(drawn(objects))["image"]
    assert DATA["answer"]["logits"] == pytest.approx(again["logits"], abs=0.01)
    assert DATA["answer"]["boxes"] == pytest.approx(again["boxes"], abs=1e-3)
    maps = [np.frombuffer(b64decode(one["weights"]), np.uint8).astype(int) for one in (DATA["answer"], again)]
    assert np.abs(maps[0] - maps[1]).max() <= 1
    found = ask(NAME, "m.reports(s, m.recordedAnswer(s))")["found"]
    assert sorted(ask(NAME, "s.objects.map(one => one.name)")) == sorted(
        ["disc", "ring", "square", "triangle", "cross", "digit"][one["label"]] for one in found)


def test_every_sentence_it_offers_is_translated_with_the_right_noun():
    record, translator = recorder(NAME), load_translator()[0]
    for who, animal in enumerate(("animal", "cat", "elephant", "robot")):
        for why, adjective in enumerate(words(NAME)["whys"]):
            noun = animal if adjective in ("tired", "hungry") else "road"
            english = f"this {animal} did not cross the road because the {noun} was too {adjective} ."
            assert translate(translator, [record.sentence(who, why)]) == [english]
            assert "".join(ask(NAME, "m.sourceOf(s)", who=who, why=why)) == record.sentence(who, why)


def test_attention_inside_a_box_is_the_sum_over_its_cells():
    rows, columns = DATA["answer"]["grid"]
    weights = torch.frombuffer(bytearray(b64decode(DATA["answer"]["weights"])), dtype=torch.uint8).float().view(-1, rows, columns)
    found = ask(NAME, "m.reports(s, m.recordedAnswer(s))")["found"]
    for one in found:
        cx, cy, w, h = one["box"]
        x, y = (torch.arange(columns) + 0.5) / columns, (torch.arange(rows) + 0.5) / rows
        held = weights[one["query"]]
        held = held[(y - cy).abs() <= h / 2][:, (x - cx).abs() <= w / 2].sum() / held.sum()
        assert ask(NAME, "m.inside(s)", query=one["query"]) == pytest.approx(held.item(), abs=1e-5)


@pytest.mark.browser
def test_the_look_follows_the_adjective_the_word_and_the_object_before_any_model_is_loaded(visit):
    page = visit()
    assert readout(page) == said_first(NAME)
    words = page.get_by_role(WORDS[0], name=WORDS[1])
    marked, asked = page.locator(".bk-idea-asked").bounding_box(), page.locator(".bk-idea-line text", has_text="它").bounding_box()
    assert asked["x"] < marked["x"] + marked["width"] / 2 < asked["x"] + asked["width"]
    assert page.evaluate("!window.bookModels")
    page.get_by_role("button", name="wide").click()
    assert "“road”" in readout(page) and written(page).endswith("because the road was too wide .")
    words.get_by_role("button", name="cross", exact=True).click()
    assert readout(page) == said_first(NAME, why=2, word=DATA["translations"]["0,2"]["words"].index("cross"))
    page.get_by_role(FOUND[0], name=FOUND[1]).get_by_role("button").last.click()
    query = ask(NAME, "m.reports(s, m.recordedAnswer(s))")["found"][-1]["query"]
    assert readout(page) == said_first(NAME, why=2, word=DATA["translations"]["0,2"]["words"].index("cross"), query=query)
    page.get_by_role("button", name="Start again").click()
    assert readout(page) == said_first(NAME)
    assert small_buttons(page, ".bk-stage") == []


@pytest.mark.browser
def test_another_sentence_is_translated_and_a_dragged_object_found_by_the_models_in_the_page(page):
    page.get_by_role("button", name="elephant").click()
    page.get_by_role("button", name="hungry").click()
    assert "“elephant”, the translator looks at " in says(page, "While it writes “elephant”")
    assert written(page) == translate(load_translator()[0], [recorder(NAME).sentence(2, 1)])[0]
    disc, found = page.locator(".bk-placed-object").first, page.get_by_role(FOUND[0], name=FOUND[1]).get_by_role("button")
    disc.focus()
    for key in ("Shift+ArrowDown", "Shift+ArrowRight", "Shift+ArrowDown", "+"):
        page.keyboard.press(key)
    objects = recorder(NAME).first_objects()
    objects[0] |= {"x": 26, "y": 38, "side": 23}
    page.wait_for_function("document.querySelector('.bk-placed-object').getAttribute('aria-valuetext').startsWith('at 26, 38, 23')")
    (wanted,) = detect(load_detr(), [drawn(objects)])
    sure = wanted["scores"] >= 0.5
    names = sorted(["disc", "ring", "square", "triangle", "cross", "digit"][label] for label in wanted["labels"][sure].tolist())
    page.wait_for_function("""names => JSON.stringify([...document.querySelectorAll('.bk-idea > :last-child .bk-idea-picks button')]
      .map(button => button.textContent.split(' ')[0]).sort()) === JSON.stringify(names)""", arg=names)
    drag(page, disc, 60, -50)
    page.wait_for_function("!document.querySelector('.bk-placed-object').getAttribute('aria-valuetext').startsWith('at 26, 38')")
    assert "disc" in " ".join(found.all_inner_texts())
    page.get_by_role("button", name="Start again").click()
    page.wait_for_function("wanted => document.querySelector('.bk-readout').textContent === wanted", arg=said_first(NAME))


@pytest.mark.browser
def test_arrows_go_from_word_to_word_and_move_an_object(visit):
    page = visit()
    noun = DATA["translations"]["0,0"]["words"].index("because") + 2
    disc = page.locator(".bk-placed-object").first
    tab_to(page, page.get_by_role(WORDS[0], name=WORDS[1]).locator("[aria-pressed=true]"))
    page.keyboard.press("ArrowRight")
    assert readout(page) == said_first(NAME, word=noun + 1)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert readout(page) == said_first(NAME, word=noun - 1)
    tab_to(page, disc)
    page.keyboard.press("Shift+ArrowRight")
    page.wait_for_function("document.querySelector('.bk-placed-object').getAttribute('aria-valuetext').startsWith('at 26, 22')")
    page.keyboard.press("Escape")
    page.wait_for_function("document.querySelector('.bk-placed-object').getAttribute('aria-valuetext').startsWith('at 18, 22')")
