"""Record what the object queries of the shipped DETR say and where they look. Run after recipes/detr.py; takes half a minute."""

import json
from base64 import b64encode
from pathlib import Path

import torch

from book_lib.book.packing import packed, plain_scene, thousandths
from book_lib.data.scenes import AREAS, CLASSES, make_scenes, scene_batch
from book_lib.experiments.small_detectors import HELD_OUT_SEED, load_detr

DATA = Path(__file__).with_name("data.json")
SCENES_OVER = 600                                                            # whose answers are collected


def explorer_scene(scene, logits, boxes, weights, grid):
    """One scene for a QueryExplorer.

    scene: a Scene; logits [n_queries, n_classes + 1] and boxes [n_queries, 4]: the model's answer; weights [n_queries, h · w]: how much
    each query looks at each cell, from the last decoder layer, heads averaged; grid: (h, w). Each map is rounded to 1/255 of its
    largest weight.
    """
    chances = logits.softmax(dim=-1)
    scores, best = chances[:, :-1].max(dim=-1)
    return plain_scene(scene) | {
        "boxes": [thousandths(box) for box in boxes],
        "labels": best.tolist(),
        "scores": [round(x, 3) for x in scores.tolist()],
        "grid": list(grid),
        "maps": [packed(row) for row in weights.tolist()],
    }


def pack_reports(reports):
    """Objects reported over many scenes, (query, size class 0 to 2, cx, cy) with shares of the picture, four bytes each, in base64."""
    flat = (x for query, size, cx, cy in sorted(reports) for x in (query, size, round(255 * cx), round(255 * cy)))
    return b64encode(bytes(flat)).decode()


def explorer(model, scenes, many, classes, *, least=0.5):
    """What a QueryExplorer shows of a trained DETR: a dict of plain values.

    model: a DETR; scenes: two to four Scenes to show; many: Scenes the model was not trained on, over which its reports are collected;
    classes: the names of the classes; least: the score from which an answer counts as a report.
    """
    shown, reports = [], []
    was_training = model.training
    model.eval()
    with torch.no_grad():
        for scene in scenes:
            images, mask, _ = scene_batch([scene])
            grid = model.features(images, mask)[0].shape[-2:]
            output, looks = model.attention(images, mask)
            shown.append(explorer_scene(scene, output.logits[-1, 0], output.boxes[-1, 0], looks.on_memory[-1][0].mean(dim=0), grid))
        for scene in many:
            images, mask, _ = scene_batch([scene])
            output = model(images, mask)
            scores = output.logits[-1, 0].softmax(dim=-1)[:, :-1].max(dim=-1).values
            height, width = scene.size
            for query in (scores >= least).nonzero().flatten().tolist():
                cx, cy, w, h = output.boxes[-1, 0, query].tolist()
                size = sum(w * width * h * height >= low for low, _ in AREAS.values()) - 1
                reports.append((query, size, cx, cy))
    model.train(was_training)
    return {"classes": list(classes), "scenes": shown, "reports": pack_reports(reports), "over": len(many), "least": least}


def crowded(scenes):
    """Those with at least four objects of at least three classes."""
    return [scene for scene in scenes if len(scene.labels) >= 4 and len(set(scene.labels.tolist())) >= 3]


def main():
    held_out = make_scenes(SCENES_OVER, seed=HELD_OUT_SEED)
    data = explorer(load_detr(), crowded(held_out)[:3], held_out, CLASSES)
    DATA.write_text(json.dumps(data, separators=(",", ":")) + "\n", "utf-8")


if __name__ == "__main__":
    main()
