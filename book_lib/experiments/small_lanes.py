"""The book's own LSTR, small enough to train on one core in a quarter of an hour: built, trained, loaded, asked and scored."""

import torch

from book_lib.book.models import load_model
from book_lib.data.lanes import labels, road_batch
from book_lib.detection.backbone import SmallCNN
from book_lib.experiments.detector_training import warm_then_cosine
from book_lib.lanes.criterion import lane_loss
from book_lib.lanes.lstr import LSTR
from book_lib.lanes.tusimple import lane_points, tusimple_scores
from book_lib.training import device_of, on_device, train_epochs

CHANNELS = (16, 32, 64, 64)
SIZES = {"n_queries": 7, "d_model": 64, "n_heads": 4, "d_ff": 128, "n_encoder_layers": 2, "n_decoder_layers": 2, "dropout": 0.0,
         "base": 20.0}
UNITS = (1.0, 1.0, 2e-4, 0.05, 1e-2, 1.0, 1.0, 1.0)                          # lower, upper, k'', f'', m'', n', b'', b'''
START = (0.45, 0.9, 0.0, 0.4, 0.0, 0.5, 0.0, 0.0)                            # about what a new network answers, in the same order
HELD_OUT_SEED = 1_000_000                                                    # first seed of the roads that no training sees
SETTINGS = {"batch": 8, "top_rate": 1e-3}


def new_lstr(*, seed, **settings):
    """An untrained LSTR of SIZES on a SmallCNN; settings change them or add to them. The start follows from seed."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = LSTR(SmallCNN(CHANNELS), **SIZES | {"units": UNITS} | settings)
    start = torch.tensor(START) / model.units
    with torch.no_grad():
        model.own_head[-1].bias += start[[0, 1, 6, 7]]
        model.shared_head[-1].bias += start[2:6]
    return model


def load_lstr():
    """The LSTR that recipes/lanes.py has trained, ready to answer."""
    model = new_lstr(seed=0)
    model.load_state_dict(load_model("lanes")[0])
    return model.eval()


def train_lstr(model, pictures, *, seed, epochs, batch=16, top_rate=1e-3, pictures_an_epoch=None, costs=None, **options):
    """Train an LSTR on roads, half of them with left and right swapped: AdamW, a warm-up, then a cosine down to nothing.

    An epoch draws pictures_an_epoch of them, all unless given. costs: keywords of lane_cost; options: further keywords of train_epochs.
    Returns its log.
    """
    def make_batches(epoch, generator):
        rows = torch.randperm(len(pictures), generator=generator)[:pictures_an_epoch]
        rows = rows[: len(rows) // batch * batch].view(-1, batch).tolist()
        return _Batches(pictures, rows, (torch.rand(len(rows), batch, generator=generator) < 0.5).tolist())

    def loss(model, batch):
        images, targets = batch
        return lane_loss(model(images), targets, **costs or {})

    return train_epochs(model, make_batches, loss, epochs=epochs, lr=warm_then_cosine(top_rate), seed=seed, weight_decay=1e-4,
                        max_grad_norm=1.0, **options)


@torch.no_grad()
def find_lanes(model, pictures, *, batch=32, layer=-1):
    """Let an LSTR answer roads, after one of its decoder layers: entries as TuSimple's files hold them, without run_time."""
    found = []
    for start in range(0, len(pictures), batch):
        part = pictures[start : start + batch]
        output = on_device(model(road_batch(part)[0].to(device_of(model))), "cpu")
        found += [{"raw_file": entry["raw_file"], "lanes": lane_points(*answer)}
                  for entry, *answer in zip(labels(part), output.logits[layer], output.lanes[layer], strict=True)]
    return found


def score(model, pictures, **options):
    """TuSimple's metric of an LSTR over roads: {"accuracy", "FP", "FN"}. options: keywords of find_lanes."""
    return tusimple_scores(find_lanes(model, pictures, **options), labels(pictures))


class _Batches:
    """Batches made when they are asked for: rows and flips say for each batch which pictures, and which way round."""

    def __init__(self, pictures, rows, flips):
        self.pictures, self.rows, self.flips = pictures, rows, flips

    def __len__(self):
        return len(self.rows)

    def __iter__(self):
        for rows, flips in zip(self.rows, self.flips, strict=True):
            yield road_batch([self.pictures[row] for row in rows], flip=flips)
