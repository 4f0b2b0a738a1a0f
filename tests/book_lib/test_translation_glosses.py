"""Glosses: every character of a sentence is read, in the longest words there are, and all of them are words of the corpus."""

import pytest

from book_lib.data.translation import SOURCE_VOCABULARY
from book_lib.data.translation_glosses import GLOSSES, reading


def test_a_sentence_is_cut_into_its_longest_words():
    assert reading("我学习机器学习") == [["我", "wǒ", "I"], ["学习", "xuéxí", "study"], ["机器学习", "jīqì xuéxí", "machine learning"]]
    assert reading("没有不") == [["没有", "méiyǒu", "did not"], ["不", "bù", "not"]] and reading("") == []


def test_a_character_without_a_gloss_is_named():
    with pytest.raises(ValueError, match="sentence contains '龙', which has no gloss"):
        reading("我龙")


def test_all_words_are_of_the_corpus_and_have_both_entries():
    assert len(GLOSSES) > 50
    assert all(character in SOURCE_VOCABULARY for word in GLOSSES for character in word)
    assert all(pinyin and gloss and "_" not in pinyin + gloss for pinyin, gloss in GLOSSES.values())
