"""The order task, and the reader that can only solve it with position codes."""

import pytest
import torch
import torch.nn.functional as F

from book_lib.experiments.order import CODES, OrderReader, best_without_order, order_batch
from book_lib.training import train


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_previous_is_the_symbol_one_place_before():
    symbols, previous = order_batch(3, 5, generator=generator())
    assert symbols.shape == previous.shape == (3, 5) and symbols.min() >= 0 and symbols.max() < 8
    assert torch.equal(previous[:, 1:], symbols[:, :-1]) and (previous[:, 0] == -1).all()


def test_the_same_seed_gives_the_same_batch():
    assert torch.equal(order_batch(4, 9, generator=generator(1))[0], order_batch(4, 9, generator=generator(1))[0])


@pytest.mark.parametrize("sizes", [(0, 5, 8), (3, 1, 8), (3, 5, 1)])
def test_sizes_are_checked(sizes):
    with pytest.raises(ValueError, match="must be at least 1, 2 and 2"):
        order_batch(*sizes, generator=generator())


def test_best_without_order_counts_the_others():
    assert best_without_order(torch.tensor([[0, 0, 1, 2]])) == pytest.approx((1 + 1 + 2 + 2) / 4 / 3)


def test_the_bound_is_what_a_reader_of_the_bag_gets():
    symbols, previous = order_batch(4000, 8, generator=generator())
    counts = F.one_hot(symbols, 8).sum(dim=1, keepdim=True) - F.one_hot(symbols, 8)
    hits = (counts.argmax(dim=-1) == previous)[:, 1:].double().mean().item()
    assert hits == pytest.approx(best_without_order(symbols), abs=0.01)


@pytest.mark.parametrize("code", CODES)
def test_shapes_and_weights(code):
    logits, weights = OrderReader(code)(torch.randint(8, (3, 10), generator=generator()))
    assert logits.shape == (3, 10, 8) and weights.shape == (3, 10, 10)
    torch.testing.assert_close(weights.sum(dim=-1), torch.ones(3, 10))


@pytest.mark.parametrize("code", CODES)
def test_only_the_reader_without_a_code_is_blind_to_order(code):
    torch.manual_seed(0)
    model, symbols = OrderReader(code).double(), torch.randint(8, (2, 10), generator=generator())
    if code == "relative":
        with torch.no_grad():
            model.bias.table.normal_()
    order = torch.randperm(10, generator=generator(3))
    shuffled, original = model(symbols[:, order])[0], model(symbols)[0][:, order]
    assert torch.allclose(shuffled, original, rtol=0, atol=1e-12) == (code == "none")


@pytest.mark.parametrize("code", ["none", "relative", "rotary"])
def test_relative_codes_do_not_care_where_a_sequence_starts(code):
    model, symbols = OrderReader(code), torch.randint(8, (2, 6), generator=generator())
    assert torch.equal(model(symbols, start=5)[0], model(symbols)[0])


@pytest.mark.parametrize("code", CODES)
def test_values_carry_the_code_where_it_is_part_of_the_token(code):
    model, symbols = OrderReader(code), torch.zeros(1, 1, dtype=torch.long)               # one token: its output is its own value
    moved = not torch.equal(model(symbols, start=5)[0], model(symbols)[0])
    assert moved == (code in ("sinusoidal", "learned", "concatenated"))


def test_errors_name_what_is_wrong():
    with pytest.raises(ValueError, match="code is 'sine', expected one of none, sinusoidal"):
        OrderReader("sine")
    with pytest.raises(ValueError, match="symbols reach position 64, but the learned table has 64 rows"):
        OrderReader("learned")(torch.zeros(1, 65, dtype=torch.long))


def test_training_finds_the_order_with_a_code_and_cannot_without():
    def loss(model, batch):
        return F.cross_entropy(model(batch[0])[0].flatten(0, 1), batch[1].flatten(), ignore_index=-1)

    accuracy = {}
    symbols, previous = order_batch(200, 8, generator=generator(9))
    for code in ("none", "rotary"):
        torch.manual_seed(0)
        model = OrderReader(code)
        train(model, lambda g: order_batch(32, 8, generator=g), loss, steps=80, lr=1e-2, seed=0)
        accuracy[code] = (model(symbols)[0].argmax(dim=-1) == previous)[:, 1:].double().mean().item()
    assert accuracy["rotary"] > 0.99 and accuracy["none"] < best_without_order(symbols) + 0.02
