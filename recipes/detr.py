"""Train the book's small DETR on scenes (chapter 9).

`python recipes/detr.py` takes about an hour on one core; it stores weights, log and scores in models/detr, and snapshots in build/recipes.
Cut off, it goes on from the last epoch when started again. Batches of all sizes are nearly always padded to the largest scene; a model
that saw nothing else needs that padding. So the last epochs are on batches of one size, with padding of any width and with none.
"""

import sys
import time
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from book_lib.book.models import model_folder, save_model
from book_lib.data.scenes import AREAS, make_scenes
from book_lib.detection.evaluation import average_precision
from book_lib.experiments.detector_training import pretrain_backbone, train_detr
from book_lib.experiments.small_detectors import HELD_OUT_SEED, SIZES, detect, new_detr

SEED, SCENES, EPOCHS = 0, 20_000, 40
SETTINGS = {"batch": 16, "top_rate": 5e-4, "scenes_an_epoch": 5_000}
PADDINGS = {"batch": 16, "top_rate": 3e-4, "scenes_an_epoch": 5_000, "epochs": 8}        # afterwards, on batches of one size
PRETRAINING_STEPS = 800
WORK = Path(__file__).parents[1] / "build" / "recipes"


def pretrained_backbone(model):
    """Give a model the backbone that names single objects, trained here unless a recipe has done so. Returns its log."""
    WORK.mkdir(parents=True, exist_ok=True)
    path = WORK / "backbone.safetensors"
    if path.exists():
        model.backbone.load_state_dict(load_file(path))
        return None
    started = time.perf_counter()
    steps = pretrain_backbone(model.backbone, seed=SEED, steps=PRETRAINING_STEPS, progress=True)
    save_file({name: tensor.contiguous() for name, tensor in model.backbone.state_dict().items()}, path)
    right = sum(share for _, share in steps[-100:]) / 100
    print(f"backbone: {100 * right:.1f} % of the last 4800 single objects right", file=sys.stderr)
    return {"steps": PRETRAINING_STEPS, "right_in_the_last_100_steps": round(right, 4), "seconds": round(time.perf_counter() - started)}


def main():
    torch.set_num_threads(2)
    started = time.perf_counter()
    scenes, held_out = make_scenes(SCENES), make_scenes(1000, seed=HELD_OUT_SEED)
    model = new_detr(seed=SEED)
    backbone = pretrained_backbone(model)
    (WORK / "snapshots").mkdir(exist_ok=True)

    def snapshot(epoch, model):
        halves = {name: tensor.half().contiguous() for name, tensor in model.state_dict().items()}
        save_file(halves, WORK / "snapshots" / f"{epoch:03}.safetensors")
        return look(epoch, model)

    def look(epoch, model):
        together, alone = (average_precision(detect(model.eval(), held_out[:200], batch=n), held_out[:200]) for n in (32, 1))
        print(f"epoch {epoch + 1}: AP {together['AP']:.3f} in batches, {alone['AP']:.3f} alone, 200 scenes", file=sys.stderr, flush=True)
        return {"AP": round(together["AP"], 4), "AP50": round(together["AP50"], 4), "AP_alone": round(alone["AP"], 4)}

    log = train_detr(model, scenes, seed=SEED, epochs=EPOCHS, checkpoint=WORK / "detr.pt", after_epoch=snapshot, progress=True, **SETTINGS)
    unpadded = average_precision(detect(model.eval(), held_out, batch=1), held_out)["AP"]
    last = train_detr(model, scenes, seed=SEED + 2, any_padding=True, checkpoint=WORK / "paddings.pt", after_epoch=look, progress=True,
                      **PADDINGS)
    layers = [average_precision(detect(model.eval(), held_out, layer=i), held_out, areas=AREAS) for i in range(SIZES["n_decoder_layers"])]
    alone = average_precision(detect(model, held_out, batch=1), held_out, areas=AREAS)
    save_model("detr", model.state_dict(), {
        "recipe": "recipes/detr.py",
        "seed": SEED,
        "sizes": SIZES,
        "settings": SETTINGS | {"epochs": EPOCHS, "scenes": SCENES},
        "settings_any_padding": PADDINGS,
        "backbone": backbone,
        "versions": {"torch": torch.__version__},
        "threads": torch.get_num_threads(),
        "seconds": round(sum(entry["seconds"] for entry in log + last) + (backbone or {"seconds": 0})["seconds"]),
        "seconds_with_everything": round(time.perf_counter() - started),
        "parameters": sum(p.numel() for p in model.parameters()),
        "log": [{key: round(value, 4) for key, value in entry.items()} for entry in log],
        "log_any_padding": [{key: round(value, 4) for key, value in entry.items()} for entry in last],
        "held_out": {"scenes": len(held_out), "first_seed": HELD_OUT_SEED},
        "scores_by_layer": [{name: round(value, 4) for name, value in scores.items()} for scores in layers],
        "scores_alone": {name: round(value, 4) for name, value in alone.items()},
        "AP_alone_before_any_padding": round(unpadded, 4),
    })
    print(f"stored in {model_folder('detr')}: AP {layers[-1]['AP']:.3f}, AP50 {layers[-1]['AP50']:.3f}", file=sys.stderr)


if __name__ == "__main__":
    main()
