"""One detector, many teachers: the same small pyramid trained under each rule of label assignment (chapter 10).

All runs of a seed share the start of the backbone, the scenes and their order. Where a method only says who learns, the loss is the same
focal loss and GIoU loss; FreeAnchor and AutoAssign, whose rule is a loss, keep their own. Anchors are one square a cell, two strides wide.
"""

from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from book_lib.book.models import load_log, model_folder
from book_lib.data.scenes import AREAS, CLASSES, make_scenes, scene_batch
from book_lib.detection.assigners.assignment import IGNORED, checked_target
from book_lib.detection.assigners.auto_assign import auto_assign, auto_assign_loss
from book_lib.detection.assigners.free_anchor import free_anchor, free_anchor_loss
from book_lib.detection.backbone import SmallCNN
from book_lib.detection.boxes import paired_giou
from book_lib.detection.dense import dense_detections, duplicate_share, focal_loss
from book_lib.detection.evaluation import average_precision
from book_lib.detection.priors import anchor_shapes, make_anchors, make_points
from book_lib.detection.pyramid import STRIDES, PyramidDetector
from book_lib.experiments.compared_detectors import of_starts
from book_lib.experiments.detector_training import mixed_batches, pretrain_backbone, warm_then_cosine
from book_lib.experiments.side_by_side import METHODS, Answers, assign_by, priors_of
from book_lib.experiments.small_detectors import HELD_OUT_SEED, load_dense
from book_lib.training import device_of, on_device, train, train_epochs

WORK = Path(__file__).parents[2] / "build" / "experiments" / "chapter_10"
SIDE = 80                                                        # px of every picture: no padding
EPOCHS, RATE_EPOCHS, RATES = 8, 3, (1e-3, 2e-3)
BAGS = (50, 20, 10, 5, 3)                                       # FreeAnchor's, chosen like the rate: its own 50 are a third of our anchors
SEEDS = (0, 1, 2)
SEVERAL_SEEDS = ("retinanet", "fcos", "atss", "free_anchor", "auto_assign", "one_to_one")
ONE_SEED = ("ssd", "yolo_v3_paper", "yolo_v3_released", "sim_ota", "task_aligned")
RULES = (*SEVERAL_SEEDS, *ONE_SEED)
NAMES = {"retinanet": "RetinaNet", "ssd": "SSD", "yolo_v3_paper": "YOLOv3 (paper)", "yolo_v3_released": "YOLOv3 (released)", "fcos": "FCOS",
         "free_anchor": "FreeAnchor", "auto_assign": "AutoAssign", "atss": "ATSS", "sim_ota": "SimOTA", "task_aligned": "Task-aligned",
         "one_to_one": "One-to-one (Hungarian)"}                  # in the order of the article
WIDTHS = {1: {"channels": (24, 48, 96, 112), "d_model": 64}, 2: {"channels": (48, 96, 192, 224), "d_model": 128}}
SETTINGS = {"side": SIDE, "scenes": 10_000, "scenes_an_epoch": 5_000, "batch": 16, "pretraining_steps": 800, "held_out": 1000,
            "first_held_out_seed": HELD_OUT_SEED}
WATCHED_SEED = HELD_OUT_SEED + 3                                 # the scene on which weights are watched
WATCHED_EPOCHS = (1, 5)                                          # and when, besides start and end


def priors_for(rule, size=(SIDE, SIDE)):
    """One prior a cell of three levels, as the rule needs it: a point, or a square anchor two strides wide."""
    if rule not in RULES:
        raise ValueError(f"rule is {rule!r}, expected one of {', '.join(RULES)}")
    if priors_of(rule, size).sides is None:
        return make_points(size, STRIDES, offset=0 if rule == "auto_assign" else 0.5)
    return make_anchors(size, STRIDES, [anchor_shapes(2 * stride) for stride in STRIDES])


def new_detector(rule, *, seed, width=1):
    """An untrained PyramidDetector for a rule; the start follows from seed. width 2: twice the channels everywhere."""
    sizes = WIDTHS[width]
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        backbone = SmallCNN(sizes["channels"])
        return PyramidDetector(backbone, n_classes=len(CLASSES), d_model=sizes["d_model"], has_objectness=rule == "auto_assign")


