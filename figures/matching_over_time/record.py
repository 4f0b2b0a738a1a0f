"""Record which query is matched to which object along the training of the DETR. Run after recipes/detr.py, whose snapshots it reads."""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file

from book_lib.book.packing import plain_scene, thousandths
from book_lib.data.scenes import CLASSES, SIDES, make_scenes, scene_batch
from book_lib.detection.matching import match, matching_cost
from book_lib.experiments.small_detectors import HELD_OUT_SEED, load_detr, new_detr

DATA = Path(__file__).with_name("data.json")
EPOCHS = (0, 1, 2, 3, 5, 7, 10, 14, 19, 25, 32, 39)                          # whose snapshots are shown, beside the untrained model


def matching_run(scene, answers, classes):
    """What a MatchingOverTime shows of one scene: a dict of plain values, about 1 kB a snapshot.

    scene: a Scene; answers: for each snapshot (training step, logits [n_queries, n_classes + 1], boxes [n_queries, 4]), what the model says
    of the scene then; classes: the names of the n_classes classes. Costs and pairs are those of book_lib.detection.matching. Only queries
    that are matched in some snapshot are kept.
    """
    target = {"labels": torch.as_tensor(scene.labels), "boxes": torch.as_tensor(scene.boxes)}
    found = []
    for step, logits, boxes in answers:
        ((queries, objects),) = match(logits[None], boxes[None], [target])
        scores, best = logits.softmax(dim=-1)[:, :-1].max(dim=-1)
        found.append((int(step), boxes, scores, best, matching_cost(logits, boxes, target), queries[objects.argsort()].tolist()))
    kept = sorted({query for *_, matched in found for query in matched})
    snapshots = [
        {
            "step": step,
            "boxes": [thousandths(boxes[query]) for query in kept],
            "scores": [round(scores[query].item(), 2) for query in kept],
            "classes": [int(best[query]) for query in kept],
            "cost": [[round(x, 2) for x in cost[query].tolist()] for query in kept],
            "matched": [kept.index(query) for query in matched],
        }
        for step, boxes, scores, best, cost, matched in found
    ]
    return {"classes": list(classes), "scene": plain_scene(scene), "queries": kept, "of": len(found[0][1]), "snapshots": snapshots}


@torch.no_grad()
def answers_along_training(scene, detr):
    """(training step, logits, boxes) of the last layer: untrained, after each of EPOCHS, and as shipped, all padded.

    detr: the recipe, recipes/detr.py.
    """
    images, mask, _ = scene_batch([scene], pad_to=(SIDES[-1], SIDES[-1]))
    steps_an_epoch = detr.SETTINGS["scenes_an_epoch"] // detr.SETTINGS["batch"]
    states = [(0, None)] + [(steps_an_epoch * (epoch + 1), detr.WORK / "snapshots" / f"{epoch:03}.safetensors") for epoch in EPOCHS]
    for step, path in states:
        model = new_detr(seed=0)
        if path is not None:
            model.load_state_dict({name: tensor.float() for name, tensor in load_file(path).items()})
        output = model.eval()(images, mask)
        yield step, output.logits[-1, 0], output.boxes[-1, 0]
    output = load_detr()(images, mask)
    yield steps_an_epoch * (EPOCHS[-1] + 1 + detr.PADDINGS["epochs"]), output.logits[-1, 0], output.boxes[-1, 0]


def main():
    sys.path.insert(0, str(Path(__file__).parents[2] / "recipes"))
    import detr

    missing = [epoch for epoch in EPOCHS if not (detr.WORK / "snapshots" / f"{epoch:03}.safetensors").exists()]
    if missing:
        sys.exit(f"there is no snapshot of epoch {missing[0]}; run `python recipes/detr.py` first")
    held_out = make_scenes(600, seed=HELD_OUT_SEED)
    crowded = [scene for scene in held_out if len(scene.labels) >= 4 and len(set(scene.labels.tolist())) >= 3]
    scene = next(scene for scene in crowded[3:] if len(scene.labels) == 4)              # the first three are those of query_explorer
    data = matching_run(scene, answers_along_training(scene, detr), CLASSES)
    DATA.write_text(json.dumps(data, separators=(",", ":")) + "\n", "utf-8")


if __name__ == "__main__":
    main()
