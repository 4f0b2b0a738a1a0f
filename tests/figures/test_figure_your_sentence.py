"""Your own sentence in a browser: first state, cut links, typed and built sentences, beams, keyboard, narrow and dark; against Python's."""

import pytest
import torch
from chromium import new_page
from figure_modules import ask
from figure_page import MOUNTED, says, small_buttons, tab_to

from book_lib.book.figure import data_of, declared_traits, figure, recorder
from book_lib.data.translation import SOURCE_VOCABULARY, decode_target, encode_source
from book_lib.data.translation_glosses import reading
from book_lib.experiments.translator import load_translator, translate
from book_lib.transformer import beam_search

pytestmark = pytest.mark.browser
NAME = "your_sentence"
FIRST = declared_traits(NAME)["sentence"]["default"]


@pytest.fixture(scope="module")
def shown():
    return figure(NAME, number="A.2")


def cut(page, character, nth=0):
    page.get_by_role("button", name=f"to {character}", exact=False).nth(nth).click()


def test_recorded_data_are_what_the_recorder_makes_today():
    record, data = recorder(NAME), data_of(NAME, {})
    again = record.answer(FIRST)
    assert data["sentences"][0] == FIRST and tuple(data["source"]) == SOURCE_VOCABULARY and data["tiles"] == record.tiles()
    assert data["answer"]["words"] == again["words"]
    for name in ("reading", "writing"):
        assert (torch.tensor(data["answer"][name]) - torch.tensor(again[name])).abs().max() <= 1
    assert all(character in SOURCE_VOCABULARY for tiles in data["tiles"].values() for word in tiles for character in word)


@pytest.mark.parametrize("sentence", ["", "我学习机器学习。", "这只大象昨天晚上没有爬树，因为它太重了。", "没不读"])
def test_typed_sentences_are_cut_into_words_as_the_library_cuts_them(sentence):
    assert ask(NAME, "m.segments(s)", sentence=sentence) == reading(sentence)


def test_the_first_state_stands_before_anything_is_loaded(page):
    said = page.locator(".bk-readout").inner_text()
    assert translate(load_translator()[0], [FIRST])[0] in said
    assert "“animal” attends mostly to 动 (of 动物, dòngwù, animal) 0.49, 物 (of 动物, dòngwù, animal) 0.47" in said
    assert page.evaluate("!window.bookModels")


def test_cut_links_change_the_translation_and_mended_ones_restore_it(page):
    for character in "动物":
        cut(page, character)
    says(page, "because the horse was too tired")
    for character in "动物":
        cut(page, character)
    says(page, "because the animal was too tired")
    cut(page, "累")
    says(page, "because the road was too tired")


def test_what_the_pronoun_attends_to_changes_nothing(page):
    page.get_by_role("button", name="Character 它").click()
    says(page, "In the encoder 它")
    for character in "动物马路累":
        cut(page, character)
    assert "because the animal was too tired" in says(page, "Links cut: 5.")


def test_what_is_said_of_sentences_that_the_corpus_lacks_is_so():
    model, (*_, reads, crosses) = load_translator()[0], data_of(NAME, {})["sentences"]
    assert translate(model, [crosses])[0].startswith("the horse did not cross the road")
    assert decode_target(beam_search(model, encode_source([reads]), n_beams=4)[0][1]) == "i read the book ."


@pytest.mark.parametrize("which", [1, 2, 3, 4])
def test_other_sentences_are_translated_as_the_library_does_and_beams_too(page, which):
    sentence, model = data_of(NAME, {})["sentences"][which], load_translator()[0]
    page.get_by_label("Begin with").select_option(index=which + 1)
    says(page, f"“{translate(model, [sentence])[0]}”")
    page.get_by_label("beam search").check()
    page.wait_for_selector(".bk-speak-beams li")
    best = [decode_target(words) for _, words in beam_search(model, encode_source([sentence]), n_beams=4)]
    assert best[0] in page.locator(".bk-speak-beams li").first.inner_text()


def test_a_sentence_typed_or_built_from_tiles_by_keyboard_and_unknown_characters_are_named(page):
    tab_to(page, page.get_by_label("Type Chinese"))
    page.keyboard.press("Control+A")
    page.keyboard.insert_text("龙读我。")
    assert "does not know 龙: its language has 253 characters" in says(page, "does not know")
    assert [text.split() for text in page.locator(".bk-speak-gloss").all_inner_texts()][:3] == [["unknown"], ["dú", "read"], ["wǒ", "I"]]
    assert page.get_by_role("button", name="Character 龙 (unknown), number 1").count() == 1
    page.keyboard.press("Control+A")
    page.keyboard.insert_text("书" * 64)
    page.locator(".bk-speak-tile", has_text="我").first.evaluate("tile => tile.click()")
    says(page, "The sentence has 65 characters; the translator reads at most 64.")
    page.get_by_label("Type Chinese").focus()
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    says(page, "The sentence is empty")
    page.get_by_text("Words to append").click()
    for word in "书读我。":
        page.locator(".bk-speak-tile", has_text=word).first.focus()
        page.keyboard.press("Enter")
    says(page, "“the book read i read me .”")
    tab_to(page, page.get_by_label("beam search"), steps=200)
    page.keyboard.press("Space")
    says(page, "“i read the book .”")
    page.get_by_role("button", name="Delete the last character").press("Enter")
    page.wait_for_function("document.querySelectorAll('.bk-speak-sign').length === 3")
    tab_to(page, page.get_by_role("button", name="Start again"), steps=200)
    page.keyboard.press("Enter")
    says(page, "“animal” attends mostly to 动 (of 动物, dòngwù, animal) 0.49")


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_words_appear_one_after_the_other_where_the_reader_likes_motion(browser, site, motion):
    page = new_page(browser, viewport={"width": 1280, "height": 900}, reduced_motion=motion)
    page.goto(site["file", "light"])
    page.wait_for_function(MOUNTED)
    page.get_by_label("Begin with").select_option(index=3)
    says(page, "“the book that i bought yesterday is expensive .”")
    delays = page.locator(".bk-speak-word").evaluate_all("words => words.map(word => parseFloat(getComputedStyle(word).animationDelay))")
    assert len(delays) == 9
    assert delays == (sorted(set(delays)) if motion == "no-preference" else [0] * 9)
    page.close()


def test_narrow_and_wide_light_and_dark(visit):
    page = visit()
    page.get_by_role("button", name="Word 3: did").click()
    says(page, "Here “did” attends mostly to 没 (of 没有, méiyǒu, did not)")
    assert small_buttons(page, ".bk-speak") == []


def test_every_character_of_the_sentences_to_begin_with_has_its_pinyin_and_its_gloss(page):
    options = page.get_by_label("Begin with").locator("option").all_inner_texts()
    assert options[1] == (f"{FIRST} (zhè gè dòngwù méiyǒu guò mǎlù, yīnwèi tā tài lèi le: "
                          "this (measure) animal did not cross road, because it too tired (done))") and len(options) == 6
    for which in range(1, 6):
        page.get_by_label("Begin with").select_option(index=which)
        said = options[which].split(" (")[0]
        page.wait_for_function("text => document.querySelector('.bk-speak-input').value === text", arg=said)
        beside = page.locator(".bk-speak-gloss").all_inner_texts()
        assert all(len(text.split("\n")) == 2 and all(text.split("\n")) for text in beside)