def rule_loss(rule, model, images, targets, priors, *, bag=BAGS[0]):
    """What a batch costs under a rule: (loss, parts).

    images [b, 3, h, w], targets: b dicts, boxes as shares; priors: priors_for(rule); bag: FreeAnchor's, of each object.
    """
    priors = on_device(priors, images.device)
    logits, objectness, raw, boxes_xyxy = model(images, priors)
    if rule == "free_anchor":
        return free_anchor_loss(logits, raw, targets, priors, bag=bag)
    if rule == "auto_assign":
        return auto_assign_loss(logits, objectness, boxes_xyxy, targets, priors, means=model.means, deviations=model.deviations)
    classes, giou, count = logits.new_zeros(()), logits.new_zeros(()), 0
    for own_logits, boxes, target in zip(logits, boxes_xyxy, targets, strict=True):
        scores = own_logits.detach().sigmoid().clamp(1e-6, 1 - 1e-6)
        found = assign_by(rule, target, priors, Answers(scores, None, boxes.detach()), n_classes=len(CLASSES))
        labels, wanted = checked_target(target, priors, len(CLASSES))
        positive, counted = found.objects >= 0, found.objects != IGNORED
        asked = torch.zeros_like(own_logits)
        asked[positive, labels[found.objects[positive]]] = 1
        classes = classes + focal_loss(own_logits[counted], asked[counted])
        giou = giou + (1 - paired_giou(boxes[positive], wanted[found.objects[positive]])).sum()
        count += int(positive.sum())
    classes, giou = classes / max(1, count), giou / max(1, count)
    return classes + giou, {"classes": classes.item(), "giou": giou.item(), "positives": count / len(targets)}


def detector_with_trained_backbone(rule, *, seed=0):
    """new_detector with the backbone of the shipped dense detector, so that pyramid and head alone begin at random."""
    model = new_detector(rule, seed=seed)
    model.backbone.load_state_dict(load_dense().backbone.state_dict())
    return model


def train_briefly(model, rule, *, steps=100, lr=2e-3, seed=0, batch=16):
    """Train for a few steps, each with scenes of its own, at a rate that rises for ten steps and then falls to nothing: the losses.

    A look at how a rule begins to teach, in seconds; rules are compared by train_and_score.
    """
    scenes, priors = make_scenes(steps * batch, size=(SIDE, SIDE)), priors_for(rule)
    parts = iter(range(0, len(scenes), batch))

    def make_batch(generator):
        start = next(parts)
        return scene_batch(scenes[start : start + batch])

    losses = train(model, make_batch, lambda model, made: rule_loss(rule, model, made[0], made[2], priors)[0], steps=steps, seed=seed,
                   lr=lambda step: lr * min(1, step / 10) * (1 - (step - 1) / steps), max_grad_norm=1.0)
    model.eval()
    return losses


def watched_scene():
    """The scene on which the weights of FreeAnchor and AutoAssign are watched."""
    return make_scenes(1, seed=WATCHED_SEED, size=(SIDE, SIDE), n_objects=4)[0]


@torch.no_grad()
def detect(model, rule, scenes, *, batch=32, iou_threshold=0.5):
    """Let a detector answer scenes of one size: for each a dict of scores, labels and boxes_xyxy; iou_threshold None: without NMS."""
    priors, found = on_device(priors_for(rule, scenes[0].size), device_of(model)), []
    for start in range(0, len(scenes), batch):
        images = scene_batch(scenes[start : start + batch])[0].to(device_of(model))
        logits, objectness, _, boxes_xyxy = on_device(model(images, priors), "cpu")
        if objectness is not None:
            logits = (logits.sigmoid() * objectness.sigmoid()[..., None]).clamp(1e-7, 1 - 1e-7).logit()
        found += dense_detections(logits, boxes_xyxy, iou_threshold=iou_threshold)
    return found


@torch.no_grad()
def weights_of(model, rule, scene, *, bag=BAGS[0]):
    """The positive weights [p, n] that FreeAnchor (with bags of a size) or AutoAssign gives on one scene now."""
    images, _, (target,), priors = on_device((*scene_batch([scene]), priors_for(rule, scene.size)), device_of(model))
    logits, objectness, raw, boxes_xyxy = model(images, priors)
    if rule == "free_anchor":
        return free_anchor(target, priors, logits[0], raw[0], bag=bag).positive
    return auto_assign(target, priors, logits[0], objectness[0], boxes_xyxy[0], means=model.means, deviations=model.deviations).positive


