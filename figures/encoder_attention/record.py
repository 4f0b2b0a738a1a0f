"""Record how the encoder of the shipped DETR mixes the cells of a scene. Run after recipes/detr.py; takes seconds."""

import json
from pathlib import Path

import torch

from book_lib.book.packing import packed, plain_scene
from book_lib.data.scenes import CLASSES, make_scene, scene_batch
from book_lib.experiments.small_detectors import HELD_OUT_SEED, load_detr

DATA = Path(__file__).with_name("data.json")
MEAN = -1                                                                    # in place of a head: the mean of all heads of the layer
SMALL = (64, 80)                                                             # height and width, px: 20 cells make 400 weights a map


def attention_scene(scene, weights, grid, *, heads=True):
    """One scene for an EncoderAttention.

    scene: a Scene; weights: for each encoder layer [n_heads, n, n], n = h · w; grid: (h, w); heads: whether the single heads of the last
    layer are kept beside the mean of every layer. Each map is rounded to 1/255 of its largest weight.
    """
    maps = [[layer, MEAN, packed(found.mean(dim=0).flatten().tolist())] for layer, found in enumerate(weights)]
    if heads:
        maps += [[len(weights) - 1, head, packed(found.flatten().tolist())] for head, found in enumerate(weights[-1])]
    return plain_scene(scene) | {"grid": list(grid), "maps": maps}


def encoder_maps(model, scenes, classes, *, heads=True):
    """What an EncoderAttention shows of a trained DETR and some scenes: a dict of plain values, 4/3 n² bytes for each scene and map."""
    shown, was_training = [], model.training
    model.eval()
    with torch.no_grad():
        for scene in scenes:
            images, mask, _ = scene_batch([scene])
            grid = model.features(images, mask)[0].shape[-2:]
            weights = [layer[0] for layer in model.attention(images, mask)[1].encoder]
            shown.append(attention_scene(scene, weights, grid, heads=heads))
    model.train(was_training)
    return {"classes": list(classes), "scenes": shown}


def is_roomy(scene):
    """Whether every object covers some cells, and none most of the picture."""
    areas = scene.boxes[:, 2:].prod(1)
    return len(areas) == 3 and areas.min() > 0.03 and 0.06 < areas.max() < 0.14


def main():
    scenes = (make_scene(seed, n_objects=3, size=SMALL) for seed in range(HELD_OUT_SEED, HELD_OUT_SEED + 200))
    data = encoder_maps(load_detr(), [next(filter(is_roomy, scenes))], CLASSES)
    DATA.write_text(json.dumps(data, separators=(",", ":")) + "\n", "utf-8")


if __name__ == "__main__":
    main()
