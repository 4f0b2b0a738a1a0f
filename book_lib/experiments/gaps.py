"""A network of almost nothing but attention, which does the grammar exercises of book_lib.experiments.grammar."""

import torch
import torch.nn.functional as F
from torch import nn

from book_lib.attention import MultiHeadAttention
from book_lib.book.models import load_model
from book_lib.experiments.grammar import ANSWERS, GAPS, LONGEST, VOCABULARY, encode, encode_answers, make_sentences
from book_lib.experiments.heads import HeadsApart
from book_lib.training import train


class GapFiller(nn.Module):
    """Layers of attention, each adding its output to its input, then a small network of two layers that reads off the missing word.

    words [b, n], integers as made by grammar.encode. Returns (logits [b, n, 8], one for each word of grammar.ANSWERS, weights: a list
    with one [b, n_heads, n, n] a layer). d_head is the width of one head, d_model / n_heads by default; the start follows from seed.
    """

    def __init__(self, n_heads, *, seed, d_model=32, n_layers=1, d_head=None, n_kv_heads=None):
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.embedding = nn.Embedding(len(VOCABULARY), d_model)
            self.position = nn.Parameter(torch.randn(LONGEST, d_model))
            self.layers = nn.ModuleList(
                MultiHeadAttention(d_model, n_heads, d_head=d_head, n_kv_heads=n_kv_heads) for _ in range(n_layers))
            self.read_off = nn.Sequential(nn.Linear(d_model, 2 * d_model), nn.ReLU(), nn.Linear(2 * d_model, len(ANSWERS)))

    def forward(self, words):
        is_word = (words > 0)[:, None, None, :]
        features, weights = self.embedding(words) + self.position[: words.size(1)], []
        for attention in self.layers:
            mixed, looked = attention(features, mask=is_word)
            features = features + mixed
            weights.append(looked)
        return self.read_off(features), weights


def exercises(n, *, seed):
    """n sentences as the network sees them: words [n, 21] and targets [n, 21], -1 where there is no gap."""
    sentences, answers = make_sentences(n, seed=seed)
    words = encode(sentences)
    words = F.pad(words, (0, LONGEST - words.size(1)))
    return words, encode_answers(answers, words.shape)


def train_gap_filler(model, *, seed, steps=1000, lr=5e-3, batch=64, corpus=None, watch=None, stop=None, progress=False):
    """Train a GapFiller on 20 000 sentences (or on corpus, as exercises returns it). Returns the loss of every step.

    watch(model), where given, is called before every step, to look at the model while it learns; stop() ends the training with True.
    """
    words, targets = exercises(20_000, seed=1) if corpus is None else corpus

    def make_batch(generator):
        rows = torch.randint(len(words), (batch,), generator=generator)
        return words[rows], targets[rows]

    def loss(model, rows):
        if watch is not None:
            watch(model)
        return F.cross_entropy(model(rows[0])[0].flatten(0, 1), rows[1].flatten(), ignore_index=-1)

    return train(model, make_batch, loss, steps=steps, lr=lr, seed=seed, max_grad_norm=1.0, stop=stop, progress=progress)


def learning_curve(model, test, *, seed, lr, steps, longest=None, solved=0.99, every=100, corpus=None):
    """Train a GapFiller and measure it on the sentences test every so many steps. Returns the accuracies over all gaps, a list.

    Entry i was measured after i · every steps. The training goes on for steps steps, and then up to longest steps until the accuracy has
    been at least solved in six measurements running.
    """
    longest, curve, done = longest or steps, [], -1

    def measure():
        nonlocal done
        done += 1
        if done % every == 0:
            curve.append(accuracy_by_gap(right_answers(model, *test), *test)["all"])
        return done >= steps and len(curve) >= 6 and min(curve[-6:]) >= solved

    losses = train_gap_filler(model, seed=seed, steps=longest, lr=lr, corpus=corpus, stop=measure)
    if len(losses) == longest:
        measure()
    return curve