def effective_positives(weights):
    """On how many priors the weights [p, n] of each object rest: 1 / sum of squares, as many as there are where all are equal: [n]."""
    return 1 / (weights**2).sum(0).clamp(min=1e-12)


def train_and_score(rule, *, lr, seed, epochs, width=1, bag=BAGS[0], work=None, sizes=SETTINGS):
    """Train a detector under a rule and score it on all held-out scenes.

    lr: the highest rate, which falls to nothing; bag: FreeAnchor's; work: where checkpoints stay until the run is scored,
    build/experiments unless given; a run that is cut off goes on from its last epoch. sizes: as SETTINGS, smaller in tests.
    Returns {"loss_by_epoch", "scores", "AP_without_nms", "duplicates"}, with "positives_by_epoch" (a picture) where the rule chooses, and
    with "weights" {epoch: [[…]]} and "effective_by_epoch" where it weighs.
    """
    work = WORK if work is None else work
    priors, model = priors_for(rule), new_detector(rule, seed=seed, width=width)
    model.backbone.load_state_dict(_pretrained(seed, width, sizes["pretraining_steps"], work))
    scenes = make_scenes(sizes["scenes"], size=(SIDE, SIDE))
    watched, weighs, name = watched_scene(), rule in ("free_anchor", "auto_assign"), f"{rule}-{bag}-{width}-{epochs}-{lr:g}-{seed}"

    def look(model):
        model.eval()
        weights = weights_of(model, rule, watched, bag=bag)
        return {"weights": [[round(x, 4) for x in row] for row in weights.T.tolist()],
                "effective": [round(x, 2) for x in effective_positives(weights).tolist()]}

    def after_epoch(epoch, model):
        print(f"{name}: epoch {epoch + 1}", flush=True)
        return look(model) if weighs else None

    start = look(model) if weighs else None
    log = train_epochs(model, mixed_batches(scenes, sizes["batch"], sizes["scenes_an_epoch"]),
                       lambda model, batch: rule_loss(rule, model, batch[0], batch[2], priors, bag=bag), epochs=epochs, seed=seed,
                       lr=warm_then_cosine(lr), weight_decay=1e-4, max_grad_norm=1.0, checkpoint=work / f"{name}.pt",
                       after_epoch=after_epoch)
    result = {"loss_by_epoch": [round(entry["loss"], 3) for entry in log]} | score(model.eval(), rule, sizes["held_out"])
    if weighs:
        kept = {0: start} | {epoch: log[epoch - 1] for epoch in (*WATCHED_EPOCHS, epochs) if epoch <= epochs}
        result["weights"] = {str(epoch): entry["weights"] for epoch, entry in kept.items()}
        result["effective_by_epoch"] = [entry["effective"] for entry in (start, *log)]
    else:
        result["positives_by_epoch"] = [round(entry["positives"], 2) for entry in log]
    (work / f"{name}.pt").unlink()
    return result


def score(model, rule, n_scenes):
    """Average precision on held-out scenes, with and without NMS, and the share of duplicates."""
    held_out = make_scenes(n_scenes, seed=HELD_OUT_SEED, size=(SIDE, SIDE))
    raw = detect(model, rule, held_out, iou_threshold=None)
    scores = average_precision(detect(model, rule, held_out), held_out, areas=AREAS)
    return {"scores": {key: round(value, 4) for key, value in scores.items()},
            "AP_without_nms": round(average_precision(raw, held_out, areas=AREAS)["AP"], 4), "duplicates": round(duplicate_share(raw), 4)}


def best_rate(runs, rule, width=1):
    """The rate with the best AP after RATE_EPOCHS (of FreeAnchor's with its best bag); the first of RATES until both have been tried."""
    bag = best_bag(runs, rule)
    tried = {run["lr"]: run["scores"]["AP"] for run in runs
             if (run["rule"], run["width"], run["epochs"], run.get("bag")) == (rule, width, RATE_EPOCHS, bag)}
    return max(RATES, key=tried.get) if set(RATES) <= set(tried) else RATES[0]


