"""The recall experiment of chapter 2: readers, trainings and what its log is read with. The task itself: test_training.py."""

import pytest
import torch

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
    runs = [{"reader": "GRU", "lr": lr, "seed": seed, "accuracy": shares} for lr, shares in ((1e-3, near), (1e-2, far)) for seed in (0, 1)]
    assert [run["lr"] for run in at_best_rate(runs, "GRU")] == [1e-3, 1e-3]
    with pytest.raises(ValueError, match="no run of 'RNN', only of"):
        at_best_rate(runs, "RNN")
