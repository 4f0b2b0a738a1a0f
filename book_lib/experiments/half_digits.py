"""Halves of digits filled by an iGPT of either objective, and a judge that says whether the whole is still the digit (chapter 7)."""

import functools

import torch
import torch.nn.functional as F
from sklearn.linear_model import LogisticRegression

from book_lib.experiments.pixels import LEVELS, SIDE, digits
from book_lib.vision.igpt import complete

HALF = SIDE**2 // 2                                                          # pixels above the line
WAYS = ("truth", "autoregressive", "masked, one by one", "masked, at once", "another digit's half", "empty")


def lower_half(pixels):
    """Which pixels lie below the line: bool of the shape of pixels [b, 64]."""
    return (torch.arange(pixels.size(1)) >= HALF).expand_as(pixels)


@torch.no_grad()
def fill_hidden(model, pixels, hidden, *, generator, at_once=False):
    """Draw the hidden pixels with a masked model: all at once, each without knowing the others, or one after another in raster order.

    pixels [b, n], those under hidden are not looked at; hidden bool [b, n], the same places in all pictures. Returns pixels [b, n].
    Raises ValueError where the pictures hide different places.
    """
    if not torch.equal(hidden, hidden[:1].expand_as(hidden)):
        raise ValueError("hidden has rows that differ, expected the same places in all pictures")
    pixels, hidden = pixels.masked_fill(hidden, 0), hidden.clone()
    places = hidden[0].nonzero()[:, 0]
    for some in (places.split(1) if not at_once else [places]):
        shares = model.masked(pixels, hidden)[:, some].softmax(dim=-1)
        drawn = torch.multinomial(shares.flatten(0, 1), 1, generator=generator).view(len(pixels), len(some))
        pixels[:, some], hidden[:, some] = drawn, False
    return pixels


def filled_halves(way, pixels, *, seed, models):
    """The pictures with their lower halves filled in one of WAYS; models: {"autoregressive": an IGPT, "masked": another}."""
    if way not in WAYS:
        raise ValueError(f"way is {way!r}, expected one of {', '.join(map(repr, WAYS))}")
    generator = torch.Generator().manual_seed(seed)
    if way == "truth":
        return pixels
    if way == "autoregressive":
        return complete(models["autoregressive"], pixels[:, :HALF], generator=generator)
    if way.startswith("masked"):
        return fill_hidden(models["masked"], pixels, lower_half(pixels), generator=generator, at_once=way.endswith("at once"))
    below = pixels.new_zeros(len(pixels), HALF) if way == "empty" else pixels.roll(1 + seed, dims=0)[:, HALF:]
    return torch.cat([pixels[:, :HALF], below], dim=1)


@torch.no_grad()
def half_nats(models, part="held out"):
    """Nats per pixel of the true lower halves, the upper ones known: {"autoregressive": …, "masked, at once": …}.

    At once the masked model tells each pixel by itself, with all 32 hidden; the other follows the order of reading.
    """
    pixels, _ = digits(part)
    hidden = lower_half(pixels)
    read = F.cross_entropy(models["autoregressive"](pixels).transpose(1, 2), pixels, reduction="none")
    told = F.cross_entropy(models["masked"].masked(pixels, hidden).transpose(1, 2), pixels, reduction="none")
    return {"autoregressive": read[:, HALF:].mean().item(), "masked, at once": told[:, HALF:].mean().item()}


def named_right(pixels, labels):
    """The share of pictures that a linear classifier of raw pixels, fitted on the training digits, gives the label they should have."""
    return float((_judge().predict((pixels / (LEVELS - 1)).numpy()) == labels.numpy()).mean())


def distance_to_digits(pixels):
    """How far pictures lie from the nearest training digit, the mean over them: the root of the mean squared difference of levels."""
    return (torch.cdist(pixels.double(), digits("train")[0].double()).min(dim=1).values / SIDE).mean().item()


@functools.cache
def _judge():
    pixels, labels = digits("train")
    return LogisticRegression(max_iter=2_000).fit((pixels / (LEVELS - 1)).numpy(), labels.numpy())
