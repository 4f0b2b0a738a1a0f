"""One attention layer cannot tell tired from wide; two can."""

import math

import pytest
import torch

from book_lib.experiments.two_layers import ANIMAL, IT, LAST, ROAD, attention_of_it


@pytest.mark.parametrize("seed", range(3))
def test_one_layer_prefers_the_same_word_in_both_sentences(seed):
    tired, wide = attention_of_it(1, seed=seed)
    assert torch.isclose(tired[ANIMAL] / tired[ROAD], wide[ANIMAL] / wide[ROAD], rtol=1e-9)
    assert -(tired[ANIMAL].log() + wide[ROAD].log()) / 2 > math.log(2) - 1e-9     # no better than a coin, whatever it has learned


@pytest.mark.parametrize("seed", range(3))
def test_two_layers_follow_the_last_word(seed):
    tired, wide = attention_of_it(2, seed=seed)
    assert tired[ANIMAL] > 0.99 and wide[ROAD] > 0.99


@pytest.mark.parametrize(("seed", "needed", "idle"), [
    *[(seed, [(ANIMAL, LAST), (ROAD, LAST)], [(IT, LAST)]) for seed in (0, 1, 3, 4)],       # the nouns' keys change
    (2, [(IT, LAST)], [(ANIMAL, LAST), (ROAD, LAST)]),                                      # the query of *it* changes
])
def test_of_five_trained_pairs_of_layers_one_changes_the_query_and_four_the_keys(seed, needed, idle):
    tired, wide = attention_of_it(2, seed=seed, closed=idle)
    assert tired[ANIMAL] > 0.99 and wide[ROAD] > 0.99
    tired, wide = attention_of_it(2, seed=seed, closed=needed)
    assert min(tired[ANIMAL], wide[ROAD]) < 0.9


def test_without_any_link_to_the_last_word_both_sentences_have_the_same_ratio():
    tired, wide = attention_of_it(2, seed=0, closed=[(ANIMAL, LAST), (ROAD, LAST), (IT, LAST)])
    assert torch.isclose(tired[ANIMAL] / tired[ROAD], wide[ANIMAL] / wide[ROAD], rtol=1e-9)


def test_a_link_outside_the_sentence_is_refused():
    with pytest.raises(ValueError, match=r"closed has the link \(2, 4\), expected places from 0 to 3"):
        attention_of_it(2, seed=0, closed=[(IT, 4)])


def test_there_is_at_least_one_layer():
    with pytest.raises(ValueError, match="n_layers is 0, expected 1 or more"):
        attention_of_it(0, seed=0)
