"""Train DETR on with one of its parts taken away, and see what is lost (chapter 9).

`python recipes/detr_ablations.py` takes about half an hour on two cores; the scores go to models/detr_ablations, no weights. Names as
arguments run these alone and keep the scores of the others. All runs start from recipes/detr.py's snapshot after twelve epochs, go on for
three, and see the same scenes.
"""

import sys

import torch
from detr import SCENES, SEED, WORK
from safetensors.torch import load_file

from book_lib.book.models import load_log, save_log
from book_lib.data.scenes import AREAS, make_scenes
from book_lib.detection.dense import duplicate_share, suppress
from book_lib.detection.evaluation import average_precision
from book_lib.experiments.detector_training import train_detr
from book_lib.experiments.small_detectors import HELD_OUT_SEED, detect, new_detr

HALF_WAY = 11                                                                # the snapshot's epoch, counted from 0
CONTINUED = {"batch": 16, "top_rate": 3e-4, "scenes_an_epoch": 5_000, "epochs": 3}
RUNS = {                                                                     # name: (changes in the model, changes in the loss)
    "everything": ({}, {}),
    "queries do not talk": ({"talk": False}, {}),
    "no positions": ({"positions": "none"}, {}),
    "no GIoU term": ({}, {"weights": {"giou": 0.0}}),
    "no L1 term": ({}, {"weights": {"boxes": 0.0}}),
    "no auxiliary loss": ({}, {"auxiliary": False}),
    "no-object weight 1": ({}, {"no_object_weight": 1.0}),
    "cells twice as large": ({"pool": 2}, {}),
}


def start(in_model):
    """The model a run starts from."""
    model = new_detr(seed=SEED, **in_model)
    path = WORK / "snapshots" / f"{HALF_WAY:03}.safetensors"
    if not path.exists():
        sys.exit(f"there is no snapshot of epoch {HALF_WAY}; run `python recipes/detr.py` first")
    model.load_state_dict({name: tensor.float() for name, tensor in load_file(path).items()})
    return model


def main(names):
    torch.set_num_threads(2)
    scenes, held_out = make_scenes(SCENES), make_scenes(500, seed=HELD_OUT_SEED)
    for name in names:
        in_model, in_loss = RUNS[name]
        model = start(in_model)
        log = train_detr(model, scenes, seed=SEED + 1, loss_settings=in_loss, progress=True, **CONTINUED)
        found = detect(model.eval(), held_out)
        scores = average_precision(found, held_out, areas=AREAS)
        print(f"{name}: AP {scores['AP']:.3f}, AP50 {scores['AP50']:.3f}", file=sys.stderr, flush=True)
        _store(name, {
            "scores": {key: round(value, 4) for key, value in scores.items()},
            "AP_after_nms": round(average_precision(suppress(found), held_out)["AP"], 4),
            "duplicates": round(duplicate_share(found), 4),
            "loss_by_epoch": [round(entry["loss"], 3) for entry in log],
            "seconds": round(sum(entry["seconds"] for entry in log)),
        })


def _store(name, result):
    try:
        runs = load_log("detr_ablations")["runs"]
    except ValueError:
        runs = {}
    save_log("detr_ablations", {
        "recipe": "recipes/detr_ablations.py",
        "seed": SEED + 1,
        "settings": {"continued": CONTINUED, "scenes": SCENES},
        "held_out": {"scenes": 500, "first_seed": HELD_OUT_SEED},
        "versions": {"torch": torch.__version__},
        "runs": {known: (runs | {name: result})[known] for known in RUNS if known in runs or known == name},
    })


if __name__ == "__main__":
    unknown = [name for name in sys.argv[1:] if name not in RUNS]
    if unknown:
        sys.exit(f"there is no run {unknown[0]!r}; the runs are {', '.join(RUNS)}")
    main(sys.argv[1:] or list(RUNS))
