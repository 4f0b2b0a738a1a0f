"""iGPT on real digits (chapter 7): 64 pixels of 17 grey levels, read in raster order or with some hidden; nats, probes, fine-tuning."""

import functools
import math

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from book_lib.book.models import load_model
from book_lib.training import train
from book_lib.vision.igpt import IGPT, fine_tuning_loss, hide_pixels, masked_pixel_loss, next_pixel_loss

LEVELS, SIDE, N_CLASSES = 17, 8, 10
SIZES = {"n_colours": LEVELS, "n_pixels": SIDE**2, "d_model": 64, "n_heads": 4, "n_layers": 6}
OBJECTIVES = ("autoregressive", "masked", "one hidden")                       # the last one as the article tells it
N_TRAIN, N_CHOICE = 1_197, 300                                               # the rest, 300, is held out
BATCH, BETAS, LOOK_EVERY, CHUNK = 32, (0.9, 0.95), 100, 50
TOGETHER = 8                                                                 # pixels hidden at once where the choice part is looked at


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


def load_igpt(name="igpt"):
    """The IGPT that a recipe has trained on digits, ready to answer: "igpt", each pixel from those before, or "igpt_masked"."""
    model = IGPT(**SIZES)
    model.load_state_dict(load_model(name)[0])
    return model.eval()


def hide_one(pixels, *, generator):
    """Hide one pixel of every picture, each place as likely: bool of the shape of pixels [b, n]."""
    return F.one_hot(torch.randint(pixels.size(1), (len(pixels),), generator=generator), pixels.size(1)).bool()


def train_pixels(model, objective, *, steps, lr, seed, before_step=None):
    """Train an IGPT on digits by one of OBJECTIVES, with warm-up and a cosine to 0. Returns the list of losses.

    "one hidden" is the masked objective with a single pixel hidden in every picture. before_step(), where given, is called before every
    step; the training ends when it returns True.
    """
    if objective not in OBJECTIVES:
        raise ValueError(f"objective is {objective!r}, expected one of {OBJECTIVES}")
    pixels, hide = digits("train")[0], hide_one if objective == "one hidden" else hide_pixels

    def make_batch(generator):
        drawn = pixels[torch.randint(len(pixels), (BATCH,), generator=generator)]
        return drawn, hide(drawn, generator=generator)

    def loss(model, batch):
        drawn, hidden = batch
        return next_pixel_loss(model(drawn), drawn) if objective == "autoregressive" else masked_pixel_loss(
            model.masked(drawn, hidden), drawn, hidden)

    return train(model, make_batch, loss, steps=steps, lr=_rate(lr, steps), seed=seed, betas=BETAS, stop=before_step)


def train_and_keep_best(model, objective, *, steps, lr, seed, after_look=None):
    """Train as train_pixels does, look at the choice part every LOOK_EVERY steps and after the last, and go back to the best look.

    A thousand digits are few: a network that goes on for long learns them by heart. after_look(look), where given, is called after each.
    Returns the looks, a list of dicts with step and choice_nats: every pixel given those before, or TOGETHER of them hidden at once.
    """
    looks, best, step = [], {}, 0

    def look():
        nats = nats_by_place(model, objective, "choice", together=TOGETHER).mean().item()
        model.train()
        if not looks or nats < min(entry["choice_nats"] for entry in looks):
            best.update({name: tensor.clone() for name, tensor in model.state_dict().items()})
        looks.append({"step": step, "choice_nats": nats})
        if after_look is not None:
            after_look(looks[-1])

    def before_step():
        nonlocal step
        if step and step % LOOK_EVERY == 0:
            look()
        step += 1

    train_pixels(model, objective, steps=steps, lr=lr, seed=seed, before_step=before_step)
    look()
    model.load_state_dict(best)
    return looks


