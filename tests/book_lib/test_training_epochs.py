"""Training by epochs: seeded, logged, resumable to the last digit."""

import pytest
import torch
from torch import nn

from book_lib.training import train_epochs

INPUTS = torch.randn(64, 3, generator=torch.Generator().manual_seed(0))
TARGETS = INPUTS @ torch.tensor([[1.0], [-2.0], [0.5]])


def new_model():
    with torch.random.fork_rng():
        torch.manual_seed(3)
        return nn.Sequential(nn.Linear(3, 8), nn.Dropout(0.2), nn.Linear(8, 1))


def batches(epoch, generator):
    return torch.randperm(64, generator=generator).split(16)


def loss(model, rows):
    value = ((model(INPUTS[rows]) - TARGETS[rows]) ** 2).mean()
    return value, {"squares": value.item()}


def fit(model, **settings):
    return train_epochs(model, batches, loss, **{"epochs": 6, "lr": lambda done: 0.02 * (1 - done), "seed": 1} | settings)


def without_clock(log):
    return [{name: value for name, value in entry.items() if name != "seconds"} for entry in log]


def test_it_learns_and_logs_every_epoch():
    log = fit(new_model())
    assert [entry["epoch"] for entry in log] == list(range(6)) and log[-1]["loss"] < log[0]["loss"] / 2
    assert all(entry["squares"] == pytest.approx(entry["loss"]) and entry["seconds"] > 0 for entry in log)


def test_the_seed_decides_and_the_callers_random_state_is_left_alone():
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    first, second = new_model(), new_model()
    assert without_clock(fit(first)) == without_clock(fit(second))
    assert torch.equal(torch.rand(1), expected)
    assert without_clock(fit(new_model(), seed=2)) != without_clock(fit(new_model()))


def test_a_training_that_was_cut_ends_with_the_same_numbers(tmp_path):
    whole, cut = new_model(), new_model()
    log = fit(whole)

    class Cut(Exception):
        pass

    def stop(epoch, model):
        if epoch == 3:
            raise Cut

    with pytest.raises(Cut):
        fit(cut, checkpoint=tmp_path / "state.pt", after_epoch=stop)
    again = new_model()
    assert without_clock(fit(again, checkpoint=tmp_path / "state.pt")) == without_clock(log)
    assert all(torch.equal(ours, theirs) for ours, theirs in zip(whole.parameters(), again.parameters(), strict=True))
    with pytest.raises(ValueError, match=r"state\.pt belongs to a training with"):
        fit(new_model(), seed=9, checkpoint=tmp_path / "state.pt")


def test_what_after_epoch_says_joins_the_log():
    log = fit(new_model(), after_epoch=lambda epoch, model: {"score": epoch / 10})
    assert [entry["score"] for entry in log] == [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]


def test_bad_settings_are_named():
    with pytest.raises(ValueError, match="epochs is 0, expected at least 1"):
        fit(new_model(), epochs=0)
    with pytest.raises(ValueError, match="the loss is nan in epoch 0, batch 0; try a smaller lr"):
        train_epochs(new_model(), batches, lambda model, rows: (loss(model, rows)[0] * float("nan"), {}), epochs=1, lr=0.1, seed=0)
