"""Networks that repeat a string: how they are trained and scored, and that looking back is attention over the states that were read."""

import pytest
import torch

from book_lib.attention import scaled_dot_product_attention
from book_lib.experiments import bottleneck
from book_lib.experiments.bottleneck import N_LETTERS, Repeater, learn, share_right


def letters(batch, length, seed=0):
    return torch.randint(N_LETTERS, (batch, length), generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("looks_back", [False, True])
def test_what_is_written_follows_from_what_was_written_before(looks_back):
    torch.manual_seed(0)
    model = Repeater(width=8, looks_back=looks_back).double()
    strings = letters(4, 6)
    written = model.write(strings)
    states, last = model.reader(model.embed(strings))
    before = torch.cat([torch.full((4, 1), N_LETTERS), written[:, :-1]], dim=1)
    told = model._answers(model.writer(model.embed(before), last)[0], states).argmax(dim=-1)
    assert written.shape == strings.shape and torch.equal(told, written)


def test_with_one_vector_only_the_last_state_matters():
    torch.manual_seed(0)
    out, states, others = torch.randn(2, 3, 8), torch.randn(2, 5, 8), torch.randn(2, 5, 8)
    blind, looking = Repeater(width=8, looks_back=False), Repeater(width=8, looks_back=True)
    assert torch.equal(blind._answers(out, states), blind._answers(out, others))
    assert not torch.allclose(looking._answers(out, states), looking._answers(out, others))
    seen, _ = scaled_dot_product_attention(looking.ask(out), states, states)
    assert torch.allclose(looking._answers(out, states), looking.answer(torch.cat([out, seen], dim=-1)))


def test_a_letter_is_never_shown_before_it_is_written():
    torch.manual_seed(0)
    model = Repeater(width=8, looks_back=False).double()
    strings = letters(1, 5)
    with torch.no_grad():
        states, last = model.reader(model.embed(strings))
        model.reader.forward = lambda embedded: (states, last)               # what was read stays the same
        changed = strings.clone()
        changed[:, 3] = (changed[:, 3] + 1) % N_LETTERS
        same = (model(strings) == model(changed)).all(dim=-1)[0].tolist()
    assert same == [True] * 4 + [False]


def test_training_is_repeatable_and_lowers_the_loss():
    (first, losses), (second, again) = (learn(width=8, looks_back=True, lr=1e-2, seed=1, steps=60) for _ in range(2))
    assert losses == again and sum(losses[-20:]) < sum(losses[:20])
    assert share_right(first, 3, batch=50) == share_right(second, 3, batch=50)


def test_letters_of_another_shape_are_refused():
    model = Repeater(width=4, looks_back=False)
    for wrong in (torch.zeros(3, dtype=torch.long), torch.zeros(2, 0, dtype=torch.long)):
        with pytest.raises(ValueError, match="expected \\[batch, letters\\]"):
            model(wrong)


def test_the_other_seeds_train_at_the_rate_that_the_first_one_chose(monkeypatch):
    asked = []

    def learned(*, width, looks_back, lr, seed):
        asked.append((lr, seed))
        return (lr, seed), []

    monkeypatch.setattr(bottleneck, "learn", learned)
    monkeypatch.setattr(bottleneck, "share_right", lambda model, length: {1e-2: 0.4, 2e-2: 0.6}[model[0]] + model[1] / 100)
    assert bottleneck.three_trainings(width=4, looks_back=True, length=3) == [0.6, 0.61, 0.62]
    assert asked == [(1e-2, 0), (2e-2, 0), (2e-2, 1), (2e-2, 2)]