def new_classifier(*, seed, pretrained=True):
    """An IGPT of SIZES with a class head for digits, from the shipped weights and an empty head, or untrained."""
    model = new_model(seed=seed, n_classes=N_CLASSES)
    if pretrained:
        model.load_state_dict(load_model("igpt")[0], strict=False)
    return model


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
def nats_by_place(model, objective, part="held out", *, together=1):
    """Nats of every pixel of a part, [n, 64]: autoregressive, given those before; masked, given all that are not hidden.

    together: how many pixels are hidden at once in the masked case, 1 = each alone, all others seen; drawn once for all pictures.
    """
    pixels, _ = digits(part)
    model.eval()
    if objective == "autoregressive":
        return torch.cat([F.cross_entropy(model(some).transpose(1, 2), some, reduction="none") for some in pixels.split(CHUNK)])
    nats = torch.zeros(pixels.shape)
    for places in torch.randperm(pixels.size(1), generator=torch.Generator().manual_seed(0)).split(together):
        hidden = torch.zeros(pixels.shape, dtype=torch.bool)
        hidden[:, places] = True
        logits = torch.cat([model.masked(*some)[:, places] for some in zip(pixels.split(CHUNK), hidden.split(CHUNK), strict=True)])
        nats[:, places] = F.cross_entropy(logits.transpose(1, 2), pixels[:, places], reduction="none")
    return nats


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
def probe_features(model, part, *, rows=False, causal=True):
    """What the linear probes read: raw pixels, then the features after each number of blocks, a list of arrays [n, width].

    rows: the mean over each row of the picture by itself, SIDE times as many numbers, in place of the mean over all places. causal: as in
    IGPT.features, False for a model that was trained by the masked objective.
    """
    pixels, _ = digits(part)
    features = (row_features if rows else IGPT.features)(model.eval(), pixels, causal=causal)
    return [(pixels / (LEVELS - 1)).numpy(), *(layer.numpy() for layer in features)]


def row_features(model, pixels, *, causal=True):
    """As IGPT.features, with the mean over each row of the picture by itself: a list of [b, SIDE * d_model]."""
    norms = [*(block.norm1 for block in model.blocks), model.norm]
    states = model.hidden(pixels, causal=causal)
    return [norm(state).unflatten(1, (SIDE, SIDE)).mean(dim=2).flatten(1) for norm, state in zip(norms, states, strict=True)]


def probe_accuracies(model, part="held out", **how):
    """Accuracy of a linear probe (logistic regression on standardised features) on raw pixels and after 0, 1, … blocks, a list.

    how: keywords of probe_features.
    """
    wanted, accuracies = digits(part)[1].numpy(), []
    for seen, asked in zip(probe_features(model, "train", **how), probe_features(model, part, **how), strict=True):
        mean, std = seen.mean(0), seen.std(0) + 1e-6
        probe = LogisticRegression(max_iter=2_000).fit((seen - mean) / std, digits("train")[1].numpy())
        accuracies.append(float((probe.predict((asked - mean) / std) == wanted).mean()))
    return accuracies


def few_label_accuracy(seen, asked, n_labels, *, draws=3):
    """Accuracy on held-out digits of linear probes that are given few labels, the mean over draws of them.

    seen, asked: features of the training and of the held-out digits, as probe_features gives them; n_labels: a multiple of 10, as many of
    each digit; None = all.
    """
    labels, wanted, found = digits("train")[1].numpy(), digits("held out")[1].numpy(), []
    mean, std = seen.mean(0), seen.std(0) + 1e-6
    for draw in range(draws if n_labels else 1):
        order = np.random.default_rng(draw).permutation(len(labels))
        rows = np.concatenate([order[labels[order] == digit][: n_labels and n_labels // N_CLASSES] for digit in range(N_CLASSES)])
        probe = LogisticRegression(max_iter=2_000).fit((seen[rows] - mean) / std, labels[rows])
        found.append((probe.predict((asked - mean) / std) == wanted).mean())
    return float(np.mean(found))


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
