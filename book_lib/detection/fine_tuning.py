"""Fine-tuning: teach a DETR that has been trained already the objects in your own photographs.

`python -m book_lib.detection.fine_tuning train.json --held-out val.json --weights detr-r50-e632da11.pth --out mine` does it from the shell.
"""

import argparse
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch

from book_lib.checks import require_whole
from book_lib.data.coco import read_coco
from book_lib.data.photographs import Preparation, as_tensor, augmented, photograph_batch, prepared
from book_lib.detection.backbone import ResNet
from book_lib.detection.boxes import box_xyxy_to_cxcywh
from book_lib.detection.criterion import WEIGHTS, detr_loss
from book_lib.detection.detector_files import Detector, load_detector, save_detector
from book_lib.detection.detr import detections
from book_lib.detection.evaluation import average_precision
from book_lib.training import train_epochs

PRECISIONS = ("float32", "bfloat16")


def fine_tune(model, photographs, held_out, *, epochs, seed, batch=2, lr=1e-4, backbone_lr=1e-5, weight_decay=1e-4, max_grad_norm=0.1,
              drop_after=None, preparation=None, precision="float32", device=None, loss_settings=None, look_at=None, workers=2, report=None,
              **options):
    """Train a DETR on photographs by the official recipe (Carion et al. 2020, sections 4 and A.4), from the weights that it has.

    photographs, held_out: lists of Photograph, such as read_coco's; AP is measured on held_out (its first look_at pictures, all unless
    given) before the first epoch and after each. lr and backbone_lr: rates of AdamW, ten times smaller from epoch drop_after on, two thirds
    of the epochs unless given. preparation: sizes and normalisation of pictures, the official ones unless given; training shows them
    otherwise every time (augmented), in batches padded to their largest. A ResNet's first convolution and stage are frozen, as there;
    backbone_lr 0 freezes all of the backbone. precision: "float32", or "bfloat16" for autocast; the weights stay in float32. device: where
    it runs, CUDA where there is one unless given. loss_settings: keywords of detr_loss. workers: threads that read pictures ahead. report,
    such as print, is handed a line after each look. options: checkpoint (a training that was cut goes on from there with the same numbers)
    and progress, as in train_epochs. Returns the log of train_epochs with AP and AP50, and in epoch 0 AP_before. The model is left on its
    device, in evaluation mode.
    Raises ValueError for settings out of range, for labels that the model does not have, and where train_epochs does.
    """
    require_whole(epochs=epochs, batch=batch, **({} if drop_after is None else {"drop_after": drop_after}))
    require_whole(at_least=0, workers=workers)
    if precision not in PRECISIONS:
        raise ValueError(f"precision is {precision!r}, expected 'float32' or 'bfloat16'")
    _require_labels(photographs, held_out, model.class_head.out_features - 1)
    preparation = preparation or Preparation()
    device = torch.device(("cuda" if torch.cuda.is_available() else "cpu") if device is None else device)
    drop_after = max(1, round(epochs * 2 / 3)) if drop_after is None else drop_after
    _freeze(model.backbone, backbone_lr)
    model.to(device)

    def loss(model, batch):
        pictures, targets = batch
        images, mask = (tensor.to(device) for tensor in photograph_batch(pictures))
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bfloat16"):
            output = model(images, mask)
        value, terms = detr_loss(output, targets, **loss_settings or {})
        return value, {name: terms[name].item() for name in WEIGHTS}

    def look(when, model):
        scores = average_precision(detect_photographs(model, held_out[:look_at], preparation=preparation), held_out[:look_at])
        if report is not None:
            report(f"{when}: AP {scores['AP']:.3f}, AP50 {scores['AP50']:.3f} on {len(held_out[:look_at])} held-out pictures")
        return {"AP": scores["AP"], "AP50": scores["AP50"]}

    begun = options.get("checkpoint") is not None and Path(options["checkpoint"]).exists()
    first = {} if begun else {"AP_before": look("before training", model)["AP"]}
    log = train_epochs(
        model, lambda epoch, generator: _Batches(photographs, batch, generator, preparation, workers), loss, epochs=epochs, seed=seed,
        lr=lambda done: lr * (0.1 if done >= drop_after / epochs else 1.0), slower={"backbone.": backbone_lr / lr} if backbone_lr else None,
        weight_decay=weight_decay, max_grad_norm=max_grad_norm,
        after_epoch=lambda epoch, model: look(f"epoch {epoch + 1} of {epochs}", model) | (first if epoch == 0 else {}), **options)
    model.eval()
    return log


