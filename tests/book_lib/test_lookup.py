"""The look-up task and its five scores: what the lab of chapter 2 says of them, where it can be said without training long."""

import math

import pytest
import torch

from book_lib.attention import scaled_dot_product_attention
from book_lib.experiments.lookup import LookupReader, at_best_rate, learn, lookup_batch, measure, steps_to_solve


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_a_list_holds_each_word_once_and_the_asked_one_with_its_answer():
    words, answers, asked, targets = lookup_batch(200, 5, 12, 3, generator=generator())
    assert words.shape == answers.shape == (200, 5) and words.max() < 12 and answers.max() < 3
    assert all(len(set(row)) == 5 for row in words.tolist())
    found = words == asked[:, None]
    assert (found.sum(dim=1) == 1).all() and torch.equal(answers[found], targets)


@pytest.mark.parametrize("sizes", [(0, 5, 12, 3), (2, 0, 12, 3), (2, 5, 4, 3), (2, 5, 12, 1)])
def test_lists_that_cannot_be_made_are_refused(sizes):
    with pytest.raises(ValueError, match="expected at least 1, 1, n_pairs and 2"):
        lookup_batch(*sizes, generator=generator())


def test_an_unknown_score_is_refused():
    with pytest.raises(ValueError, match="score is 'cosine', expected one of plain, absorbed"):
        LookupReader("cosine", d_k=4)


def readers(d_k, *scores):
    made = []
    for score in scores:
        torch.manual_seed(0)
        made.append(LookupReader(score, d_k=d_k).double())
    return made


def test_the_scaled_score_is_the_librarys_attention():
    (reader,) = readers(16, "scaled")
    query, key = torch.randn(3, 16, dtype=torch.float64), torch.randn(3, 5, 16, dtype=torch.float64)
    _, weights = scaled_dot_product_attention(query[:, None], key, key)
    assert torch.allclose(reader.compare(query, key).softmax(dim=-1), weights[:, 0], rtol=0, atol=1e-14)


def test_scores_differ_as_they_are_described():
    plain, scaled, absorbed, normalised, additive = readers(16, "plain", "scaled", "absorbed", "normalised", "additive")
    query, key = torch.randn(3, 16, dtype=torch.float64), torch.randn(3, 5, 16, dtype=torch.float64)
    assert torch.allclose(plain.compare(query, key), 4 * scaled.compare(query, key))
    assert torch.allclose(4 * absorbed.q_proj.weight, plain.q_proj.weight)
    assert torch.allclose(normalised.compare(100 * query, 3 * key), normalised.compare(query, key))
    cosine = torch.nn.functional.cosine_similarity(query[:, None], key, dim=-1)
    assert torch.allclose(normalised.compare(query, key), 4 * cosine)
    first = sum(v * math.tanh(q + k) for v, q, k in zip(additive.direction, query[0], key[0, 0], strict=True))
    assert additive.compare(query, key)[0, 0].item() == pytest.approx(first.item())


def test_queries_and_keys_start_with_variance_one():
    (reader,) = readers(256, "scaled")
    words, answers, asked, _ = lookup_batch(2000, generator=generator())
    pairs = (reader.word(words) + reader.answer(answers)) / math.sqrt(2)
    assert reader.q_proj(reader.word(asked)).var().item() == pytest.approx(1, abs=0.15)
    assert reader.k_proj(pairs).var().item() == pytest.approx(1, abs=0.15)


def test_scaling_is_a_reparametrisation():
    """A W_Q four times smaller that moves four times more slowly: the same training, where a power of two makes it exact."""
    scaled, history = learn("scaled", d_k=16, lr=3e-3, seed=0, steps=20, every=10, dtype=torch.float64)
    small, other = learn("absorbed", d_k=16, lr=3e-3, seed=0, steps=20, every=10, query_rate=1 / 4, dtype=torch.float64)
    assert torch.allclose(small.q_proj.weight * 4, scaled.q_proj.weight, rtol=0, atol=1e-10)
    assert torch.allclose(small.k_proj.weight, scaled.k_proj.weight, rtol=0, atol=1e-10) and other["accuracy"] == history["accuracy"]
    same_rate, _ = learn("absorbed", d_k=16, lr=3e-3, seed=0, steps=20, every=10, dtype=torch.float64)
    assert not torch.allclose(same_rate.q_proj.weight * 4, scaled.q_proj.weight, rtol=0, atol=1e-3)


def test_learning_repeats_and_history_starts_before_the_first_step():
    model, history = learn("scaled", d_k=8, lr=1e-2, seed=1, steps=6, every=3)
    _, again = learn("scaled", d_k=8, lr=1e-2, seed=1, steps=6, every=3)
    assert history == again and history["steps"] == [0, 3, 6]
    torch.manual_seed(1)
    fresh = LookupReader("scaled", d_k=8)
    held_out = lookup_batch(256, generator=generator(10_000))
    assert measure(fresh, held_out)["accuracy"] == history["accuracy"][0] and model is not fresh


def test_even_weights_have_the_entropy_of_the_list():
    (reader,) = readers(8, "plain")
    reader.q_proj.weight.data.zero_()
    found = measure(reader, lookup_batch(50, n_pairs=16, generator=generator()))
    assert found["entropy"] == pytest.approx(math.log(16)) and found["largest_score"] == 0


def test_steps_to_solve():
    assert steps_to_solve({"steps": [0, 10, 20], "accuracy": [0.2, 0.95, 0.9]}) == 10
    assert steps_to_solve({"steps": [0, 10], "accuracy": [0.2, 0.94]}) is None


def run(lr, seed, steps, accuracy=1.0):
    return {"score": "plain", "d_k": 4, "lr": lr, "seed": seed, "steps_to_solve": steps, "accuracy": [0.1, accuracy]}


def test_the_best_rate_is_solved_soonest_among_those_all_seeds_tried():
    runs = [run(1e-3, seed, steps) for seed, steps in ((0, 90), (1, 80), (2, 100))]
    runs += [run(3e-3, seed, steps) for seed, steps in ((2, 60), (0, 70), (1, None))]
    runs += [run(1e-2, 0, 10)]
    assert [(found["lr"], found["seed"]) for found in at_best_rate(runs, "plain", 4)] == [(3e-3, 0), (3e-3, 1), (3e-3, 2)]
    never = [run(lr, seed, None, accuracy) for lr, accuracy in ((1e-3, 0.5), (3e-3, 0.7)) for seed in range(3)]
    assert at_best_rate(never, "plain", 4)[0]["lr"] == 3e-3
    with pytest.raises(ValueError, match="no rate has a run of 'plain' with d_k 16 from all 3 seeds"):
        at_best_rate(runs, "plain", 16)
