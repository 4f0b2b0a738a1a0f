"""Train DETR again and again, a little shorter and each time without one of its parts (chapter 9).

`python recipes/detr_ablations.py` takes about forty minutes on two cores; the scores go to models/detr_ablations, no weights; names as
arguments run these alone and keep the scores of the others. All runs start from the backbone of recipes/detr.py and see the same scenes.
"""

import sys

import torch
from detr import SCENES, SEED, pretrained_backbone

from book_lib.data.scenes import make_scenes
from book_lib.detection.dense import duplicate_share, suppress
from book_lib.detection.evaluation import average_precision
from book_lib.detection.small import HELD_OUT_SEED, detect, new_detr, train_detr
from book_lib.models import load_log, save_log

EPOCHS = 4
SETTINGS = {"batch": 16, "top_rate": 5e-4, "scenes_an_epoch": 5_000}
RUNS = {                                                                     # name: (what is different in the model, in the loss)
    "everything": ({}, {}),
    "queries do not talk": ({"talk": False}, {}),
    "no positions": ({"positions": "none"}, {}),
    "base 10000": ({"base": 10_000.0}, {}),
    "no GIoU term": ({}, {"weights": {"giou": 0.0}}),
    "no L1 term": ({}, {"weights": {"boxes": 0.0}}),
    "no auxiliary loss": ({}, {"auxiliary": False}),
    "no-object weight 1": ({}, {"no_object_weight": 1.0}),
}


def main(names):
    torch.set_num_threads(2)
    scenes, held_out = make_scenes(SCENES), make_scenes(500, seed=HELD_OUT_SEED)
    for name in names:
        in_model, in_loss = RUNS[name]
        model = new_detr(seed=SEED, **in_model)
        pretrained_backbone(model)
        log = train_detr(model, scenes, seed=SEED, epochs=EPOCHS, loss_settings=in_loss, progress=True, **SETTINGS)
        found = detect(model.eval(), held_out)
        scores = average_precision(found, held_out)
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
        "seed": SEED,
        "settings": SETTINGS | {"epochs": EPOCHS, "scenes": SCENES},
        "held_out": {"scenes": 500, "first_seed": HELD_OUT_SEED},
        "versions": {"torch": torch.__version__},
        "runs": {known: (runs | {name: result})[known] for known in RUNS if known in runs or known == name},
    })


if __name__ == "__main__":
    unknown = [name for name in sys.argv[1:] if name not in RUNS]
    if unknown:
        sys.exit(f"there is no run {unknown[0]!r}; the runs are {', '.join(RUNS)}")
    main(sys.argv[1:] or list(RUNS))
