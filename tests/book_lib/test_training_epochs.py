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


def test_what_another_training_has_stored_is_not_gone_on_with(tmp_path):
    path = tmp_path / "state.pt"
    fit(new_model(), checkpoint=path)
    untouched = new_model()
    weights = [parameter.clone() for parameter in untouched.parameters()]
    for change, message in (({"seed": 9}, "seed 1, not 9"), ({"epochs": 7}, "epochs 6, not 7"), ({"lr": 0.1}, "rates .*, not "),
                            ({"weight_decay": 0.1}, "weight_decay 0.0, not 0.1"), ({"max_grad_norm": 1.0}, "max_grad_norm None, not 1.0"),
                            ({"seed": 9, "weight_decay": 0.1}, "seed 1, not 9; weight_decay 0.0, not 0.1")):
        with pytest.raises(ValueError, match=f"state.pt belongs to a training with {message}.*; use the same settings, or another file"):
            fit(untouched, checkpoint=path, **change)
    larger = nn.Sequential(nn.Linear(3, 9), nn.Dropout(0.2), nn.Linear(9, 1))
    with pytest.raises(ValueError, match=r"state.pt belongs to another model: 0.bias has shape \(8,\) there, \(9,\) here"):
        fit(larger, checkpoint=path)
    with pytest.raises(ValueError, match=r"1.bias has shape None there, \(1,\) here"):
        fit(nn.Sequential(nn.Linear(3, 8), nn.Linear(8, 1)), checkpoint=path)
    assert all(torch.equal(before, after) for before, after in zip(weights, untouched.parameters(), strict=True))


@pytest.mark.parametrize(("stored", "message"), [
    ({"model": {}}, r"state.pt holds a dict of \['model'\], expected what train_epochs stores"),
    ([1, 2], "state.pt holds a list"),
    (b"<html>", "state.pt cannot be read as a .pth file of weights: it is a web page"),
    (b"", "state.pt cannot be read .* it is empty"),
])
def test_a_file_of_another_kind_is_refused_as_a_checkpoint(tmp_path, stored, message):
    path = tmp_path / "state.pt"
    if isinstance(stored, bytes):
        path.write_bytes(stored)
    else:
        torch.save(stored, path)
    before = path.read_bytes()
    with pytest.raises(ValueError, match=message):
        fit(new_model(), checkpoint=path)
    assert path.read_bytes() == before


def test_a_checkpoint_that_was_cut_short_is_refused(tmp_path):
    path = tmp_path / "state.pt"
    fit(new_model(), checkpoint=path)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(ValueError, match="state.pt cannot be read as a .pth file of weights: it is cut short"):
        fit(new_model(), checkpoint=path)


def test_what_after_epoch_says_joins_the_log():
    log = fit(new_model(), after_epoch=lambda epoch, model: {"score": epoch / 10})
    assert [entry["score"] for entry in log] == [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]


def test_bad_settings_are_named():
    with pytest.raises(ValueError, match="epochs is 0, expected a whole number of at least 1"):
        fit(new_model(), epochs=0)
    with pytest.raises(ValueError, match="make_batches gives no batch in epoch 0"):
        train_epochs(new_model(), lambda epoch, generator: [], loss, epochs=1, lr=0.1, seed=0)


def test_what_goes_wrong_is_told_with_epoch_step_and_learning_rate():
    count = [0]

    def diverging(model, rows):
        count[0] += 1
        return loss(model, rows)[0] * (float("nan") if count[0] == 7 else 1), {}

    with pytest.raises(ValueError, match="epoch 1, step 2, learning rate 0.1: the loss is nan; try a smaller learning rate"):
        train_epochs(new_model(), batches, diverging, epochs=2, lr=lambda done: 0.4 * (1 - done), seed=0)

    def refusing(model, rows):
        raise ValueError("logits of picture 3 hold nan")

    with pytest.raises(ValueError, match="^epoch 0, step 0, learning rate 0.1: logits of picture 3 hold nan$"):
        train_epochs(new_model(), batches, refusing, epochs=1, lr=0.1, seed=0)