def steps_to(curve, share, *, every=100):
    """The step at which a learning_curve first reaches a share of gaps filled correctly; None where it never does."""
    return next((every * place for place, reached in enumerate(curve) if reached >= share), None)


def load_gap_filler(model, *, seed):
    """One of the trained models of recipes/heads.py, in double precision: model is a name such as "4_heads", seed goes from 0 to 4."""
    weights, metrics = load_model("heads")
    if model not in metrics["settings"] or not any(run["seed"] == seed for run in metrics["runs"]):
        raise ValueError(f"there is no model {model!r} with seed {seed!r}; there are {', '.join(metrics['settings'])}, with seeds 0 to 4")
    network, start = GapFiller(seed=seed, **metrics["settings"][model]), f"{model}.seed{seed}."
    network.load_state_dict({key.removeprefix(start): tensor for key, tensor in weights.items() if key.startswith(start)})
    return network.double().eval()


def accuracy_by_gap(right, words, targets):
    """Share of gaps filled correctly, {"all": …} and one for each kind of gap; right as right_answers returns it."""
    shares = {"all": right.sum() / (targets >= 0).sum()}
    shares |= {gap: right[words == VOCABULARY.index(gap)].double().mean() for gap in GAPS}
    return {name: share.item() for name, share in shares.items()}


@torch.no_grad()
def logits_without_heads(model, words, gaps):
    """What a GapFiller answers at the gaps (booleans [n, words]) for every set of heads removed: yields logits [gaps, 8], 2 ** heads times.

    Heads are counted through the layers: number sum(2 ** head) has those heads removed. A head's share of a layer's output is computed
    once for every set removed from the layers below it; a set of heads is a sum of shares.
    """
    is_word, last = (words > 0)[:, None, None, :], len(model.layers) - 1
    apart = [HeadsApart(attention).heads for attention in model.layers]

    def above(features, layer):
        if layer > last:
            yield model.read_off(features)
            return
        shares = [head(features, mask=is_word)[0] for head in apart[layer]]
        bias = model.layers[layer].o_proj.bias                               # nobody's share; HeadsApart gives it to the first head
        shares[0] = shares[0] - bias
        if layer == last:
            features, shares = features[gaps], [share[gaps] for share in shares]
        for removed in range(2 ** len(shares)):
            kept = [share for head, share in enumerate(shares) if not removed >> head & 1]
            yield from above(features + bias + sum(kept), layer + 1)

    n_heads = model.layers[0].n_heads
    found = list(above(model.embedding(words) + model.position[: words.size(1)], 0))
    for number in range(2 ** (n_heads * len(model.layers))):                 # found has the last layer's heads as its lowest digits
        digits = [number >> n_heads * layer & 2**n_heads - 1 for layer in range(last + 1)]
        yield found[sum(digit << n_heads * (last - layer) for layer, digit in enumerate(digits))]


@torch.no_grad()
def accuracy_without_heads(model, words, targets):
    """Measure a GapFiller for every set of heads removed, all gaps and each kind: a tensor [2 ** heads, 5] of shares.

    Row sum(2 ** head) has those heads removed, counted through the layers.
    """
    gaps = targets >= 0
    kinds = [torch.ones_like(words[gaps], dtype=torch.bool), *(words[gaps] == VOCABULARY.index(gap) for gap in GAPS)]
    rows = []
    for logits in logits_without_heads(model, words, gaps):
        right = logits.argmax(dim=-1) == targets[gaps]
        rows.append([right[kind].double().mean() for kind in kinds])
    return torch.tensor(rows)


@torch.no_grad()
def right_answers(model, words, targets, batch=250):
    """Which gaps the model fills correctly: booleans [n, words], False where there is no gap."""
    chosen = torch.cat([model(rows)[0].argmax(dim=-1) for rows in words.split(batch)])
    return chosen == targets
