"""One idea, the cover: what it shows is what the shipped models do; the look follows the adjective, the word and the object."""

import pytest
import torch
from figure_modules import ask, data_file, said
from figure_page import readout, small_buttons, tab_to

from book_lib.book.figure import figure, recorder
from book_lib.book.packing import unpacked
from book_lib.data.scenes import CLASSES, make_scene
from book_lib.experiments.small_detectors import load_detr
from book_lib.experiments.translator import load_translator

NAME = "one_idea"
DATA = data_file(NAME)


@pytest.fixture(scope="module")
def shown():
    return figure(NAME)


def test_the_words_and_looks_are_those_of_the_shipped_translator():
    translator = load_translator()[0].double()
    for sentence, recorded in zip(recorder(NAME).SENTENCES, DATA["sentences"], strict=True):
        again = recorder(NAME).looks_of_translator(translator, sentence)
        assert {name: again[name] for name in ("source", "gloss", "words", "noun")} == {
            name: recorded[name] for name in ("source", "gloss", "words", "noun")}
        for ours, theirs in zip(again["maps"], recorded["maps"], strict=True):
            assert unpacked(ours) == pytest.approx(unpacked(theirs), abs=0.005)


def test_the_noun_changes_with_the_adjective_and_so_does_the_look():
    assert [one["words"][one["noun"]] for one in DATA["sentences"]] == ["animal", "road"]
    tired, wide = (ask(NAME, "m.looks(s)", sentence_shown=i) for i in (0, 1))
    assert sum(tired[2:4]) > 0.9 and max(wide) == wide[8] > 0.4
    assert said(NAME).startswith("While it writes “animal”, the translator looks at 动 (49 %) and 物 (47 %).")


def test_the_boxes_are_those_of_the_shipped_detector_and_name_every_object_once():
    shown = DATA["scene"]
    seed = next(seed for seed in range(1_000_000, 1_001_000) if _objects(make_scene(seed)) == shown["objects"])
    torch.manual_seed(0)
    again = recorder(NAME).looks_of_detector(load_detr(), make_scene(seed), CLASSES)
    assert again["labels"] == shown["labels"] and again["grid"] == shown["grid"]
    assert torch.tensor(again["boxes"]).sub(torch.tensor(shown["boxes"])).abs().max() <= 20
    assert sorted(shown["labels"]) == sorted(label for label, *_ in shown["objects"]) and min(shown["scores"]) >= 0.5
    for ours, theirs in zip(again["maps"], shown["maps"], strict=True):
        assert unpacked(ours) == pytest.approx(unpacked(theirs), abs=0.005)


def _objects(scene):
    return [[int(label), *(round(10_000 * float(x)) for x in box)] for label, box in zip(scene.labels, scene.boxes, strict=True)]


def test_attention_inside_a_box_is_the_sum_over_its_cells():
    scene = DATA["scene"]
    rows, columns = scene["grid"]
    for query, (box, pair) in enumerate(zip(scene["boxes"], scene["maps"], strict=True)):
        weights, (cx, cy, w, h) = torch.tensor(unpacked(pair)).view(rows, columns), (x / 1e4 for x in box)
        x, y = (torch.arange(columns) + 0.5) / columns, (torch.arange(rows) + 0.5) / rows
        held = weights[(y - cy).abs() <= h / 2][:, (x - cx).abs() <= w / 2].sum() / weights.sum()
        assert ask(NAME, "m.inside(s)", query=query) == pytest.approx(held.item(), abs=1e-6)


@pytest.mark.browser
def test_the_look_follows_the_adjective_the_word_and_the_object(visit):
    page = visit()
    assert readout(page) == said(NAME)
    page.get_by_role("button", name="… too wide").click()
    assert readout(page) == said(NAME, sentence_shown=1) and "“road”" in readout(page)
    marked, asked = page.locator(".bk-idea-asked").bounding_box(), page.locator(".bk-idea-line text", has_text="它").bounding_box()
    assert asked["x"] < marked["x"] + marked["width"] / 2 < asked["x"] + asked["width"]
    page.get_by_role("button", name="cross", exact=True).click()
    place = DATA["sentences"][1]["words"].index("cross")
    assert readout(page) == said(NAME, sentence_shown=1, word=place)
    last = len(DATA["scene"]["boxes"]) - 1
    page.get_by_role("group", name="Objects that the detector finds").get_by_role("button").nth(last).click()
    assert readout(page) == said(NAME, sentence_shown=1, word=place, query=last)
    page.get_by_role("button", name="Start again").click()
    assert readout(page) == said(NAME)
    assert small_buttons(page, ".bk-stage") == []


@pytest.mark.browser
def test_arrows_go_from_word_to_word(visit):
    page = visit()
    noun = DATA["sentences"][0]["noun"]
    tab_to(page, page.get_by_role("group", name="Words that the translator writes").locator("[aria-pressed=true]"))
    page.keyboard.press("ArrowRight")
    assert readout(page) == said(NAME, word=noun + 1)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert readout(page) == said(NAME, word=noun - 1)
