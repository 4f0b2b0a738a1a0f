"""Shipped models: written in single or half precision, and read back."""

import pytest
import torch

import book_lib.book.models
from book_lib.book.models import load_model, save_model


@pytest.mark.parametrize("half", [False, True])
def test_weights_come_back_in_the_precision_they_were_stored_in(half, tmp_path, monkeypatch):
    monkeypatch.setattr(book_lib.book.models, "ROOT", tmp_path)
    layer = torch.nn.Linear(30, 40)
    save_model("toy", layer.state_dict(), {"recipe": "recipes/toy.py"}, half=half)
    weights, log = load_model("toy")
    assert log == {"recipe": "recipes/toy.py"}
    assert {tensor.dtype for tensor in weights.values()} == {torch.float16 if half else torch.float32}
    other = torch.nn.Linear(30, 40)
    other.load_state_dict(weights)
    assert other.weight.dtype == torch.float32
    assert torch.equal(other.weight, layer.weight.half().float() if half else layer.weight)
