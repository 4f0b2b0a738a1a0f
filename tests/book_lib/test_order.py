"""The order task, and the reader that can only solve it with position codes."""

import math

import pytest
import torch
import torch.nn.functional as F

from book_lib.experiments import order
from book_lib.experiments.order import CODES, OrderReader, best_without_order, order_batch


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
    mixed = torch.randperm(10, generator=generator(3))
    shuffled, original = model(symbols[:, mixed])[0], model(symbols)[0][:, mixed]
    assert torch.allclose(shuffled, original, rtol=0, atol=1e-12) == (code == "none")


@pytest.mark.parametrize("code", ["none", "relative", "rotary", "alibi"])
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


def test_a_causal_reader_gives_later_symbols_no_weight():
    symbols = torch.randint(8, (2, 6), generator=generator())
    weights = OrderReader("none", causal=True)(symbols)[1]
    assert (weights.triu(1) == 0).all() and (OrderReader("none")(symbols)[1] > 0).all()


def test_alibi_subtracts_its_slope_for_each_step_of_distance():
    torch.manual_seed(0)
    steep, symbols = OrderReader("alibi", slope=3.0), torch.zeros(1, 4, dtype=torch.long)     # equal symbols: equal scores but for the bias
    ratio = steep(symbols)[1][0, 3, 2] / steep(symbols)[1][0, 3, 3]
    assert ratio.item() == pytest.approx(math.exp(-3.0), rel=1e-5)


def test_stride_stretches_the_positions():
    torch.manual_seed(0)
    model, symbols = OrderReader("sinusoidal"), torch.randint(8, (1, 5), generator=generator())
    assert torch.equal(model(symbols, start=2, stride=1)[0], model(symbols, start=2)[0])
    every_second = model.attend(model.embedding(symbols) + order.sinusoidal_code(torch.arange(0, 10, 2), 32), torch.arange(0, 10, 2))[0]
    torch.testing.assert_close(model(symbols, stride=2)[0], every_second)


def test_a_mask_hides_keys_and_shares_their_weight_among_the_others():
    torch.manual_seed(0)
    model, symbols, places = OrderReader("sinusoidal"), torch.randint(8, (1, 5), generator=generator()), torch.arange(5)
    tokens, near = model.with_positions(model.embedding(symbols), places), (places[:, None] - places).abs() <= 1
    everywhere, here = model.attend(tokens, places)[1], model.attend(tokens, places, near)[1]
    torch.testing.assert_close(here, everywhere * near / (everywhere * near).sum(dim=-1, keepdim=True))


def test_moved_clocks_are_all_some_or_none():
    model, start = OrderReader("sinusoidal").double(), 7
    moved = order.accuracy(model, order.TRAINED, start=start)
    assert order.accuracy_with_moved_clocks(model, start, slice(None)) == moved
    assert order.accuracy_with_moved_clocks(model, start, slice(0, 0)) == order.accuracy(model, order.TRAINED)
    assert order.accuracy_with_moved_clocks(model, 0, slice(0, 4)) == order.accuracy(model, order.TRAINED)


def test_the_four_terms_add_up_to_the_scores():
    torch.manual_seed(0)
    model, symbols = OrderReader("sinusoidal").double(), order.measured_batch(order.TRAINED)[0]
    terms = order.score_terms(model, symbols)
    weights = sum(map(sum, terms)).softmax(dim=-1)
    torch.testing.assert_close(weights, model(symbols)[1], rtol=0, atol=1e-12)
    every = [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert order.accuracy_of_terms(model, every) == pytest.approx(order.accuracy(model, order.TRAINED))
    assert terms[1][1].std(dim=0).max() < 1e-12                                           # places are the same in every sequence


def test_training_finds_the_order_with_a_code_and_cannot_without():
    accuracy = {name: order.accuracy(order.learn(name, lr=1e-2, seed=0, steps=80)[0], 8) for name in ("none", "rotary", "ALiBi")}
    assert min(accuracy["rotary"], accuracy["ALiBi"]) > 0.99
    assert accuracy["none"] < best_without_order(order.measured_batch(8)[0]) + 0.02


def test_training_is_the_same_whatever_the_default_dtype():
    losses = [order.learn("sinusoidal", lr=1e-2, seed=0, steps=3)[1]]
    torch.set_default_dtype(torch.float64)
    try:
        losses.append(order.learn("sinusoidal", lr=1e-2, seed=0, steps=3)[1])
        assert torch.get_default_dtype() == torch.float64
    finally:
        torch.set_default_dtype(torch.float32)
    assert losses[0] == losses[1]


def test_any_start_shows_other_positions():
    near, far = (order.learn("sinusoidal", lr=1e-2, seed=0, steps=60, any_start=most)[0] for most in (0, 48))
    assert order.accuracy(far, 16, start=40) > order.accuracy(near, 16, start=40) + 0.05


def test_the_best_rate_has_the_lowest_loss_at_the_trained_length():
    losses = {1: (3, 3), 2: (1, 4), 3: (0, 9)}
    runs = [{"reader": "a", "lr": lr, "seed": seed, "loss": loss} for lr, row in losses.items() for seed, loss in enumerate(row)]
    assert [run["lr"] for run in order.at_best_rate(runs, "a")] == [2, 2]
    with pytest.raises(ValueError, match="no run of 'b' is stored"):
        order.at_best_rate(runs, "b")


def test_a_summary_is_what_the_log_stores(monkeypatch):
    monkeypatch.setattr(order, "STEPS", 3)
    row = order.summary("none", lr=1e-2, seed=1)
    assert {name: row[name] for name in ("reader", "lr", "seed", "steps_to_learn")} == {
        "reader": "none", "lr": 1e-2, "seed": 1, "steps_to_learn": None}
    assert len(row["accuracy"]) == len(order.LENGTHS) and row["loss"] > 1
