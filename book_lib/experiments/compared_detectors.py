"""DETR, its dense rival and Deformable DETR, trained alike and scored alike (chapters 9 and 11).

All begin with the same backbone, see the same scenes in the same batches, and end with a fifth of their epochs on batches of one size,
with padding of any width and with none, as recipes/detr.py does. Each has learning rates of its own.
"""

import time
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from book_lib.data.scenes import AREAS, HARD_AREAS, HARD_SIDES, HARD_SIZE_CLASSES, make_scenes
from book_lib.detection.backbone import SmallCNN
from book_lib.detection.deformable import DeformableDETR
from book_lib.detection.dense import duplicate_share, suppress
from book_lib.detection.detr import DETR
from book_lib.detection.evaluation import average_precision
from book_lib.experiments.detector_training import pretrain_backbone, train_deformable, train_dense, train_detr
from book_lib.experiments.small_deformable import detect_deformable, new_deformable
from book_lib.experiments.small_detectors import HELD_OUT_SEED, detect_by_layer, detect_dense, new_dense, new_detr

WORK = Path(__file__).parents[2] / "build" / "experiments" / "chapter_09"
SCENES, SCENES_AN_EPOCH, HELD_OUT, BATCH = 20_000, 5_000, 1000, 16
PRETRAINING_STEPS = 800
RIVAL_EPOCHS, RIVAL_SEEDS = 20, (0, 1, 2)
RATES = {"detr": (5e-4, 1e-3), "dense": (1e-3, 2e-3)}                       # the first of each is what the shipped models were trained with
NEW = {"detr": new_detr, "dense": new_dense, "deformable": new_deformable}
TRAIN = {"detr": train_detr, "dense": train_dense, "deformable": train_deformable}
SCENE_SETS = {"scenes": ({}, AREAS), "harder scenes": ({"sides": HARD_SIDES, "size_classes": HARD_SIZE_CLASSES}, HARD_AREAS)}
SETTINGS = {"scenes": SCENES, "scenes_an_epoch": SCENES_AN_EPOCH, "batch": BATCH, "pretraining_steps": PRETRAINING_STEPS,
            "share_of_epochs_with_any_padding": 0.2, "rate_with_any_padding": 0.6, "held_out": HELD_OUT,
            "first_held_out_seed": HELD_OUT_SEED}


def train_and_score(detector, *, lr, seed, epochs, last_epochs=None, scene_set="scenes", in_model=None, in_loss=None, name="run", work=None,
                    sizes=SETTINGS, along=0):
    """Train "detr", "dense" or "deformable" from a start that follows from seed, and score it on all held-out scenes.

    last_epochs: those with any padding, a fifth of the epochs unless given; lr: the highest rate before them, which falls to nothing; in
    them it begins again with 0.6 times that. scene_set: a key of SCENE_SETS; in_model: further keywords of new_detr or
    new_deformable, in_loss: of detr_loss. along: how many held-out scenes are scored after each epoch, in batches of 32.
    Checkpoints stay in work, build/experiments unless given, until the run is scored; one that is cut off goes on from its last epoch.
    sizes: as SETTINGS, smaller in tests.
    Returns {"loss_by_epoch", "AP_before_any_padding": {"padded", "alone"}, and at the end "padded", "alone":
    the scores of average_precision in batches of 32 and one at a time, with "duplicates", and but for the dense detector "AP_after_nms" and
    "by_layer"; with along "AP_by_epoch" and "seconds_of_processor_by_epoch", in training alone}.
    """
    settings, areas = SCENE_SETS[scene_set]
    work = WORK if work is None else work
    scenes = make_scenes(sizes["scenes"], **settings)
    model = NEW[detector](seed=seed, **in_model or {})
    model.backbone.load_state_dict(pretrained_backbone(seed, steps=sizes["pretraining_steps"], work=work))
    held_out = make_scenes(sizes["held_out"], seed=HELD_OUT_SEED, **settings)
    last_epochs = last_epochs or max(1, round(epochs * sizes["share_of_epochs_with_any_padding"]))
    log, before, files = [], {}, [work / f"{name}-{part}.pt" for part in ("mixed", "any-padding")]
    for part, (length, rate) in enumerate(((epochs - last_epochs, lr), (last_epochs, lr * sizes["rate_with_any_padding"]))):
        options = {"seed": seed + 1000 * part, "epochs": length, "scenes_an_epoch": sizes["scenes_an_epoch"], "batch": sizes["batch"],
                   "top_rate": rate, "any_padding": bool(part), "checkpoint": files[part], "after_epoch": look_in(name, held_out[:along])}
        options |= {"loss_settings": in_loss} if in_loss else {}
        log += TRAIN[detector](model, scenes, **options)
        scores = score(model.eval(), held_out, areas)
        before = before or {way: scores[way]["AP"] for way in ("padded", "alone")}
    for file in files:
        file.unlink()
    seen = {f"{key}_by_epoch": [entry[key] for entry in log] for key in ("AP", "seconds_of_processor") if along}
    return {"loss_by_epoch": [round(entry["loss"], 3) for entry in log], **seen, "AP_before_any_padding": before, **scores}


