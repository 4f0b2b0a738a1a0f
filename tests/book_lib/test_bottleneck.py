"""Networks that repeat a string: how they are trained and scored, and that looking back is attention over the states that were read."""

import runpy
from pathlib import Path

import pytest
import torch

from book_lib.attention import scaled_dot_product_attention
from book_lib.book.models import load_log
from book_lib.experiments import bottleneck
from book_lib.experiments.bottleneck import N_LETTERS, Repeater, learn, share_right

ROOT = Path(__file__).parents[2]


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


def test_the_first_start_chooses_the_rate_of_all_starts():
    def run(lr, start, right, steps=10):
        return {"width": 4, "looks_back": True, "steps": steps, "lr": lr, "start": start, "right": right}

    runs = [run(2, 1, [0.2, 0.2]), run(1, 0, [0.9, 0.1]), run(2, 0, [0.6, 0.6]), run(1, 1, [1.0, 1.0]), run(1, 0, [1.0, 1.0], steps=20)]
    assert bottleneck.at_best_rate(runs, width=4, looks_back=True, steps=10) == [[0.6, 0.6], [0.2, 0.2]]
    with pytest.raises(ValueError, match="no run of start 0 has {'width': 4, 'looks_back': False, 'steps': 10}"):
        bottleneck.at_best_rate(runs, width=4, looks_back=False, steps=10)


def test_the_recipe_wants_both_rates_of_the_first_start_and_then_the_better_one_of_the_others():
    recipe = runpy.run_path(str(ROOT / "recipes" / "chapter_01" / "bottleneck.py"))
    stored = load_log("bottleneck")["runs"]
    first = recipe["plan"]([])
    assert {row["start"] for row in first} == {0} and len(first) == 12 and len(recipe["plan"](stored)) == 24 == len(stored)
    assert all(any(row.items() <= run.items() for run in stored) for row in recipe["plan"](stored))
    for run in stored:
        model = Repeater(width=run["width"], looks_back=run["looks_back"])
        assert run["parameters"] == sum(p.numel() for p in model.parameters()) and len(run["right"]) == bottleneck.LONGEST
