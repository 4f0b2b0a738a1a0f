"""Glosses: every word and character of the corpus has a reading, sentences are cut into the longest words, figures have the same table."""

import pytest

from book_lib.data.translation import SOURCE_VOCABULARY, make_pairs
from book_lib.data.translation_glosses import GLOSSES, READINGS_OF_FIGURES, reading, readings_of_figures


def test_a_sentence_is_cut_into_its_longest_words():
    assert reading("我学习机器学习") == [["我", "wǒ", "I"], ["学习", "xuéxí", "study"], ["机器学习", "jīqì xuéxí", "machine learning"]]
    assert reading("没有不") == [["没有", "méiyǒu", "did not"], ["不", "bù", "not"]] and reading("") == []


def test_a_character_without_a_gloss_is_named():
    with pytest.raises(ValueError, match="sentence contains '龙', which has no gloss"):
        reading("我龙")


def test_every_character_of_the_corpus_has_a_reading_of_its_own_and_no_other():
    assert set(SOURCE_VOCABULARY[3:]) <= set(GLOSSES)
    assert all(character in SOURCE_VOCABULARY for word in GLOSSES for character in word)
    assert all(pinyin and gloss and "_" not in pinyin + gloss for pinyin, gloss in GLOSSES.values())


def test_the_sentences_of_the_corpus_are_read_by_words_and_come_out_whole():
    alone = set()
    for pair in make_pairs(400, seed=11):
        words = [word for word, _, _ in reading(pair.source)]
        assert "".join(words) == pair.source
        alone |= {word for word in words if len(word) == 1}
    assert not alone & set("物路器师学生孩子们兔猴象狐狸论苹果蕉糕咖啡帽椅脑箱园森校馆厨商店习翻译检测像类意喜欢研助怕弱紧险宜漂轻聪趣")


def test_the_table_of_figures_is_made_from_this_one():
    assert READINGS_OF_FIGURES.read_text("utf-8") == readings_of_figures()
