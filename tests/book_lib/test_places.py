"""Probes for places: what a linear probe finds, and what it cannot find where there is nothing."""

import pytest
import torch

from book_lib.experiments import places
from book_lib.positional import sinusoidal_code
from book_lib.transformer import Transformer


@pytest.fixture
def model():
    torch.manual_seed(0)
    return Transformer(20, 20, d_model=32, n_heads=2, d_ff=48, n_layers=2, dropout=0.0).eval()


def some_words(b=300, m=9):
    return torch.randint(3, 20, (b, m), generator=torch.Generator().manual_seed(0))


def test_the_states_end_in_what_the_encoder_returns(model):
    words = some_words(4)
    words[1, 6:] = 0                                                          # padding
    states = places.encoder_states(model, words)
    assert [list(state.shape) for state in states] == [[4, 9, 32]] * 3
    torch.testing.assert_close(model.encoder.norm(states[-1]), model.encode(words)[0])
    without = places.encoder_states(model, words, torch.zeros(9, 32))[0]
    torch.testing.assert_close(states[0] - without, sinusoidal_code(9, 32).expand(4, 9, 32), rtol=0, atol=1e-5)


def test_a_probe_finds_places_where_there_are_codes_and_guesses_where_there_are_none(model):
    with_codes, without = (
        places.places_found(places.encoder_states(model, some_words(), code)[0], 200) for code in (None, torch.zeros(9, 32)))
    assert with_codes > 0.9 and without < 0.2


def test_the_probe_is_asked_about_sentences_it_has_not_seen():
    noise = torch.randn(60, 5, 400, generator=torch.Generator().manual_seed(0))          # enough features to learn 50 sentences by heart
    assert places.places_found(noise, 50) < 0.5


def test_shuffled_words_are_the_same_words_and_the_rest_stays():
    words = some_words(50)
    mixed = places.shuffled(words, 6, seed=0)
    assert torch.equal(mixed[:, 6:], words[:, 6:]) and not torch.equal(mixed, words)
    assert torch.equal(mixed[:, :6].sort(dim=1).values, words[:, :6].sort(dim=1).values)
    assert torch.equal(mixed, places.shuffled(words, 6, seed=0))


def test_right_words_counts_words_and_no_padding(model):
    source, target = some_words(6), some_words(6, 7)
    target[:, 0], target[2:, 4:] = 1, 0
    with torch.no_grad():
        answers = model(source, target[:, :-1]).argmax(dim=-1)
    real = target[:, 1:] != 0
    assert places.right_words(model, source, target) == (answers == target[:, 1:])[real].double().mean().item()


def test_right_sentences_counts_those_without_an_error(model):
    source, target = some_words(6), some_words(6, 7)
    with torch.no_grad():
        for n in range(1, 7):                                                 # what the model itself writes, and two changed words
            target[:, n] = model(source, target[:, :n])[:, -1].argmax(dim=-1)
        padded = torch.cat((target, torch.zeros_like(target[:, :2])), dim=1)
    assert places.right_sentences(model, source, padded) == 1
    padded[[0, 4], [6, 2]] = 3 + (padded[[0, 4], [6, 2]] - 2) % 17
    assert places.right_sentences(model, source, padded) == pytest.approx(4 / 6)
    assert places.right_words(model, source, padded) > 4 / 6
