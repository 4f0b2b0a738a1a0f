"""training.py, data/recall.py and readers.py: same seed, same numbers; the task is what it says; the boundary is exact."""

import math
from collections import namedtuple

import pytest
import torch

from book_lib.detection.priors import make_points
from book_lib.experiments.recall import (
    AttentionReader,
    ConvolutionReader,
    GatedReader,
    RecurrentReader,
    accuracy_by_distance,
    answer_loss,
    recall_batch,
)
from book_lib.training import DEVICE_VARIABLE, device_of, on_device, train, train_epochs


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def train_line(seed, **options):
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(1, 1), torch.nn.Dropout(0.5)).double()

    def make_batch(source):
        x = torch.randn(8, 1, generator=source, dtype=torch.float64)
        return x, 3 * x

    return model, train(model, make_batch, lambda model, batch: (model(batch[0]) - batch[1]).square().mean(), seed=seed, **options)


def test_the_same_seed_gives_the_same_losses():
    (_, first), (_, second), (_, other) = (train_line(seed, steps=20, lr=0.05) for seed in (3, 3, 4))
    assert first == second != other and len(first) == 20


def test_the_callers_random_state_is_left_alone():
    model = torch.nn.Linear(1, 1)
    before = torch.get_rng_state()
    train(model, lambda source: None, lambda model, _: model.weight.sum() + torch.rand(1).sum(), steps=2, lr=0.1, seed=0)
    assert torch.equal(torch.get_rng_state(), before)


def test_training_lowers_the_loss():
    _, losses = train_line(0, steps=200, lr=0.05)
    assert sum(losses[-20:]) < 0.7 * sum(losses[:20])


def test_gradient_clipping_bounds_the_norm():
    seen = []
    model = torch.nn.Linear(4, 1)
    model.weight.register_post_accumulate_grad_hook(lambda parameter: seen.append(parameter.grad.norm().item()))
    train(model, lambda source: None, lambda model, _: 1e3 * model.weight.sum(), steps=1, lr=0.1, seed=0, max_grad_norm=0.5)
    assert seen == [pytest.approx(2000)] and model.weight.grad.norm().item() == pytest.approx(0.5, rel=1e-4)


def test_training_stops_when_it_is_told_and_is_the_same_until_then():
    _, whole = train_line(0, steps=20, lr=0.05)
    answers = iter([False] * 7 + [True])
    _, part = train_line(0, steps=20, lr=0.05, stop=lambda: next(answers))
    assert part == whole[:7]


def test_progress_is_silent_unless_wanted(capsys):
    train_line(0, steps=2, lr=0.05)
    assert capsys.readouterr() == ("", "")
    train_line(0, steps=2, lr=0.05, progress=True)
    assert "2/2" in capsys.readouterr().err


def test_bad_training_is_refused_in_one_line():
    with pytest.raises(ValueError, match="steps is 0"):
        train_line(0, steps=0, lr=0.1)
    with pytest.raises(ValueError, match="^step 0, learning rate 0.1: the loss is nan; try a smaller learning rate$"):
        train(torch.nn.Linear(1, 1), lambda source: None, lambda model, _: model.weight.sum() * math.nan, steps=3, lr=0.1, seed=0)


@pytest.mark.parametrize("distance", [None, 1, 7, 15])
def test_recall_batch_holds_what_it_promises(distance):
    inputs, targets, distances = recall_batch(200, 16, distance, n_symbols=5, generator=generator())
    assert list(inputs.shape) == [200, 16, 7] and inputs.dtype == torch.float64
    assert (inputs[:, :-1, :5].sum(dim=2) == 1).all() and (inputs[:, -1, :5] == 0).all()
    assert (inputs[:, :, 5].sum(dim=1) == 1).all()
    assert (inputs[:, -1, 6] == 1).all() and (inputs[:, :-1, 6] == 0).all()
    marked = inputs[:, :, 5].argmax(dim=1)
    assert torch.equal(15 - marked, distances)
    assert torch.equal(inputs[torch.arange(200), marked, :5].argmax(dim=1), targets)
    assert distances.unique().tolist() == ([distance] if distance else list(range(1, 16)))
    again = recall_batch(200, 16, distance, n_symbols=5, generator=generator())
    assert all(torch.equal(*pair) for pair in zip((inputs, targets, distances), again, strict=True))


