"""The look-up task: pairs of a word and an answer go by, then one of the words; which answer stood beside it? One attention, five scores.

A reader has to learn which words are the same, and nothing else, so that all readers differ in how a query is compared with a key.
recipes/chapter_02/lookup.py trains them all and keeps the log.
"""

import math
from statistics import median

import torch
import torch.nn.functional as F
from torch import nn

SCORES = ("plain", "absorbed", "scaled", "normalised", "additive")
WIDTHS, RATES, SEEDS, STEPS = (4, 16, 64, 256), (1e-3, 3e-3, 1e-2, 3e-2, 1e-1), range(3), 400
SOLVED = 0.95


def lookup_batch(batch, n_pairs=16, n_words=64, n_answers=8, *, generator):
    """Draw lists of pairs, no word twice in a list: (words [batch, n_pairs], answers [batch, n_pairs], asked [batch], targets [batch]).

    asked is one word of each list and targets the answer beside it; all are integers. Raises ValueError where a list cannot be made.
    """
    if min(batch, n_pairs) < 1 or n_answers < 2 or n_words < n_pairs:
        raise ValueError(
            f"batch is {batch}, n_pairs {n_pairs}, n_words {n_words}, n_answers {n_answers}; expected at least 1, 1, n_pairs and 2")
    words = torch.rand(batch, n_words, generator=generator).argsort(dim=1)[:, :n_pairs]
    answers = torch.randint(n_answers, (batch, n_pairs), generator=generator)
    place, rows = torch.randint(n_pairs, (batch,), generator=generator), torch.arange(batch)
    return words, answers, words[rows, place], answers[rows, place]


class LookupReader(nn.Module):
    """Compare the asked word with every pair by one of SCORES, mix the pairs' values, and name an answer.

    plain: q·k. scaled: q·k/√d_k. absorbed: q·k, with a W_Q that starts √d_k times smaller. normalised: g q·k/√d_k with queries and keys of
    length √d_k and a learned g that starts at 1 (QK-norm, after Henry et al. 2020). additive: v·tanh(q + k) (Bahdanau et al. 2015).
    Queries and keys start with components of variance 1. forward(words [b, m], answers [b, m], asked [b]) -> (logits [b, n_answers],
    scores [b, m]). Raises ValueError for an unknown score.
    """

    def __init__(self, score, *, d_k, d_model=64, n_words=64, n_answers=8):
        super().__init__()
        if score not in SCORES:
            raise ValueError(f"score is {score!r}, expected one of {', '.join(SCORES)}")
        self.score, self.d_k = score, d_k
        self.word, self.answer = nn.Embedding(n_words, d_model), nn.Embedding(n_answers, d_model)
        self.q_proj, self.k_proj = (nn.Linear(d_model, d_k, bias=False) for _ in range(2))
        self.v_proj, self.read_out = nn.Linear(d_model, d_model), nn.Linear(d_model, n_answers)
        for projection in (self.q_proj, self.k_proj):
            nn.init.normal_(projection.weight, std=d_model**-0.5)
        if score == "absorbed":
            self.q_proj.weight.data /= math.sqrt(d_k)
        if score == "normalised":
            self.gain = nn.Parameter(torch.ones(()))
        if score == "additive":
            self.direction = nn.Parameter(torch.randn(d_k) / math.sqrt(d_k))

    def forward(self, words, answers, asked):
        pairs = (self.word(words) + self.answer(answers)) / math.sqrt(2)                 # [b, m, d_model]
        scores = self.compare(self.q_proj(self.word(asked)), self.k_proj(pairs))
        mixed = (scores.softmax(dim=-1)[:, None] @ self.v_proj(pairs))[:, 0]
        return self.read_out(mixed), scores

    def compare(self, query, key):
        """The scores [b, m] of query [b, d_k] with key [b, m, d_k]."""
        if self.score == "additive":
            return torch.tanh(query[:, None] + key) @ self.direction
        if self.score == "normalised":
            length = math.sqrt(self.d_k)
            query, key = F.normalize(query, dim=-1) * length * self.gain, F.normalize(key, dim=-1) * length
        if self.score in ("scaled", "normalised"):
            query = query / math.sqrt(self.d_k)
        return (key @ query[:, :, None])[:, :, 0]


