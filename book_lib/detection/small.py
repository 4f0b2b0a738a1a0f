"""The book's own detectors, small enough to train on a laptop: a DETR and a dense detector for scenes, on backbones trained alike."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from book_lib.book.models import load_model
from book_lib.data.scenes import CLASSES, SIDES, make_scene, mirrored, scene_batch
from book_lib.detection.backbone import SmallCNN
from book_lib.detection.criterion import detr_loss
from book_lib.detection.dense import DenseDetector, dense_detections, dense_loss
from book_lib.detection.detr import DETR, detections
from book_lib.training import train_epochs

SIZES = {"n_queries": 20, "d_model": 96, "n_heads": 4, "d_ff": 256, "n_encoder_layers": 2, "n_decoder_layers": 3, "dropout": 0.0,
         "base": 20.0}
SINGLE_SEED, HELD_OUT_SEED = 5_000_000, 1_000_000                            # first seeds of single objects and of held-out scenes


def new_detr(*, seed, pool=1, **settings):
    """An untrained DETR of SIZES on a SmallCNN, pooled where asked; settings change them or add to them. The start follows from seed."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return DETR(SmallCNN(pool=pool), n_classes=len(CLASSES), **SIZES | settings)


def new_dense(*, seed):
    """An untrained dense detector on a SmallCNN. The start follows from seed."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return DenseDetector(SmallCNN(), n_classes=len(CLASSES))


def load_detr(name="detr", **settings):
    """The DETR that recipes/detr.py has trained, ready to answer."""
    model = new_detr(seed=0, **settings)
    model.load_state_dict(load_model(name)[0])
    return model.eval()


def load_dense():
    """The dense detector that recipes/dense.py has trained, ready to answer."""
    model = new_dense(seed=0)
    model.load_state_dict(load_model("dense")[0])
    return model.eval()


def pretrain_backbone(backbone, *, seed, steps, batch=48, top_rate=2e-3, n_pictures=6000, progress=False):
    """Teach a backbone to name single objects, as DETR's was taught on ImageNet.

    It sees pictures of 48 x 48 px with one object each; the largest value of every channel goes to a linear classifier, thrown away later.
    Returns [(loss, share of right answers)] of every step.
    """
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        classifier = nn.Linear(backbone.n_channels, len(CLASSES))
    pictures = [make_scene(SINGLE_SEED + i, n_objects=1, size=(48, 48)) for i in range(n_pictures)]
    right, both = [], nn.ModuleList((backbone, classifier))

    def make_batches(epoch, generator):
        rows = torch.randint(len(pictures), (steps, batch), generator=generator).tolist()
        turns = torch.randint(8, (steps, batch), generator=generator).tolist()
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
    keywords of detr_loss; options: further keywords of train_epochs. Returns its log.
    """
    def loss(model, batch):
        images, mask, targets = batch
        return detr_loss(model(images, mask), targets, **loss_settings or {})

    batches = (_of_one_size if any_padding else _mixed)(scenes, batch, scenes_an_epoch)
    return train_epochs(model, batches, loss, epochs=epochs, lr=warm_then_cosine(top_rate), seed=seed,
                        weight_decay=1e-4, max_grad_norm=0.1, **options)


def train_dense(model, scenes, *, seed, epochs, scenes_an_epoch=None, batch=16, top_rate=1e-3, **options):
    """Train a dense detector on the same scenes in the same way. Returns the log of train_epochs."""
    def loss(model, batch):
        images, mask, targets = batch
        return dense_loss(*model(images, mask), mask, targets, stride=model.backbone.stride)

    return train_epochs(model, _mixed(scenes, batch, scenes_an_epoch), loss, epochs=epochs, lr=warm_then_cosine(top_rate), seed=seed,
                        weight_decay=1e-4, max_grad_norm=1.0, **options)


def detect(model, scenes, *, batch=32, layer=-1):
    """Let a DETR answer scenes, after one of its decoder layers: for each scene a dict of scores, labels and boxes_xyxy in px."""
    return detect_by_layer(model, scenes, batch=batch)[layer]


@torch.no_grad()
def detect_by_layer(model, scenes, *, batch=32):
    """What detect returns, for every decoder layer: a list with one entry a layer."""
    found = [[] for _ in model.decoder_layers]
    for start in range(0, len(scenes), batch):
        part = scenes[start : start + batch]
        output, sizes = model(*scene_batch(part)[:2]), [scene.size for scene in part]
        for layer, answers in enumerate(zip(*output, strict=True)):
            found[layer] += detections(*answers, sizes)
    return found


@torch.no_grad()
def detect_dense(model, scenes, *, batch=32, **settings):
    """Let a dense detector answer scenes; settings as in dense_detections. Returns what detect returns."""
    found = []
    for start in range(0, len(scenes), batch):
        found += dense_detections(*model(*scene_batch(scenes[start : start + batch])[:2]), **settings)
    return found


def warm_then_cosine(top_rate, *, warm=0.03):
    """A rate that rises in a straight line over the share warm of the training, then falls along a cosine to zero."""
    return lambda done: top_rate * min(1.0, (done + 1e-3) / warm) * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))


def _mixed(scenes, batch, scenes_an_epoch):
    """make_batches for train_epochs: every epoch draws scenes without repetition, each in one of eight ways."""
    def make_batches(epoch, generator):
        rows = torch.randperm(len(scenes), generator=generator)[:scenes_an_epoch]
        rows = rows[: len(rows) // batch * batch].view(-1, batch).tolist()
        return _Batches(scenes, rows, torch.randint(8, (len(rows), batch), generator=generator).tolist())

    return make_batches


def _of_one_size(scenes, batch, scenes_an_epoch):
    """make_batches for train_epochs as _mixed, but of scenes of about one size; half of the batches get room to spare, in steps of 8 px."""
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
            steps = [(SIDES[-1] - side) // 8 for side in largest]
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
