"""Train the dense detector that chapter 9 compares DETR with, on the same scenes and from the same backbone.

`python recipes/dense.py` takes about ten minutes on two cores; it stores weights, log and scores in models/dense.
"""

import sys
import time

import torch
from detr import SCENES, SEED, pretrained_backbone

from book_lib.book.models import save_model
from book_lib.data.scenes import AREAS, make_scenes
from book_lib.detection.evaluation import average_precision
from book_lib.experiments.detector_training import train_dense
from book_lib.experiments.small_detectors import HELD_OUT_SEED, detect_dense, new_dense

EPOCHS = 8
SETTINGS = {"batch": 16, "top_rate": 1e-3, "scenes_an_epoch": 5_000}


def main():
    torch.set_num_threads(2)
    started = time.perf_counter()
    scenes, held_out = make_scenes(SCENES), make_scenes(1000, seed=HELD_OUT_SEED)
    model = new_dense(seed=SEED)
    backbone = pretrained_backbone(model)
    log = train_dense(model, scenes, seed=SEED, epochs=EPOCHS, progress=True, **SETTINGS)
    scores = {name: average_precision(detect_dense(model.eval(), held_out, iou_threshold=threshold), held_out, areas=AREAS)
              for name, threshold in (("with_nms", 0.5), ("without_nms", None))}
    save_model("dense", model.state_dict(), {
        "recipe": "recipes/dense.py",
        "seed": SEED,
        "settings": SETTINGS | {"epochs": EPOCHS, "scenes": SCENES},
        "backbone": backbone,
        "versions": {"torch": torch.__version__},
        "threads": torch.get_num_threads(),
        "seconds": round(time.perf_counter() - started),
        "parameters": sum(p.numel() for p in model.parameters()),
        "log": [{key: round(value, 4) for key, value in entry.items()} for entry in log],
        "scores": {name: {key: round(value, 4) for key, value in values.items()} for name, values in scores.items()},
    })
    print(f"AP {scores['with_nms']['AP']:.3f} with NMS, {scores['without_nms']['AP']:.3f} without", file=sys.stderr)


if __name__ == "__main__":
    main()
