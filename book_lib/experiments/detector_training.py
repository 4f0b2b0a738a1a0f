"""How the book's small detectors are trained: a backbone that names single objects, then a detector on scenes."""

import itertools
import math

import torch
import torch.nn.functional as F
from torch import nn

from book_lib.checks import require_whole
from book_lib.data.scenes import CLASSES, make_scene, mirrored, scene_batch
from book_lib.detection.criterion import deformable_detr_loss, detr_loss
from book_lib.detection.dense import dense_loss
from book_lib.detection.targets import check_targets
from book_lib.experiments.small_deformable import slower_parts
from book_lib.training import train_epochs

SINGLE_SEED = 5_000_000                                                      # first seed of the pictures with one object


def pretrain_backbone(backbone, *, seed, steps, batch=48, top_rate=2e-3, n_pictures=6000, progress=False):
    """Teach a backbone to name single objects, as DETR's was taught on ImageNet.

    It sees pictures of 48 x 48 px with one object each; the largest value of every channel goes to a linear classifier, thrown away later.
    Returns [(loss, share of right answers)] of every step.
    """
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        classifier = nn.Linear(backbone.n_channels, len(CLASSES))
    right, both = [], nn.ModuleList((backbone, classifier))

    def make_batches(epoch, generator):
        rows = torch.randint(n_pictures, (steps, batch), generator=generator).tolist()
        turns = torch.randint(8, (steps, batch), generator=generator).tolist()
        pictures = {i: make_scene(SINGLE_SEED + i, n_objects=1, size=(48, 48)) for i in set(itertools.chain(*rows))}
        return _Batches(pictures, rows, turns)

    def loss(model, batch):
        images, _, targets = batch
        wanted = torch.cat([target["labels"] for target in targets])
        logits = classifier(backbone(images).amax((2, 3)))
        value = F.cross_entropy(logits, wanted)
        right.append((value.item(), (logits.argmax(1) == wanted).float().mean().item()))
        return value, {}

    train_epochs(both, make_batches, loss, epochs=1, lr=warm_then_cosine(top_rate, warm=0.05), seed=seed, progress=progress)
    return right


def train_detr(model, scenes, *, seed, epochs, scenes_an_epoch=None, batch=16, top_rate=5e-4, any_padding=False, loss_settings=None,
               **options):
    """Train a DETR on scenes, each laid on the table in one of eight ways: AdamW, a warm-up, then a cosine down to nothing.

    An epoch draws scenes_an_epoch of them, all unless given. Batches hold scenes of all sizes, so that nearly every batch is padded to the
    largest size; with any_padding they hold scenes of about one size, half of them without padding, half with some. loss_settings:
    keywords of detr_loss; options: further keywords of train_epochs. Returns its log. Raises ValueError for scenes that check_targets
    refuses, counted by their place in scenes, and where an epoch holds less than one batch.
    """
    _require_scenes(scenes, batch, scenes_an_epoch)

    def loss(model, batch):
        images, mask, targets = batch
        return detr_loss(model(images, mask), targets, **loss_settings or {})

    batches = (batches_of_one_size if any_padding else mixed_batches)(scenes, batch, scenes_an_epoch)
    return train_epochs(model, batches, loss, epochs=epochs, lr=warm_then_cosine(top_rate), seed=seed,
                        weight_decay=1e-4, max_grad_norm=0.1, **options)


def train_dense(model, scenes, *, seed, epochs, scenes_an_epoch=None, batch=16, top_rate=1e-3, any_padding=False, **options):
    """Train a dense detector on the same scenes in the same way. Returns the log of train_epochs."""
    _require_scenes(scenes, batch, scenes_an_epoch)

    def loss(model, batch):
        images, mask, targets = batch
        return dense_loss(*model(images, mask), mask, targets, stride=model.backbone.stride)

    batches = (batches_of_one_size if any_padding else mixed_batches)(scenes, batch, scenes_an_epoch)
    return train_epochs(model, batches, loss, epochs=epochs, lr=warm_then_cosine(top_rate), seed=seed,
                        weight_decay=1e-4, max_grad_norm=1.0, **options)