def best_bag(runs, rule="free_anchor"):
    """FreeAnchor's bag with the best AP after RATE_EPOCHS at the last of RATES, the first of BAGS until all have been tried; else None."""
    if rule != "free_anchor":
        return None
    tried = {run["bag"]: run["scores"]["AP"] for run in runs if (run["rule"], run["epochs"], run["lr"]) == (rule, RATE_EPOCHS, RATES[-1])}
    return max(BAGS, key=tried.get) if set(BAGS) <= set(tried) else BAGS[0]


class AssignersTable:
    """AP of one detector under each rule, and of a twice as wide one, as far as runs are stored: shows itself as a table, and in lines."""

    COLUMNS = {"AP": ("scores", "AP"), "small": ("scores", "AP_small"), "medium": ("scores", "AP_medium"), "large": ("scores", "AP_large"),
               "without NMS": ("AP_without_nms",), "duplicates": ("duplicates",)}
    yardstick = ("retinanet", 1)                                          # the arm whose rule the wide network has, too

    def __init__(self, runs):
        self.arms = {(rule, 1): NAMES[rule] for rule in NAMES} | {("retinanet", 2): f"{NAMES['retinanet']}, twice as wide"}
        self.rows = {}
        for rule, width in self.arms:
            wanted = (rule, width, EPOCHS, best_rate(runs, rule, width), best_bag(runs, rule))
            own = [run for run in runs if (run["rule"], run["width"], run["epochs"], run["lr"], run.get("bag")) == wanted]
            if own:
                self.rows[rule, width] = own

    def lines(self):
        """For each arm with a full run its name, how many starts are stored and its numbers: {name: [starts, AP, …]}."""
        return {self.arms[arm]: [str(len(own)), *(of_starts(own, *path) for path in self.COLUMNS.values())]
                for arm, own in self.rows.items()}

    def __repr__(self):
        head = f"{len(self.rows)} of {len(self.arms)} arms have a full run"
        heads = ("starts", *self.COLUMNS)
        return "\n".join([head, *(f"{name}: " + ", ".join(map(" ".join, zip(heads, values, strict=True)))
                                  for name, values in self.lines().items())])

    def _repr_html_(self):
        if not self.rows:
            return f"<p>{self!r}.</p>"
        top = "".join(f'<th scope="col">{name}</th>' for name in ("rule", "starts", *self.COLUMNS))
        body = "".join(f'<tr><th scope="row">{name}</th>' + "".join(f"<td>{value}</td>" for value in values) + "</tr>"
                       for name, values in self.lines().items())
        return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def assigners_table():
    """The comparison that the rows of models/assigners allow so far, none before `make experiments CH=10` has run: AssignersTable."""
    stored = (model_folder("assigners") / "metrics.json").exists()
    return AssignersTable(load_log("assigners")["runs"] if stored else [])


def positives_by_size(scenes, answers_of, methods=tuple(METHODS)):
    """How many priors serve an object, by its size: {method: {"small", "medium", "large": [counts]}}, over scenes.

    answers_of(target, priors) gives the Answers for methods that look at predictions. Sizes as AREAS, px².
    """
    table = {method: {name: [] for name in AREAS} for method in methods}
    for scene in scenes:
        target = {"labels": torch.from_numpy(scene.labels), "boxes": torch.from_numpy(scene.boxes)}
        areas = (scene.boxes_xyxy[:, 2:] - scene.boxes_xyxy[:, :2]).prod(1).tolist()
        names = [next(name for name, (low, high) in AREAS.items() if low <= area < high) for area in areas]
        for method in methods:
            priors = priors_of(method, scene.size)
            found = assign_by(method, target, priors, answers_of(target, priors), n_classes=len(CLASSES))
            for name, count in zip(names, found.counts.tolist(), strict=True):
                table[method][name].append(count)
    return table


def _pretrained(seed, width, steps, work):
    """The weights of a backbone that names single objects, trained once for each seed and width and kept in work."""
    work.mkdir(parents=True, exist_ok=True)
    path = work / f"backbone-{width}-{seed}-{steps}.safetensors"
    if not path.exists():
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            backbone = SmallCNN(WIDTHS[width]["channels"])
        pretrain_backbone(backbone, seed=seed, steps=steps)
        save_file({key: tensor.contiguous() for key, tensor in backbone.state_dict().items()}, path)
    return load_file(path)