def best_rate(runs, detector, rates=RATES):
    """The rate with the best AP after a quarter of the epochs from seed 0, padded and alone added up; the first until all have been tried.

    runs: rows of models/rivals, dicts of "detector", "scene_set", "epochs", "lr" and the scores of train_and_score, of which those on the
    usual scenes decide; rates: {detector: those tried}.
    """
    short = {"detector": detector, "scene_set": "scenes", "epochs": RIVAL_EPOCHS // 4, "seed": 0}
    tried = {run["lr"]: run["padded"]["AP"] + run["alone"]["AP"] for run in runs if short.items() <= run.items()}
    return max(rates[detector], key=tried.get) if set(rates[detector]) <= set(tried) else rates[detector][0]


def fair_rivals(runs, scene_set="scenes"):
    """Those of the rows of models/rivals that are to be compared: of one set of scenes, all epochs, and each detector's best rate.

    As long as the best rate has no such row, those of the detector's first rate, which can only do it an injustice.
    """
    full = [run for run in runs if run["scene_set"] == scene_set and run["epochs"] == RIVAL_EPOCHS]
    found = []
    for detector in RATES:
        own = [run for run in full if run["detector"] == detector]
        best = [run for run in own if run["lr"] == best_rate(runs, detector)]
        found += best or [run for run in own if run["lr"] == RATES[detector][0]]
    return found


def of_starts(runs, *path):
    """Mean of one number over the starts of a run, and the range where there are two: of_starts(runs, "alone", "AP") is "0.780",
    or "0.780 (0.770 to 0.790)".
    """
    values = []
    for run in runs:
        for key in path:
            run = run[key]
        values.append(run)
    if not values:
        return "not run yet"
    mean = f"{sum(values) / len(values):.3f}"
    return mean if len(values) == 1 else f"{mean} ({min(values):.3f} to {max(values):.3f})"


class RivalsTable:
    """The comparison of the two detectors, size by size, padded and alone; shows itself as a table, and as the same numbers in lines."""

    SIZES = {"all": "AP", "small": "AP_small", "medium": "AP_medium", "large": "AP_large"}
    NAMES = {"detr": "DETR", "dense": "dense"}

    def __init__(self, runs, scene_set):
        self.rows = {name: [run for run in fair_rivals(runs, scene_set) if run["detector"] == name] for name in RATES}
        self.best = {name: best_rate(runs, name) for name in RATES}

    def ahead(self, size):
        """The detector with the higher mean, padded and alone, or None: where it depends, or one of them has no start."""
        if not all(self.rows.values()):
            return None
        key = self.SIZES[size]
        means = {name: [sum(run[way][key] for run in own) / len(own) for way in ("padded", "alone")] for name, own in self.rows.items()}
        leaders = {max(means, key=lambda name: means[name][i]) for i in range(2)}
        return leaders.pop() if len(leaders) == 1 else None

    def heads(self):
        """{detector: its name, how many starts are stored, and its learning rate}."""
        heads = {}
        for name, own in self.rows.items():
            starts = f"{len(own)} of {len(RIVAL_SEEDS)} starts"
            rate = f", rate {own[0]['lr']:g}" if own else ""
            other = own and own[0]["lr"] != self.best[name]
            better = f" ({self.best[name]:g} was better after {RIVAL_EPOCHS // 4} epochs)" if other else ""
            heads[name] = f"{self.NAMES[name]}, {starts}{rate}{better}"
        return heads

    def __repr__(self):
        lines = []
        for name, head in self.heads().items():
            lines.append(head)
            for way in ("padded", "alone"):
                lines += [f"  {way:6} {size:6} {of_starts(self.rows[name], way, key)}" for size, key in self.SIZES.items()]
        return "\n".join(lines)

    def _repr_html_(self):
        top = "".join(f'<th scope="col">{size}</th>' for size in ("", *self.SIZES))
        body = ""
        for name, head in self.heads().items():
            body += f'<tr><th colspan="{len(self.SIZES) + 1}" scope="rowgroup">{head}</th></tr>'
            for way in ("padded", "alone"):
                values = (of_starts(self.rows[name], way, key) for key in self.SIZES.values())
                cells = "".join(f"<td>{value.replace(' (', '<br><small>(').replace(')', ')</small>')}</td>" for value in values)
                body += f'<tr><th scope="row">{way}</th>{cells}</tr>'
        return f'<table class="bk-rivals"><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>'


def rivals_table(runs, scene_set="scenes"):
    """The fair comparison that the rows of models/rivals allow so far, as a RivalsTable; scene_set: a key of SCENE_SETS."""
    return RivalsTable(runs, scene_set)


def look_in(name, held_out=()):
    """An after_epoch for train_epochs: says how far a run is, and scores the model on held_out, if there are any.

    Adds to the log "seconds_of_processor", of the epoch without this, and "AP", in batches of 32.
    """
    begun = time.process_time()

    def after_epoch(epoch, model):
        nonlocal begun
        seen = {"seconds_of_processor": round(time.process_time() - begun, 1)}
        if held_out:
            seen["AP"] = round(average_precision(detect_layers(model.eval(), held_out, batch=32)[-1], held_out)["AP"], 4)
        print(f"{name}: epoch {epoch + 1} {seen}", flush=True)
        begun = time.process_time()
        return seen

    return after_epoch


def detect_layers(model, scenes, *, batch):
    """The detections of any of the three detectors: a list with one entry for every decoder layer, or with one of the dense detector."""
    if isinstance(model, DETR | DeformableDETR):
        return (detect_by_layer if isinstance(model, DETR) else detect_deformable)(model, scenes, batch=batch)
    return [detect_dense(model, scenes, batch=batch)]


def pretrained_backbone(seed, *, steps=PRETRAINING_STEPS, work=None):
    """The weights of a SmallCNN that names single objects, trained once for each seed and kept in work, build/experiments unless given."""
    work = WORK if work is None else work
    work.mkdir(parents=True, exist_ok=True)
    path = work / f"backbone-{seed}-{steps}.safetensors"
    if not path.exists():
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            backbone = SmallCNN()
        pretrain_backbone(backbone, seed=seed, steps=steps)
        save_file({key: tensor.contiguous() for key, tensor in backbone.state_dict().items()}, path)
    return load_file(path)


def score(model, held_out, areas=AREAS):
    """What train_and_score says of a trained detector: its scores in padded batches and alone, and for both DETRs layer by layer."""
    is_set = isinstance(model, DETR | DeformableDETR)
    results = {}
    for name, batch in (("padded", 32), ("alone", 1)):
        layers = detect_layers(model, held_out, batch=batch)
        scores = average_precision(layers[-1], held_out, areas=areas) | {"duplicates": duplicate_share(layers[-1])}
        if is_set:
            scores["AP_after_nms"] = average_precision(suppress(layers[-1]), held_out, areas=areas)["AP"]
        results[name] = {key: round(value, 4) for key, value in scores.items()}
        if is_set and name == "alone":
            results["by_layer"] = {
                "AP": [round(average_precision(found, held_out)["AP"], 4) for found in layers],
                "duplicates": [round(duplicate_share(found), 4) for found in layers],
            }
    return results
