"""Repeat a string of letters: through one vector, as in 2014's first networks, or with a look back at every letter read.

Two gated recurrent networks: one reads the string, the other writes it.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

from book_lib.attention import scaled_dot_product_attention
from book_lib.checks import require_whole
from book_lib.training import train

N_LETTERS, LONGEST = 8, 16
STEPS, BATCH = 700, 64


class Repeater(nn.Module):
    """A reader and a writer, both GRUs of one width (Cho et al. 2014); with looks_back the writer attends to every state of the reader.

    letters [b, n] of whole numbers below n_letters. forward gives the writer the right letters before each place, as in training,
    and returns logits [b, n, n_letters]; write lets it go on from its own. Raises ValueError for letters of another shape.
    """

    def __init__(self, *, width, looks_back, n_letters=N_LETTERS):
        super().__init__()
        require_whole(width=width, n_letters=n_letters)
        self.looks_back, self.n_letters = looks_back, n_letters
        self.embed = nn.Embedding(n_letters + 1, width)                      # the last one is the start sign
        self.reader = nn.GRU(width, width, batch_first=True)
        self.writer = nn.GRU(width, width, batch_first=True)
        self.ask = nn.Linear(width, width) if looks_back else None
        self.answer = nn.Linear(2 * width if looks_back else width, n_letters)

    def forward(self, letters):
        _require_letters(letters)
        states, last = self.reader(self.embed(letters))
        before = F.pad(letters[:, :-1], (1, 0), value=self.n_letters)
        return self._answers(self.writer(self.embed(before), last)[0], states)

    def write(self, letters):
        """Read the letters and repeat them, each from what was written before: [b, n] -> [b, n]."""
        _require_letters(letters)
        states, state = self.reader(self.embed(letters))
        written = [letters.new_full((len(letters), 1), self.n_letters)]
        for _ in range(letters.size(1)):
            out, state = self.writer(self.embed(written[-1]), state)
            written.append(self._answers(out, states).argmax(dim=-1))
        return torch.cat(written[1:], dim=1)

    def _answers(self, out, states):
        if self.looks_back:
            seen, _ = scaled_dot_product_attention(self.ask(out), states, states)
            out = torch.cat([out, seen], dim=-1)
        return self.answer(out)


def _require_letters(letters):
    if letters.dim() != 2 or not letters.size(1):
        raise ValueError(f"letters has shape {list(letters.shape)}, expected [batch, letters] with one letter at least")


def learn(*, width, looks_back, lr, seed, steps=STEPS):
    """Train a Repeater on random strings of 1 to LONGEST letters, all of a batch of one length. Returns (model, losses)."""
    torch.manual_seed(seed)
    model = Repeater(width=width, looks_back=looks_back)

    def draw(generator):
        length = int(torch.randint(1, LONGEST + 1, (), generator=generator))
        return torch.randint(N_LETTERS, (BATCH, length), generator=generator)

    def loss(model, letters):
        return F.cross_entropy(model(letters).flatten(0, 1), letters.flatten())

    def rate(step):
        return lr * 0.5 * (1 + math.cos(math.pi * min(step / steps, 1)))

    return model, train(model, draw, loss, steps=steps, lr=rate, seed=seed, max_grad_norm=1.0)


def share_right(model, length, *, seed=10_000, batch=500):
    """The share of letters that the model repeats correctly from its own writing, for strings of one length, the same for every model."""
    letters = torch.randint(N_LETTERS, (batch, length), generator=torch.Generator().manual_seed(seed))
    with torch.no_grad():
        return (model.write(letters) == letters).double().mean().item()


def at_best_rate(runs, *, width, looks_back, steps):
    """Of the stored runs of one network and budget (recipes/chapter_01/bottleneck.py), those at the rate that the first start chose.

    It is the rate at which start 0 repeats most letters, over all lengths. Returns a list of shares for each start, in the order of the
    starts. Raises ValueError where start 0 has no run of this kind.
    """
    wanted = {"width": width, "looks_back": looks_back, "steps": steps}
    rows = [run for run in runs if wanted.items() <= run.items()]
    tried = [run for run in rows if run["start"] == 0]
    if not tried:
        raise ValueError(f"no run of start 0 has {wanted}")
    best = max(tried, key=lambda run: sum(run["right"]))["lr"]
    return [run["right"] for run in sorted(rows, key=lambda run: run["start"]) if run["lr"] == best]
