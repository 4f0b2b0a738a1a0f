"""Networks that repeat a string: how they are trained and scored, and that looking back is attention over the states that were read."""

import pytest
import torch

from book_lib.attention import scaled_dot_product_attention
from book_lib.experiments import bottleneck
from book_lib.experiments.bottleneck import LENGTHS, N_LETTERS, SEEDS, STEPS, Repeater, at_best_rate, learn, shares_right


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
    assert shares_right(first, (1, 3), batch=50) == shares_right(second, (1, 3), batch=50)


def test_letters_of_another_shape_are_refused():
    model = Repeater(width=4, looks_back=False)
    for wrong in (torch.zeros(3, dtype=torch.long), torch.zeros(2, 0, dtype=torch.long)):
        with pytest.raises(ValueError, match="expected \\[batch, letters\\]"):
            model(wrong)


def run(**changes):
    return {"arm": "one vector", "width": 16, "lr": 0.01, "seed": 0, "steps": STEPS, "shares": [0.5] * len(LENGTHS)} | changes


def test_the_rate_is_chosen_by_the_first_seed():
    good, bad = [0.7] * len(LENGTHS), [0.1] * len(LENGTHS)
    runs = [run(), run(lr=0.02, shares=good), run(lr=0.02, seed=1, shares=bad), run(seed=1, shares=good)]
    assert [row["seed"] for row in at_best_rate(runs, "one vector", 16)] == [0, 1]
    assert {row["lr"] for row in at_best_rate(runs, "one vector", 16)} == {0.02}
    with pytest.raises(ValueError, match="there is no run of 'look back' with width 16"):
        at_best_rate(runs, "look back", 16)


def test_the_stored_table_is_complete():
    from book_lib.book.models import load_log

    log = load_log("bottleneck")
    assert tuple(log["lengths"]) == LENGTHS
    for arm, widths in bottleneck.ARMS.items():
        for width in widths:
            assert sorted(row["seed"] for row in at_best_rate(log["runs"], arm, width)) == list(SEEDS)
