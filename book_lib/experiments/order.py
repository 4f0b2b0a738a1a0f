"""The order task: at every token, say which symbol stood one place before. The same words in another order have other answers.

The model is one attention layer, with every kind of position code the book compares. recipes/chapter_04/order.py trains them all and keeps
the log.
"""

import math
from statistics import fmean

import torch
import torch.nn.functional as F
from torch import nn

from book_lib.attention import causal_mask
from book_lib.positional import RelativeBias, alibi_bias, rotate_by_position, sinusoidal_code
from book_lib.training import train

CODES = ("none", "sinusoidal", "learned", "concatenated", "relative", "rotary", "alibi")
TRAINED, LENGTHS = 16, (8, 16, 24, 32, 48, 64)
STEPS, RATES, SEEDS, LEARNED = 800, (1e-2, 3e-2), range(5), 0.1
READERS = {
    "none": {"code": "none"},
    "sinusoidal": {"code": "sinusoidal"},
    "learned": {"code": "learned"},
    "relative": {"code": "relative"},
    "rotary": {"code": "rotary"},
    "none, causal": {"code": "none", "causal": True},
    "sinusoidal, causal": {"code": "sinusoidal", "causal": True},
    "rotary, causal": {"code": "rotary", "causal": True},
    "ALiBi": {"code": "alibi", "causal": True},
    "ALiBi, slope 1/2": {"code": "alibi", "causal": True, "slope": 1 / 2},
    "ALiBi, slope 1/256": {"code": "alibi", "causal": True, "slope": 1 / 256},
    "ALiBi without a mask": {"code": "alibi"},
    "added, width 64": {"code": "sinusoidal", "d_model": 64},
    "concatenated, 16 + 16": {"code": "concatenated", "d_model": 16, "d_code": 16},
    "concatenated, 32 + 32": {"code": "concatenated"},
}


def order_batch(batch, length, n_symbols=8, *, generator):
    """Make sequences of random symbols: (symbols [batch, length], previous [batch, length]), integers from 0 to n_symbols - 1.

    previous[:, i] is symbols[:, i - 1]; the first token has nothing before it and gets -1. Raises ValueError for sizes under 1, 2 and 2.
    """
    if batch < 1 or length < 2 or n_symbols < 2:
        raise ValueError(f"batch {batch}, length {length} and n_symbols {n_symbols} must be at least 1, 2 and 2")
    symbols = torch.randint(n_symbols, (batch, length), generator=generator)
    previous = symbols.roll(1, dims=1)
    previous[:, 0] = -1
    return symbols, previous


def best_without_order(symbols, n_symbols=8):
    """The accuracy of the best guess from the set of symbols and the token itself alone: name the commonest other symbol.

    symbols [batch, length]. Returns a float, the mean over tokens of (count of the commonest symbol among the others) / (length - 1).
    """
    one_hot = F.one_hot(symbols, n_symbols)                            # [batch, length, n_symbols]
    others = one_hot.sum(dim=1, keepdim=True) - one_hot
    return (others.max(dim=-1).values.double() / (symbols.size(1) - 1)).mean().item()


