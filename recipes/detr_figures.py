"""Record what the interactive figures of chapter 9 show: run after recipes/detr.py, whose snapshots it reads. Takes a few seconds."""

import sys

import torch
from detr import PADDINGS, SETTINGS, WORK
from safetensors.torch import load_file

from book_lib.data.scenes import CLASSES, SIDES, make_scene, make_scenes, scene_batch
from book_lib.experiments.small_detectors import HELD_OUT_SEED, load_detr, new_detr
from book_lib.widgets import encoder_attention, matching_over_time, query_explorer

EPOCHS = (0, 1, 2, 3, 5, 7, 10, 14, 19, 25, 32, 39)                          # whose snapshots are shown, beside the untrained model
SCENES_OVER, SMALL = 600, (64, 80)                                           # scenes whose answers are collected; size for encoder maps


@torch.no_grad()
def answers_along_training(scene):
    """(training step, logits, boxes) of the last layer: untrained, after each of EPOCHS, and as shipped, all padded."""
    images, mask, _ = scene_batch([scene], pad_to=(SIDES[-1], SIDES[-1]))
    steps_an_epoch = SETTINGS["scenes_an_epoch"] // SETTINGS["batch"]
    states = [(0, None)] + [(steps_an_epoch * (epoch + 1), WORK / "snapshots" / f"{epoch:03}.safetensors") for epoch in EPOCHS]
    for step, path in states:
        model = new_detr(seed=0)
        if path is not None:
            model.load_state_dict({name: tensor.float() for name, tensor in load_file(path).items()})
        output = model.eval()(images, mask)
        yield step, output.logits[-1, 0], output.boxes[-1, 0]
    output = load_detr()(images, mask)
    yield steps_an_epoch * (EPOCHS[-1] + 1 + PADDINGS["epochs"]), output.logits[-1, 0], output.boxes[-1, 0]


def _is_roomy(areas):
    """Whether every object covers some cells, and none most of the picture; areas [n] are shares of it."""
    return areas.min() > 0.03 and 0.06 < areas.max() < 0.14


def main():
    missing = [epoch for epoch in EPOCHS if not (WORK / "snapshots" / f"{epoch:03}.safetensors").exists()]
    if missing:
        sys.exit(f"there is no snapshot of epoch {missing[0]}; run `python recipes/detr.py` first")
    model, held_out = load_detr(), make_scenes(SCENES_OVER, seed=HELD_OUT_SEED)
    crowded = [scene for scene in held_out if len(scene.labels) >= 4 and len(set(scene.labels.tolist())) >= 3]
    query_explorer.record(model, crowded[:3], held_out, CLASSES)
    four = next(scene for scene in crowded[3:] if len(scene.labels) == 4)
    matching_over_time.record(four, answers_along_training(four), CLASSES)
    small_scenes = (make_scene(seed, n_objects=3, size=SMALL) for seed in range(HELD_OUT_SEED, HELD_OUT_SEED + 200))
    roomy = next(scene for scene in small_scenes if len(scene.labels) == 3 and _is_roomy(scene.boxes[:, 2:].prod(1)))
    encoder_attention.record(model, [roomy], CLASSES)


if __name__ == "__main__":
    main()