def train_deformable(model, scenes, *, seed, epochs, scenes_an_epoch=None, batch=16, top_rate=5e-4, any_padding=False, **options):
    """Train a Deformable DETR on the same scenes in the same way as a DETR; offsets and reference points learn at a tenth of the rate."""
    _require_scenes(scenes, batch, scenes_an_epoch)

    def loss(model, batch):
        images, mask, targets = batch
        return deformable_detr_loss(model(images, mask), targets)

    batches = (batches_of_one_size if any_padding else mixed_batches)(scenes, batch, scenes_an_epoch)
    return train_epochs(model, batches, loss, epochs=epochs, lr=warm_then_cosine(top_rate), seed=seed,
                        weight_decay=1e-4, max_grad_norm=0.1, slower=slower_parts(model), **options)


def _require_scenes(scenes, batch, scenes_an_epoch):
    require_whole(batch=batch, **({} if scenes_an_epoch is None else {"scenes_an_epoch": scenes_an_epoch}))
    drawn = len(scenes) if scenes_an_epoch is None else min(len(scenes), scenes_an_epoch)
    if drawn < batch:
        raise ValueError(f"an epoch draws {drawn} of {len(scenes)} scenes, expected at least one batch of {batch}")
    check_targets([{"labels": scene.labels, "boxes": scene.boxes} for scene in scenes], len(CLASSES))


def warm_then_cosine(top_rate, *, warm=0.03):
    """A rate that rises in a straight line over the share warm of the training, then falls along a cosine to zero."""
    return lambda done: top_rate * min(1.0, (done + 1e-3) / warm) * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))


def mixed_batches(scenes, batch, scenes_an_epoch):
    """make_batches for train_epochs: every epoch draws scenes without repetition, each in one of eight ways."""
    def make_batches(epoch, generator):
        rows = torch.randperm(len(scenes), generator=generator)[:scenes_an_epoch]
        rows = rows[: len(rows) // batch * batch].view(-1, batch).tolist()
        return _Batches(scenes, rows, torch.randint(8, (len(rows), batch), generator=generator).tolist())

    return make_batches


def batches_of_one_size(scenes, batch, scenes_an_epoch):
    """As mixed_batches, but with scenes of about one size in a batch; half of the batches get room to spare, in steps of 8 px."""
    longest = max(side for scene in scenes for side in scene.size)

    def make_batches(epoch, generator):
        rows = torch.randperm(len(scenes), generator=generator)[:scenes_an_epoch]
        rows = rows[: len(rows) // batch * batch].tolist()
        turns = torch.randint(8, (len(rows),), generator=generator).tolist()
        sizes = [scenes[row].size[:: -1 if turn & 4 else 1] for row, turn in zip(rows, turns, strict=True)]
        order = torch.tensor(sorted(range(len(rows)), key=lambda i: sizes[i])).view(-1, batch)
        order = order[torch.randperm(len(order), generator=generator)].tolist()
        room = torch.rand(len(order), 2, generator=generator) * (torch.rand(len(order), 1, generator=generator) < 0.5)
        pads = []
        for chosen, (down, across) in zip(order, room.tolist(), strict=True):
            largest = [max(sizes[i][axis] for i in chosen) for axis in (0, 1)]
            steps = [(longest - side) // 8 for side in largest]
            pads.append((largest[0] + 8 * int(down * (steps[0] + 1)), largest[1] + 8 * int(across * (steps[1] + 1))))
        return _Batches(scenes, [[rows[i] for i in chosen] for chosen in order], [[turns[i] for i in chosen] for chosen in order], pads)

    return make_batches


class _Batches:
    """Batches made when they are asked for: rows and turns say for each batch which scenes, and which way round, pads how large."""

    def __init__(self, scenes, rows, turns, pads=None):
        self.scenes, self.rows, self.turns, self.pads = scenes, rows, turns, pads or [None] * len(rows)

    def __len__(self):
        return len(self.rows)

    def __iter__(self):
        for rows, turns, pad_to in zip(self.rows, self.turns, self.pads, strict=True):
            chosen = [mirrored(self.scenes[row], turn) for row, turn in zip(rows, turns, strict=True)]
            yield scene_batch([scene for scene in chosen if len(scene.labels)], pad_to=pad_to)     # a few hold nothing: no room was found