class OrderReader(nn.Module):
    """Embed symbols, let one head of attention look around once, and read a symbol off every token.

    code: one of CODES. An absolute code becomes part of the token, and so of query, key and value; the others act on the scores.
    causal: attend to the token itself and earlier ones only. slope: ALiBi's. d_code: width of a concatenated code, d_model if None.
    symbols [b, n] -> (logits [b, n, n_symbols], weights [b, n, n]); start is the position of the first token, stride the distance from each
    to the next. Raises ValueError for an unknown code, and for positions beyond the max_length rows of a learned table.
    """

    def __init__(
        self, code, *, causal=False, slope=1.0, n_symbols=8, d_model=32, d_code=None, d_head=32, max_length=64, reach=8
    ):
        super().__init__()
        if code not in CODES:
            raise ValueError(f"code is {code!r}, expected one of {', '.join(CODES)}")
        self.code, self.causal, self.slope, self.d_head = code, causal, slope, d_head
        self.d_code = d_model if d_code is None else d_code
        d_in = d_model + self.d_code if code == "concatenated" else d_model
        self.embedding = nn.Embedding(n_symbols, d_model)
        self.q_proj, self.k_proj, self.v_proj = (nn.Linear(d_in, d_head) for _ in range(3))
        self.read_out = nn.Linear(d_head, n_symbols)
        if code == "learned":
            self.table = nn.Parameter(torch.randn(max_length, d_model))
        if code == "relative":
            self.bias = RelativeBias(1, reach)

    def forward(self, symbols, start=0, stride=1):
        steps = stride * torch.arange(symbols.size(1))
        return self.attend(self.with_positions(self.embedding(symbols), start + steps), steps)

    def attend(self, tokens, steps, mask=None):
        """Attention and answers for tokens [b, n, d_in] that carry their positions; steps [n]: how far each is from the first.

        mask [n, n], True = may be attended, hides keys from a trained reader to see what they do to it.
        """
        n = tokens.size(1)
        query, key, value = self.q_proj(tokens), self.k_proj(tokens), self.v_proj(tokens)
        if self.code == "rotary":
            query, key = rotate_by_position(query, steps), rotate_by_position(key, steps)
        scores = query @ key.transpose(-2, -1) / math.sqrt(self.d_head)      # [b, n, n]
        if self.code == "relative":
            scores = scores + self.bias(n)
        if self.code == "alibi":
            scores = scores + alibi_bias(torch.tensor([self.slope]), n)
        if self.causal:
            scores = scores.masked_fill(~causal_mask(n), -math.inf)
        if mask is not None:
            scores = scores.masked_fill(~mask, -math.inf)
        weights = scores.softmax(dim=-1)
        return self.read_out(weights @ value), weights

    def with_positions(self, words, positions):
        """What query, key and value are made from: words [b, n, d_model], with the code of positions [n] where that is an absolute one."""
        if self.code == "learned":
            if positions[-1] >= len(self.table):
                raise ValueError(f"symbols reach position {int(positions[-1])}, but the learned table has {len(self.table)} rows")
            return words + self.table[positions]
        if self.code not in ("sinusoidal", "concatenated"):
            return words
        code = sinusoidal_code(positions, self.d_code).to(words)
        return words + code if self.code == "sinusoidal" else torch.cat((words, code.expand(len(words), -1, -1)), dim=-1)


def answer_loss(model, batch, start=0):
    """The cross-entropy of a reader's answers to an order_batch whose first token stands at position start."""
    symbols, previous = batch
    return F.cross_entropy(model(symbols, start)[0].flatten(0, 1), previous.flatten(), ignore_index=-1)


def learn(reader, *, lr, seed, steps=None, length=TRAINED, any_start=0):
    """Train one of READERS, in double precision, on batches of 32 sequences of `length` symbols. Returns (model, losses of every step).

    steps: STEPS when None. any_start: each batch begins at a position drawn from 0 to any_start. The result does not depend on torch's
    default dtype.
    """
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float32)                             # weights and codes start from the same numbers for every caller
    try:
        torch.manual_seed(seed)
        model, starts = OrderReader(**READERS[reader]).double(), torch.Generator().manual_seed(seed)

        def loss(model, batch):
            return answer_loss(model, batch, int(torch.randint(any_start + 1, (), generator=starts)) if any_start else 0)

        def batches(generator):
            return order_batch(32, length, generator=generator)

        return model, train(model, batches, loss, steps=steps or STEPS, lr=lr, seed=seed)
    finally:
        torch.set_default_dtype(before)


def measured_batch(length):
    """The 256 sequences of a length on which every reader is measured."""
    return order_batch(256, length, generator=torch.Generator().manual_seed(99))


