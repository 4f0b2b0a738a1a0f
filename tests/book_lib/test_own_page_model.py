"""A small model of one's own, by the three steps of the appendix "The models, live", taken from its text: in Node and in a browser."""

import hashlib
import json
import re

import pytest
import torch
from run_in_browser import run_in_browser
from sklearn.datasets import load_digits

from book_lib.book.models import ROOT
from page_engine import kernel, run_in_node

PAGE = (ROOT / "appendix" / "live_models.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"   ```(?:python|js)\n(.*?)   ```", PAGE, re.DOTALL)
STEP_1, STEP_2, STEP_3 = (re.sub(r"^   ", "", code, flags=re.MULTILINE) for code in BLOCKS)


@pytest.fixture(scope="module")
def net():
    """A classifier of handwritten digits, trained for a moment."""
    torch.manual_seed(0)
    net = torch.nn.Module()
    net.hidden, net.classes = torch.nn.Linear(64, 24), torch.nn.Linear(24, 10)
    images, labels = map(torch.tensor, load_digits(return_X_y=True))
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    for _ in range(60):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(forward(net, images.float() / 16)[1], labels).backward()
        optimizer.step()
    return net.requires_grad_(False)


def forward(net, pixels):
    hidden = net.hidden(pixels)
    return hidden, net.classes(hidden.relu())


@pytest.mark.parametrize("where", ["node", pytest.param("browser", marks=pytest.mark.browser)])
@pytest.mark.parametrize("fast", [True, False], ids=["kernel", "JavaScript"])
def test_the_three_steps_give_what_pytorch_gives(net, where, fast, request):
    source = hashlib.sha256(json.dumps({name: x.tolist() for name, x in net.state_dict().items()}).encode()).hexdigest()
    done = {"net": net, "source": source}
    exec(STEP_1, done)
    images, labels = map(torch.tensor, load_digits(return_X_y=True))
    pixels = images[1000:1050].float() / 16
    code = f"""const file = models.classifier;{"" if fast else "kernel = null;"}
    {STEP_2}
    return data.map(pixels => {{ {STEP_3} return [logits, seen.hidden[0].data, engine.header.source]; }});"""
    models = {"classifier": done["content"]}
    if where == "node":
        code = f"return (kernel => {{ {code} }})(kernel);"
        answers = run_in_node(code, pixels.tolist(), models)
    else:
        answers = run_in_browser(request.getfixturevalue("browser"), code, pixels.tolist(), models)
    hidden, logits = forward(net, pixels)
    assert torch.tensor([answer[0] for answer in answers]).numpy() == pytest.approx(logits.numpy(), abs=1e-5)
    assert torch.tensor([answer[1] for answer in answers]).numpy() == pytest.approx(hidden.numpy(), abs=1e-5)
    assert {answer[2] for answer in answers} == {source} and len(kernel()) < 2000
    assert (logits.argmax(-1) == labels[1000:1050]).float().mean() > 0.8