def test_a_batch_goes_to_a_device_however_deep_its_tensors_are():
    Pair = namedtuple("Pair", "first second")
    batch = ([torch.ones(2), {"boxes": torch.ones(1)}], Pair(torch.ones(3), None), make_points((8, 8), (4,)), "a name")
    (moved, of_dict), pair, priors, name = on_device(batch, "meta")
    assert {moved.device.type, of_dict["boxes"].device.type, pair.first.device.type, priors.centres.device.type} == {"meta"}
    assert isinstance(pair, Pair) and pair.second is None and priors.size == (8, 8) and priors.sides is None and name == "a name"
    assert batch[0][0].device.type == "cpu", "and what was given stays where it is"


@pytest.mark.parametrize("trainer", [train, train_epochs])
def test_an_environment_variable_names_the_device(trainer, monkeypatch):
    """On the device "meta" tensors have no numbers: the first loss is refused there, after model and batch have arrived."""
    model, seen = torch.nn.Linear(1, 1), []

    def loss(model, batch):
        seen.append((device_of(model).type, batch.device.type))
        raise ValueError("seen")

    length = {"steps": 1} if trainer is train else {"epochs": 1}
    for wanted in ("cpu", "meta"):
        monkeypatch.setenv(DEVICE_VARIABLE, wanted)
        with pytest.raises(ValueError, match="seen"):
            trainer(model, lambda *given: torch.ones(1) if trainer is train else [torch.ones(1)], loss, lr=0.1, seed=0, **length)
    assert seen == [("cpu", "cpu"), ("meta", "meta")]


def test_each_doubling_of_the_distance_is_about_equally_frequent():
    *_, distances = recall_batch(20_000, 33, generator=generator())
    counts = [((distances >= low) & (distances < 2 * low)).sum().item() for low in (1, 2, 4, 8, 16)]
    expected = 20_000 / math.log2(33)
    assert all(abs(count - expected) < 5 * math.sqrt(expected) for count in counts), counts


@pytest.mark.parametrize(("arguments", "words"), [
    ((4, 16, 16), "distance is 16, expected 1 to 15"), ((4, 16, 0), "distance is 0"), ((4, 1), "length 1"), ((0, 9), "batch 0"),
    ((4, 9, None, 1), "n_symbols 1"),
])
def test_wrong_recall_batches_are_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        recall_batch(*arguments, generator=generator())


def test_the_four_readers_are_about_equally_large():
    readers = RecurrentReader, GatedReader, ConvolutionReader, AttentionReader
    sizes = [sum(p.numel() for p in reader(10, 8).parameters()) for reader in readers]
    assert max(sizes) < 1.06 * min(sizes)


def test_the_convolution_reader_cannot_see_beyond_its_receptive_field():
    torch.manual_seed(0)
    inputs = recall_batch(2, 33, generator=generator())[0].requires_grad_()
    ConvolutionReader(10, 8).double()(inputs).sum().backward()
    reached = inputs.grad.abs().sum(dim=(0, 2)).flip(0) > 0
    assert reached.tolist() == [True] * 9 + [False] * 24


def test_attention_learns_recall_at_every_distance_and_beyond_those_trained():
    torch.manual_seed(0)
    model = AttentionReader(10, 8).double()
    losses = train(model, lambda source: recall_batch(64, 17, generator=source), answer_loss, steps=120, lr=1e-2, seed=0)
    assert losses[0] > 1.9 and losses[-1] < 0.05
    assert min(accuracy_by_distance(model, 17, [1, 8, 16], seed=1, batch=200)) > 0.98
    assert min(accuracy_by_distance(model, 65, [32, 64], seed=1, batch=200)) > 0.95