@torch.no_grad()
def right_by_place(model, length, **where):
    """The share of right answers at places 1 … length - 1, on measured_batch; where: start and stride, as in OrderReader."""
    symbols, previous = measured_batch(length)
    return (model(symbols, **where)[0].argmax(dim=-1) == previous)[:, 1:].double().mean(dim=0)


def accuracy(model, length, **where):
    """The share of right answers at all places that have one before them."""
    return right_by_place(model, length, **where).mean().item()


@torch.no_grad()
def accuracy_with_moved_clocks(model, start, clocks):
    """The accuracy of a sinusoidal reader on sequences of the trained length where only some clocks have moved on.

    clocks, a slice of the d_model / 2 clocks, stand as at positions start, start + 1 …; the others as at 0, 1 …, as in training.
    """
    symbols, previous = measured_batch(TRAINED)
    steps, columns = torch.arange(TRAINED), slice(2 * (clocks.start or 0), None if clocks.stop is None else 2 * clocks.stop)
    code = sinusoidal_code(steps, model.d_code)
    code[:, columns] = sinusoidal_code(start + steps, model.d_code)[:, columns]
    words = model.embedding(symbols)
    answers = model.attend(words + code.to(words), steps)[0].argmax(dim=-1)
    return (answers == previous)[:, 1:].double().mean().item()


def score_terms(model, symbols):
    """The four parts of a sinusoidal reader's scores, [2][2] of [b, n, n]: query part by key part, words first and places second.

    Biases are counted with the words; the four add up to the scores.
    """
    words, root = model.embedding(symbols), math.sqrt(model.d_head)
    places = sinusoidal_code(symbols.size(1), model.d_code).to(words).expand_as(words)
    queries = model.q_proj(words), places @ model.q_proj.weight.T
    keys = model.k_proj(words), places @ model.k_proj.weight.T
    return [[query @ key.transpose(-2, -1) / root for key in keys] for query in queries]


@torch.no_grad()
def accuracy_of_terms(model, wanted):
    """The accuracy of a sinusoidal reader whose scores keep only the wanted terms: pairs (i, j) of score_terms."""
    symbols, previous = measured_batch(TRAINED)
    terms = score_terms(model, symbols)
    scores = sum(terms[i][j] for i, j in wanted)
    value = model.v_proj(model.with_positions(model.embedding(symbols), torch.arange(TRAINED)))
    return (model.read_out(scores.softmax(dim=-1) @ value).argmax(dim=-1) == previous)[:, 1:].double().mean().item()


def summary(reader, lr, seed):
    """Train one of READERS and say in a JSON object how it went.

    loss: on 256 other sequences of the trained length, the number by which a rate is chosen; steps_to_learn: the first step at which the
    loss of a batch was below LEARNED, None if none was; accuracy: at each of LENGTHS.
    """
    model, losses = learn(reader, lr=lr, seed=seed)
    with torch.no_grad():
        loss = answer_loss(model, order_batch(256, TRAINED, generator=torch.Generator().manual_seed(98))).item()
    learned = next((step for step, loss in enumerate(losses) if loss < LEARNED), None)
    shares = [round(accuracy(model, length), 4) for length in LENGTHS]
    return {"reader": reader, "lr": lr, "seed": seed, "loss": float(f"{loss:.3g}"), "steps_to_learn": learned, "accuracy": shares}


def at_best_rate(runs, reader):
    """Those of the stored runs in which a reader had its best learning rate: the lowest mean loss at the trained length.

    Longer sequences have no say. Raises ValueError where there is no run of the reader.
    """
    by_rate = {}
    for run in runs:
        if run["reader"] == reader:
            by_rate.setdefault(run["lr"], []).append(run)
    if not by_rate:
        raise ValueError(f"no run of {reader!r} is stored; run `make experiments CH=04`")
    return min(by_rate.values(), key=lambda group: fmean(run["loss"] for run in group))