@torch.no_grad()
def detect_photographs(model, photographs, *, preparation=None, batch=1):
    """Let a DETR answer photographs at their size for evaluation: for each a dict of scores, labels and boxes_xyxy in its own px.

    A batch of 1 pads nothing, and padding costs a little AP. The model is asked in evaluation mode and left in the mode it was in.
    """
    device, was_training, found = model.queries.device, model.training, []
    model.eval()
    for start in range(0, len(photographs), batch):
        part = photographs[start : start + batch]
        images, mask = photograph_batch([prepared(photograph.picture(), preparation) for photograph in part])
        output = model(images.to(device), mask.to(device))
        found += detections(output.logits[-1].cpu(), output.boxes[-1].cpu(), [photograph.size for photograph in part])
    model.train(was_training)
    return found


def target_of(labels, boxes_xyxy, size):
    """What the loss wants for a picture of (height, width): labels int64 [n] and boxes [n, 4], (cx, cy, w, h) as shares of it."""
    height, width = size
    return {"labels": labels, "boxes": box_xyxy_to_cxcywh(boxes_xyxy) / torch.tensor([width, height, width, height])}


class _Batches:
    """The batches of one epoch, every photograph once and shown in a way of its own; what is left over makes a smaller batch."""

    def __init__(self, photographs, batch, generator, preparation, workers):
        self.photographs, self.preparation, self.workers = photographs, preparation, workers
        self.rows = torch.randperm(len(photographs), generator=generator).split(batch)
        self.seeds = torch.randint(2**62, (len(photographs),), generator=generator).tolist()

    def __len__(self):
        return len(self.rows)

    def __iter__(self):
        if not self.workers:
            yield from map(self._batch, self.rows)
            return
        with ThreadPoolExecutor(self.workers) as pool:
            ahead = [pool.submit(self._batch, rows) for rows in self.rows[: self.workers + 1]]
            for rows in [*self.rows[self.workers + 1 :], *[None] * len(ahead)]:
                ready = ahead.pop(0).result()
                if rows is not None:
                    ahead.append(pool.submit(self._batch, rows))
                yield ready

    def _batch(self, rows):
        return tuple(zip(*map(self._shown, rows.tolist()), strict=True))

    def _shown(self, row):
        photograph, generator = self.photographs[row], torch.Generator().manual_seed(self.seeds[row])
        image, labels, boxes = augmented(photograph.picture(), torch.from_numpy(photograph.labels), torch.from_numpy(photograph.boxes_xyxy),
                                         generator, self.preparation)
        return as_tensor(image, self.preparation), target_of(labels, boxes, (image.height, image.width))


def _freeze(backbone, backbone_lr):
    if backbone_lr == 0:
        backbone.requires_grad_(False)
    elif isinstance(backbone, ResNet):
        backbone.freeze_stem()


def _require_labels(photographs, held_out, n_classes):
    for name, some in (("photographs", photographs), ("held_out", held_out)):
        if not some:
            raise ValueError(f"{name} is empty, expected at least one photograph")
        for photograph in some:
            if len(photograph.labels) and photograph.labels.max() >= n_classes:
                raise ValueError(f"{name}: {photograph.path.name} has label {photograph.labels.max()}, and the model's class head is for "
                                 f"{n_classes} classes; load it with n_classes={photograph.labels.max() + 1} or more")


def main(arguments=None):
    """The shell command. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m book_lib.detection.fine_tuning", description=__doc__.splitlines()[0])
    parser.add_argument("annotations", type=Path, help="a JSON in COCO's format, for training")
    parser.add_argument("--held-out", type=Path, required=True, help="another one, on which AP is measured")
    parser.add_argument("--pictures", type=Path, help="their folder; default: the JSON's own")
    parser.add_argument("--weights", type=Path, required=True, help="the published DETR, or a file that this command has written")
    parser.add_argument("--out", type=Path, required=True, help="a folder for detector.safetensors and the checkpoint")
    parser.add_argument("--epochs", type=int, default=50)
    parser.add_argument("--batch", type=int, default=2)
    parser.add_argument("--lr", type=float, default=1e-4)
    parser.add_argument("--backbone-lr", type=float, default=1e-5)
    parser.add_argument("--precision", choices=PRECISIONS, default="float32")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--repair", action="store_true", help="cut boxes off at the pictures' sides and leave out those without area")
    options = parser.parse_args(arguments)
    try:
        photographs, categories = read_coco(options.annotations, options.pictures, repair=options.repair)
        held_out, _ = read_coco(options.held_out, options.pictures, categories=categories, repair=options.repair)
        model, _, preparation = load_detector(options.weights, categories=categories, seed=options.seed)
        options.out.mkdir(parents=True, exist_ok=True)
        fine_tune(model, photographs, held_out, epochs=options.epochs, seed=options.seed, batch=options.batch, lr=options.lr,
                  backbone_lr=options.backbone_lr, preparation=preparation, precision=options.precision,
                  checkpoint=options.out / "checkpoint.pt", report=print, progress=True)
        save_detector(options.out / "detector.safetensors", Detector(model, categories, preparation))
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"stored in {options.out / 'detector.safetensors'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
