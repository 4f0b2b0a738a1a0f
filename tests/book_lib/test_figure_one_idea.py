"""OneIdea: what it shows is what the shipped models do, and wrong traits are one line."""

import json

import pytest
import torch

from book_lib.data.scenes import CLASSES, make_scene
from book_lib.experiments.small_detectors import load_detr
from book_lib.experiments.translator import load_translator
from book_lib.widgets import OneIdea
from book_lib.widgets.base import module_source
from book_lib.widgets.one_idea import EXAMPLE, SENTENCES, looks_of_detector, looks_of_translator
from book_lib.widgets.scenes import unpacked

DATA = json.loads(EXAMPLE.read_text("utf-8"))


def test_the_words_and_looks_are_those_of_the_shipped_translator():
    translator = load_translator()[0].double()
    for sentence, recorded in zip(SENTENCES, DATA["sentences"], strict=True):
        again = looks_of_translator(translator, sentence)
        assert {name: again[name] for name in ("source", "gloss", "words", "noun")} == {
            name: recorded[name] for name in ("source", "gloss", "words", "noun")}
        for ours, theirs in zip(again["maps"], recorded["maps"], strict=True):
            assert unpacked(ours) == pytest.approx(unpacked(theirs), abs=0.005)


def test_the_noun_changes_with_the_adjective_and_so_does_the_look():
    tired, wide = (OneIdea(sentence_shown=i) for i in (0, 1))
    assert [one.shown["words"][one.shown["noun"]] for one in (tired, wide)] == ["animal", "road"]
    assert sum(tired.looks()[2:4]) > 0.9 and max(wide.looks()) == wide.looks()[8] > 0.4
    assert tired.sentence().startswith("While it writes “animal”, the translator looks at 动 (49 %) and 物 (47 %).")


def test_the_boxes_are_those_of_the_shipped_detector_and_name_every_object_once():
    shown = DATA["scene"]
    seed = next(seed for seed in range(1_000_000, 1_001_000) if _objects(make_scene(seed)) == shown["objects"])
    torch.manual_seed(0)
    again = looks_of_detector(load_detr(), make_scene(seed), CLASSES)
    assert again["labels"] == shown["labels"] and again["grid"] == shown["grid"]
    assert torch.tensor(again["boxes"]).sub(torch.tensor(shown["boxes"])).abs().max() <= 20
    assert sorted(shown["labels"]) == sorted(label for label, *_ in shown["objects"]) and min(shown["scores"]) >= 0.5
    for ours, theirs in zip(again["maps"], shown["maps"], strict=True):
        assert unpacked(ours) == pytest.approx(unpacked(theirs), abs=0.005)


def _objects(scene):
    return [[int(label), *(round(10_000 * float(x)) for x in box)] for label, box in zip(scene.labels, scene.boxes, strict=True)]


@pytest.mark.parametrize(("traits", "said"), [
    ({"sentence_shown": 2}, "sentence_shown is 2, but it must be a whole number below 2"),
    ({"query": 11}, "query is 11, but it must be a whole number below"),
    ({"word": 23}, "word is 23, but it must be a whole number below"),
    ({"word": -2}, "word is -2, but it must be a whole number"),
    ({"data": {"sentences": [], "scene": {}}}, "data is .* but it must be sentences and a scene"),
])
def test_wrong_traits_are_one_line(traits, said):
    with pytest.raises(ValueError, match=f"^OneIdea: {said}"):
        OneIdea(**traits)


def test_the_picture_stands_alone_and_everything_is_light():
    text = OneIdea().picture()
    assert text.count("<svg") == 2 and "动" in text and "because the animal" in text
    assert len(EXAMPLE.read_bytes()) < 60_000 and len(module_source("one_idea").encode()) - len(module_source("quiz").encode()) < 20_000