def learn(score, *, d_k, lr, seed, steps=STEPS, every=10, query_rate=1.0, dtype=torch.float32):
    """Train one LookupReader with Adam on fresh lists of 64, and measure it before the first step and after every few.

    query_rate: Adam's rate for W_Q as a multiple of lr, with Adam's eps divided by it, so that a smaller W_Q with a rate smaller by the
    same factor trains like a larger one (with Adam alone: plain gradient descent would need the factor's square).
    Returns (model, history): a dict of lists: steps done, accuracy, entropy of the weights in nats and the largest score on 256 held-out
    lists, the same for every run.
    """
    torch.manual_seed(seed)
    model, generator = LookupReader(score, d_k=d_k).to(dtype), torch.Generator().manual_seed(seed)
    held_out = lookup_batch(256, generator=torch.Generator().manual_seed(10_000))
    others = [parameter for name, parameter in model.named_parameters() if name != "q_proj.weight"]
    optimizer = torch.optim.Adam(
        [{"params": others}, {"params": [model.q_proj.weight], "lr": lr * query_rate, "eps": 1e-8 / query_rate}], lr=lr)
    history = {"steps": [], "accuracy": [], "entropy": [], "largest_score": []}
    for step in range(steps + 1):
        if step % every == 0:
            for name, value in {"steps": step, **measure(model, held_out)}.items():
                history[name].append(value)
        *question, targets = lookup_batch(64, generator=generator)
        optimizer.zero_grad()
        F.cross_entropy(model(*question)[0], targets).backward()
        optimizer.step()
    return model, history


def measure(model, batch):
    """Accuracy, mean entropy of the attention weights in nats and largest absolute score of a reader on one lookup_batch."""
    *question, targets = batch
    with torch.no_grad():
        logits, scores = model(*question)
        log_weights = scores.double().log_softmax(dim=-1)
    entropy = -(log_weights.exp() * log_weights).sum(dim=-1).mean().item()
    return {
        "accuracy": (logits.argmax(dim=1) == targets).double().mean().item(),
        "entropy": entropy,
        "largest_score": scores.abs().max().item(),
    }


def steps_to_solve(history):
    """The first measured number of steps after which at least SOLVED of the answers were right; None where that never happened.

    Measured every ten steps, a 20 stands for 11 to 20.
    """
    return next((step for step, share in zip(history["steps"], history["accuracy"], strict=True) if share >= SOLVED), None)


def summary(score, d_k, lr, seed):
    """Train one reader and say in a JSON object how it went: the steps it took, and what it was like at the start and at the end."""
    _, history = learn(score, d_k=d_k, lr=lr, seed=seed)
    rounded = {name: [float(f"{history[name][place]:.3g}") for place in (0, -1)] for name in ("accuracy", "entropy", "largest_score")}
    return {"score": score, "d_k": d_k, "lr": lr, "seed": seed, "steps_to_solve": steps_to_solve(history), **rounded}


def at_best_rate(runs, score, d_k):
    """Those of the stored runs in which a reader had its best learning rate, one for each of SEEDS.

    The best rate has the lowest median of steps to solve, then the highest median accuracy, among those that all seeds have tried.
    Raises ValueError where there is none.
    """
    groups = [runs_of(runs, score, d_k, lr) for lr in RATES]
    complete = [group for group in groups if len(group) == len(SEEDS)]
    if not complete:
        raise ValueError(f"no rate has a run of {score!r} with d_k {d_k} from all {len(SEEDS)} seeds")
    return min(complete, key=lambda group: (median(map(steps_or_never, group)), -median(run["accuracy"][1] for run in group)))


def runs_of(runs, score, d_k, lr):
    """Those of the stored runs that trained a reader at one rate, by seed."""
    fitting = [run for run in runs if (run["score"], run["d_k"], run["lr"]) == (score, d_k, lr)]
    return sorted(fitting, key=lambda run: run["seed"])


def steps_or_never(run):
    """The steps a stored run took to solve the task, infinity where it never did."""
    return math.inf if run["steps_to_solve"] is None else run["steps_to_solve"]
