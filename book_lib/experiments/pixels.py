"""iGPT on real digits (chapter 7): 64 pixels of 17 grey levels, read in raster order or with some hidden; nats, probes, fine-tuning."""

import functools
import math

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from book_lib.training import train
from book_lib.vision.igpt import IGPT, fine_tuning_loss, hide_pixels, masked_pixel_loss, next_pixel_loss

LEVELS, SIDE, N_CLASSES = 17, 8, 10
SIZES = {"n_colours": LEVELS, "n_pixels": SIDE**2, "d_model": 64, "n_heads": 4, "n_layers": 6}
OBJECTIVES = ("autoregressive", "masked")
N_TRAIN, N_CHOICE = 1_197, 300                                               # the rest, 300, is held out
BATCH, BETAS = 64, (0.9, 0.95)


@functools.cache
def digits(part):
    """scikit-learn's digits as (pixels int64 [n, 64], labels int64 [n]); part: "train", "choice" (of rates and steps) or "held out"."""
    parts = {"train": slice(0, N_TRAIN), "choice": slice(N_TRAIN, N_TRAIN + N_CHOICE), "held out": slice(N_TRAIN + N_CHOICE, None)}
    if part not in parts:
        raise ValueError(f"part is {part!r}, expected one of {', '.join(map(repr, parts))}")
    images, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(7).permutation(len(images))[parts[part]]
    return torch.from_numpy(images[order]).long(), torch.from_numpy(labels[order]).long()


def new_model(*, seed, **settings):
    """An untrained IGPT of SIZES; settings change them or add to them. The start follows from seed."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return IGPT(**SIZES | settings)


def train_pixels(model, objective, *, steps, lr, seed, part="train"):
    """Train an IGPT on digits by one of OBJECTIVES, with warm-up and a cosine to 0. Returns the list of losses."""
    if objective not in OBJECTIVES:
        raise ValueError(f"objective is {objective!r}, expected one of {OBJECTIVES}")
    pixels = digits(part)[0]

    def make_batch(generator):
        drawn = pixels[torch.randint(len(pixels), (BATCH,), generator=generator)]
        return drawn, hide_pixels(drawn, generator=generator)

    def loss(model, batch):
        drawn, hidden = batch
        return next_pixel_loss(model(drawn), drawn) if objective == "autoregressive" else masked_pixel_loss(
            model.masked(drawn, hidden), drawn, hidden)

    return train(model, make_batch, loss, steps=steps, lr=_rate(lr, steps), seed=seed, betas=BETAS)


def fine_tune(model, *, steps, lr, seed, generative, n_labels=None):
    """Train an IGPT with a class head on labelled digits, with generative times its pixels' loss. n_labels: so many digits, None = all."""
    pixels, labels = (tensor[:n_labels] for tensor in digits("train"))

    def make_batch(generator):
        drawn = torch.randint(len(pixels), (BATCH,), generator=generator)
        return pixels[drawn], labels[drawn]

    def loss(model, batch):
        return fine_tuning_loss(*model.classify(batch[0]), *batch, generative=generative)

    return train(model, make_batch, loss, steps=steps, lr=_rate(lr, steps), seed=seed, betas=BETAS)


@torch.no_grad()
def nats_by_place(model, objective, part="held out"):
    """Nats of every pixel of a part, [n, 64]: autoregressive, given those before; masked, each hidden alone, all others seen."""
    pixels, _ = digits(part)
    model.eval()
    if objective == "autoregressive":
        return torch.cat([F.cross_entropy(model(some).transpose(1, 2), some, reduction="none") for some in pixels.split(BATCH)])
    columns = []
    for place in range(pixels.size(1)):
        hidden = torch.zeros_like(pixels, dtype=torch.bool)
        hidden[:, place] = True
        logits = torch.cat([model.masked(*some)[:, place] for some in zip(pixels.split(BATCH), hidden.split(BATCH), strict=True)])
        columns.append(F.cross_entropy(logits, pixels[:, place], reduction="none"))
    return torch.stack(columns, dim=1)


def baseline_nats(kind, part="held out"):
    """Nats per pixel, held out, of a table counted on the training digits, one count added to each level.

    kind: "uniform", "histogram" (one for all places), "place" (one for each place) or "left" (by the left neighbour's level, and by the
    end of the row for those that have none). Raises ValueError for another.
    """
    if kind == "uniform":
        return math.log(LEVELS)
    pixels, _ = digits(part)
    counts = torch.ones({"histogram": 1, "place": SIDE**2, "left": LEVELS + 1}.get(kind, 0), LEVELS, dtype=torch.float64)
    if not len(counts):
        raise ValueError(f"kind is {kind!r}, expected 'uniform', 'histogram', 'place' or 'left'")
    seen, known = digits("train")[0], _context(kind, digits("train")[0])
    counts.index_put_((known.flatten(), seen.flatten()), torch.ones(seen.numel(), dtype=torch.float64), accumulate=True)
    shares = counts / counts.sum(dim=1, keepdim=True)
    return -shares[_context(kind, pixels).flatten(), pixels.flatten()].log().mean().item()


@torch.no_grad()
def probe_features(model, part):
    """What the linear probes read: raw pixels, then the features after each number of blocks, a list of arrays [n, width]."""
    pixels, _ = digits(part)
    return [(pixels / (LEVELS - 1)).numpy(), *(layer.numpy() for layer in model.eval().features(pixels))]


def probe_accuracies(model, part="held out"):
    """Accuracy of a linear probe (logistic regression on standardised features) on raw pixels and after 0, 1, … blocks, a list."""
    wanted, accuracies = digits(part)[1].numpy(), []
    for seen, asked in zip(probe_features(model, "train"), probe_features(model, part), strict=True):
        mean, std = seen.mean(0), seen.std(0) + 1e-6
        probe = LogisticRegression(max_iter=2_000).fit((seen - mean) / std, digits("train")[1].numpy())
        accuracies.append(float((probe.predict((asked - mean) / std) == wanted).mean()))
    return accuracies


@torch.no_grad()
def class_accuracy(model, part="held out"):
    """The share of digits that an IGPT with a class head names rightly."""
    pixels, labels = digits(part)
    return (model.eval().classify(pixels)[1].argmax(-1) == labels).float().mean().item()


def _context(kind, pixels):
    """Which row of the table each pixel is read from, [n, 64]."""
    if kind == "histogram":
        return torch.zeros_like(pixels)
    if kind == "place":
        return torch.arange(SIDE**2).expand_as(pixels)
    return F.pad(pixels.view(-1, SIDE, SIDE)[..., :-1], (1, 0), value=LEVELS).flatten(1)


def _rate(lr, steps):
    warm = max(steps // 20, 1)
    return lambda step: lr * min(step / warm, 0.5 + 0.5 * math.cos(math.pi * max(step - warm, 0) / max(steps - warm, 1)))
