"""The recall experiment of chapter 2: readers, trainings and what its log is read with. The task itself: test_training.py."""

import pytest
import torch

from book_lib.book.models import load_log
from book_lib.experiments import recall
from book_lib.experiments.recall import AttentionReader, FullyConnectedReader, accuracy_by_distance, at_best_rate, learn


def test_a_far_distance_lengthens_the_sequence():
    seen = []

    class Reader(AttentionReader):
        def forward(self, inputs):
            seen.append(tuple(inputs.shape[:2]))
            return super().forward(inputs)

    accuracy_by_distance(Reader(10, 8), 33, [1, 32, 33, 64], seed=0, batch=4)
    assert seen == [(4, 33), (4, 33), (4, 34), (4, 65)]
    seen.clear()
    accuracy_by_distance(Reader(10, 8), 33, [1, 32, 64], seed=0, before=8, batch=4)
    assert seen == [(4, 33), (4, 41), (4, 73)]


def test_tokens_before_the_mark_keep_it_from_being_the_first():
    class FirstToken(AttentionReader):
        def forward(self, inputs):
            return inputs[:, 0, :8]

    assert accuracy_by_distance(FirstToken(10, 8), 9, [8, 20], seed=0) == [1, 1]
    assert max(accuracy_by_distance(FirstToken(10, 8), 9, [8, 20], seed=0, before=1)) < 0.2


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_accuracies_are_in_the_models_own_dtype(dtype):
    (share,) = accuracy_by_distance(AttentionReader(10, 8).to(dtype), 9, [3], seed=0, batch=50)
    assert 0 <= share <= 1


def test_attention_without_its_table_answers_the_same():
    torch.manual_seed(0)
    reader = AttentionReader(10, 8).double()
    inputs, _, _ = recall.recall_batch(4, 9, generator=torch.Generator().manual_seed(0))
    with_table = reader(inputs)
    reader.keep_table = False
    assert torch.allclose(reader(inputs), with_table, rtol=0, atol=1e-12)


def test_the_fully_connected_reader_has_one_length():
    reader = FullyConnectedReader(10, 8, length=9)
    assert reader(torch.zeros(2, 9, 10)).shape == (2, 8)
    with pytest.raises(RuntimeError):
        reader(torch.zeros(2, 10, 10))


def test_learning_repeats_and_reports_what_it_was_before_each_measured_step():
    _, history = learn("attention", lr=5e-3, seed=0, steps=6, every=3)
    _, again = learn("attention", lr=5e-3, seed=0, steps=6, every=3)
    assert history == again and history["steps"] == [0, 3] and len(history["accuracy"]) == 2


def test_the_best_rate_counts_trained_distances_only():
    near, far = [0.9] * 7 + [0.0] * 4, [0.8] * 7 + [1.0] * 4
    runs = [run_of(lr, seed, shares) for lr, shares in ((1e-3, near), (1e-2, far)) for seed in (0, 1)]
    assert [run["lr"] for run in at_best_rate(runs, "GRU")] == [1e-3, 1e-3]
    with pytest.raises(ValueError, match="no run of 'RNN', only of"):
        at_best_rate(runs, "RNN")


def test_of_two_equally_right_rates_the_faster_is_best():
    runs = [run_of(1e-3, 0, [1.0] * 11, steps=None), run_of(1e-2, 0, [1.0] * 11, steps=80), run_of(2e-2, 0, [1.0] * 11, steps=100)]
    assert [run["lr"] for run in at_best_rate(runs, "GRU")] == [1e-2]


def test_the_stored_log_has_every_run_of_the_experiment_once():
    log = load_log("recall")
    runs = [(run["reader"], run["lr"], run["seed"]) for run in log["runs"]]
    assert sorted(runs) == sorted((name, lr, seed) for name in recall.READERS for lr in recall.RATES[name] for seed in recall.SEEDS)
    assert log["settings"]["steps"] == recall.STEPS and log["settings"]["before"] == recall.BEFORE
    assert all(len(run[kind]) == len(recall.DISTANCES) for run in log["runs"] for kind in ("accuracy", "accuracy_of_first"))


def run_of(lr, seed, shares, *, steps=100):
    return {"reader": "GRU", "lr": lr, "seed": seed, "steps_to_solve": steps, "accuracy": shares}
