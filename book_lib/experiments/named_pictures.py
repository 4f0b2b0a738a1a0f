"""ViT against a CNN of the same size (chapter 8): one object on textured ground, at any place, or real digits; any number of pictures."""

import functools
import math

import numpy as np
import torch
import torch.nn.functional as F

from book_lib.book.models import load_model
from book_lib.data.scenes import CLASSES, MEAN, STD, make_scene
from book_lib.experiments.pixels import LEVELS, digits
from book_lib.training import device_of, train
from book_lib.vision.cnn import CNN
from book_lib.vision.vit import ViT, distillation_loss

SIDE = 32                                                                    # px of a picture
OBJECTS = {"object": (13, 24)}                                               # px of the object's longer side: from, up to
MODELS = ("vit", "cnn")
N_DIGITS = 10
VIT = {"image_size": SIDE, "patch_size": 4, "n_classes": len(CLASSES), "d_model": 64, "n_heads": 4, "d_ff": 128, "n_layers": 4}
CNN_SIZES = {"n_classes": len(CLASSES), "widths": (24, 48, 80), "n_blocks": 1, "stem_stride": 2}
FIRST_SEED, HELD_OUT_SEED, N_HELD_OUT = 0, 10_000_000, 2_000                 # sets of seeds that do not meet
BATCH = 64


@functools.lru_cache(maxsize=8)
def named_pictures(n, seed=FIRST_SEED):
    """n pictures of one object each, from the seeds seed, seed + 1, …: (uint8 [n, 3, 32, 32], labels int64 [n], numbers of CLASSES)."""
    scenes = [make_scene(seed + i, n_objects=1, size=(SIDE, SIDE), size_classes=OBJECTS) for i in range(n)]
    images = np.stack([scene.image for scene in scenes]).transpose(0, 3, 1, 2)
    return torch.from_numpy(np.ascontiguousarray(images)), torch.tensor([int(scene.labels[0]) for scene in scenes])


@functools.cache
def digit_pictures(part):
    """scikit-learn's digits, enlarged from 8 to 32 px, as (uint8 [n, 3, 32, 32], labels [n]); part: "train", "choice" or "held out"."""
    levels, labels = digits(part)
    grey = levels.view(-1, 1, 8, 8).float() * 255 / (LEVELS - 1)
    large = F.interpolate(grey, (SIDE, SIDE), mode="bilinear", align_corners=False).round().to(torch.uint8)
    return large.expand(-1, 3, -1, -1).contiguous(), labels


def normalised(images):
    """Bytes as the numbers a network gets: about zero mean and unit variance."""
    return (images.float() / 255 - MEAN) / STD


def new_model(kind, *, seed, **settings):
    """An untrained model of one of MODELS, both of about 141 000 parameters; settings change its sizes. The start follows from seed."""
    if kind not in MODELS:
        raise ValueError(f"kind is {kind!r}, expected one of {MODELS}")
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return ViT(**VIT | settings) if kind == "vit" else CNN(**CNN_SIZES | settings)


def load_vit(name="vit"):
    """The ViT that a recipe has trained, ready to answer: "vit", of pictures drawn without end, or "vit_digits", of real digits."""
    weights, facts = load_model(name)
    model = ViT(**VIT | facts["changed"])
    model.load_state_dict(weights)
    return model.eval()


def augmented(images, generator, *, mirror=True):
    """Each picture moved by up to 4 px either way, its border repeated; mirror: every second turned. uint8 [b, 3, h, w] -> the same."""
    h, w = images.shape[-2:]
    padded = F.pad(images.float(), (4, 4, 4, 4), mode="replicate").to(images.dtype)
    corners, turned = torch.randint(9, (len(images), 2), generator=generator), torch.rand(len(images), generator=generator) < 0.5 * mirror
    moved = [one[:, top : top + h, left : left + w] for one, (top, left) in zip(padded, corners.tolist(), strict=True)]
    return torch.stack([one.flip(-1) if mirror else one for one, mirror in zip(moved, turned.tolist(), strict=True)])


def train_names(model, n, *, steps, lr, seed, augment=False, mirror=True, teacher=None, pictures=None):
    """Train a model on the first n pictures, with warm-up and a cosine to 0. Returns the list of losses.

    augment: whether pictures are changed as augmented does; mirror: mirrored, too (not where the classes are digits: a mirrored 2 is none).
    teacher: a model whose answers the second token of a distilled ViT learns. pictures: (images, labels) instead of those of
    named_pictures.
    """
    images, labels = (some[:n] for some in pictures) if pictures else named_pictures(n)
    if len(images) < n:
        raise ValueError(f"n is {n}, but pictures has {len(images)}")

    def make_batch(generator):
        drawn = torch.randint(n, (BATCH,), generator=generator)
        shown = augmented(images[drawn], generator, mirror=mirror) if augment else images[drawn]
        return normalised(shown), labels[drawn]

    def loss(model, batch):
        shown, wanted = batch
        if teacher is None:
            return F.cross_entropy(model(shown), wanted)
        with torch.no_grad():
            told = teacher.eval()(shown)
        return distillation_loss(model.answer_by_head(model.encode(model.embed(shown))[0]), wanted, told)

    warm = max(steps // 20, 1)
    return train(model, make_batch, loss, steps=steps, seed=seed, max_grad_norm=1.0, lr=lambda step: lr * min(
        step / warm, 0.5 + 0.5 * math.cos(math.pi * max(step - warm, 0) / max(steps - warm, 1))))


@torch.no_grad()
def accuracy(model, n=N_HELD_OUT, seed=HELD_OUT_SEED, *, pictures=None):
    """The share of n pictures that no training sees (or of the given pictures, (images, labels)) which a model names rightly."""
    images, labels = pictures or named_pictures(n, seed)
    answers = torch.cat([model.eval()(normalised(some).to(device_of(model))).argmax(-1).cpu() for some in images.split(250)])
    return (answers == labels).float().mean().item()
