"""One attention layer cannot tell tired from wide; two can."""

import math

import pytest
import torch

from book_lib.experiments.two_layers import ANIMAL, ROAD, attention_of_it


@pytest.mark.parametrize("seed", range(3))
def test_one_layer_prefers_the_same_word_in_both_sentences(seed):
    tired, wide = attention_of_it(1, seed=seed)
    assert torch.isclose(tired[ANIMAL] / tired[ROAD], wide[ANIMAL] / wide[ROAD], rtol=1e-9)
    assert -(tired[ANIMAL].log() + wide[ROAD].log()) / 2 > math.log(2) - 1e-9     # no better than a coin, whatever it has learned


@pytest.mark.parametrize("seed", range(3))
def test_two_layers_follow_the_last_word(seed):
    tired, wide = attention_of_it(2, seed=seed)
    assert tired[ANIMAL] > 0.99 and wide[ROAD] > 0.99


def test_there_is_at_least_one_layer():
    with pytest.raises(ValueError, match="n_layers is 0, expected 1 or more"):
        attention_of_it(0, seed=0)
