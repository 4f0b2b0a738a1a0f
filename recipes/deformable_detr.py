"""Train the book's small Deformable DETR on scenes (chapter 11).

`python recipes/deformable_detr.py` takes about an hour on one core; it stores weights, as float16, log and scores of these weights in
models/deformable_detr, and snapshots in build/recipes/deformable_snapshots. Cut off, it goes on from the last epoch when started again.
Backbone, scenes and the last epochs on batches of one size are those of recipes/detr.py; there are a quarter as many epochs.
"""

import sys
import time

import torch
from detr import PRETRAINING_STEPS, SCENES, SEED, WORK, pretrained_backbone
from safetensors.torch import save_file

from book_lib.book.models import model_folder, save_model
from book_lib.data.scenes import AREAS, make_scenes
from book_lib.detection.evaluation import average_precision
from book_lib.experiments.detector_training import train_deformable
from book_lib.experiments.small_deformable import DEFORMABLE_SIZES, detect_deformable, new_deformable
from book_lib.experiments.small_detectors import HELD_OUT_SEED

SETTINGS = {"batch": 16, "top_rate": 5e-4, "scenes_an_epoch": 5_000, "epochs": 10}
PADDINGS = {"batch": 16, "top_rate": 3e-4, "scenes_an_epoch": 5_000, "epochs": 2}        # afterwards, on batches of one size
SNAPSHOTS = WORK / "deformable_snapshots"


def halves(model):
    return {name: tensor.half().contiguous() for name, tensor in model.state_dict().items()}


def main():
    torch.set_num_threads(1)
    started = time.perf_counter()
    scenes, held_out = make_scenes(SCENES), make_scenes(1000, seed=HELD_OUT_SEED)
    model = new_deformable(seed=SEED)
    backbone = pretrained_backbone(model)
    SNAPSHOTS.mkdir(exist_ok=True)

    def snapshot(epoch, model):
        save_file(halves(model), SNAPSHOTS / f"{epoch:03}.safetensors")
        return look(epoch, model)

    def look(epoch, model):
        seen = {}
        for name, batch in (("AP", 32), ("AP_alone", 1)):
            seen[name] = round(average_precision(detect_deformable(model.eval(), held_out[:200], batch=batch)[-1], held_out[:200])["AP"], 4)
        print(f"epoch {epoch + 1}: AP {seen['AP']} in batches, {seen['AP_alone']} alone, 200 scenes", file=sys.stderr, flush=True)
        return seen

    log = train_deformable(model, scenes, seed=SEED, checkpoint=WORK / "deformable.pt", after_epoch=snapshot, **SETTINGS)
    last = train_deformable(model, scenes, seed=SEED + 2, any_padding=True, checkpoint=WORK / "deformable-paddings.pt", after_epoch=look,
                            **PADDINGS)
    model.load_state_dict(halves(model))
    layers = [average_precision(found, held_out, areas=AREAS) for found in detect_deformable(model.eval(), held_out)]
    alone = average_precision(detect_deformable(model, held_out, batch=1)[-1], held_out, areas=AREAS)
    save_model("deformable_detr", model.state_dict(), {
        "recipe": "recipes/deformable_detr.py",
        "seed": SEED,
        "sizes": DEFORMABLE_SIZES,
        "settings": SETTINGS | {"scenes": SCENES, "pretraining_steps": PRETRAINING_STEPS},
        "settings_any_padding": PADDINGS,
        "backbone": backbone,
        "versions": {"torch": torch.__version__},
        "seconds": round(sum(entry["seconds"] for entry in log + last)),
        "seconds_with_everything": round(time.perf_counter() - started),
        "parameters": sum(p.numel() for p in model.parameters()),
        "log": [{key: round(value, 4) for key, value in entry.items()} for entry in log],
        "log_any_padding": [{key: round(value, 4) for key, value in entry.items()} for entry in last],
        "held_out": {"scenes": len(held_out), "first_seed": HELD_OUT_SEED},
        "scores_by_layer": [{name: round(value, 4) for name, value in scores.items()} for scores in layers],
        "scores_alone": {name: round(value, 4) for name, value in alone.items()},
    }, half=True)
    print(f"stored in {model_folder('deformable_detr')}: AP {layers[-1]['AP']:.3f}, AP50 {layers[-1]['AP50']:.3f}", file=sys.stderr)


if __name__ == "__main__":
    main()
