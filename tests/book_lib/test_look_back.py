"""The lesson's example: one vector fades what was read first, a look back does not."""

import pytest
import torch
import torch.nn.functional as F

from book_lib.experiments.look_back import look_back, read_into_one_vector

ANIMAL, CROSS, ROAD, TIRED = torch.eye(4, dtype=torch.double)[[0, 2, 1, 3]]
WORDS = torch.stack([ANIMAL, CROSS, ROAD, TIRED])


def test_the_memory_of_the_lesson():
    assert read_into_one_vector(WORDS).tolist() == [1 / 16, 1 / 4, 1 / 8, 1 / 2]
    assert read_into_one_vector(WORDS[:3]).tolist() == [1 / 8, 1 / 2, 1 / 4, 0]


def test_the_order_of_reading_decides_what_is_in_one_vector_and_not_what_is_seen_looking_back():
    question, backwards = 3 * ANIMAL, WORDS.flip(0)
    assert not torch.allclose(read_into_one_vector(WORDS), read_into_one_vector(backwards))
    assert torch.allclose(look_back(question, WORDS)[0], look_back(question, backwards)[0])


@pytest.mark.parametrize(("words_between", "weight"), [(0, 0.870), (10, 0.607)])
def test_the_weights_of_the_lesson(words_between, weight):
    words = torch.cat([WORDS, torch.zeros(words_between, 4, dtype=torch.double)])
    answer, weights = look_back(3 * ANIMAL, words)
    assert round(weights[0].item(), 3) == round(answer[0].item(), 3) == weight and torch.isclose(weights.sum(), weights.new_tensor(1))
    assert round(look_back(3 * ROAD, words)[1][2].item(), 3) == weight


def test_it_is_attention_without_the_scale():
    generator = torch.Generator().manual_seed(0)
    question, words = torch.randn(6, generator=generator).double(), torch.randn(9, 6, generator=generator).double()
    expected = F.scaled_dot_product_attention(question[None], words, words, scale=1)[0]
    assert torch.allclose(look_back(question, words)[0], expected, rtol=0, atol=1e-12)
