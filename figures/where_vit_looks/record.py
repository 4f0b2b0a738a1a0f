"""Record where the class token of the shipped ViT looks in some pictures, and what each blanked patch costs. Run after recipes/vit.py."""

import json
import sys
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from book_lib.book.packing import plain_scene  # noqa: E402
from book_lib.data.scenes import CLASSES, make_scene  # noqa: E402
from book_lib.experiments.named_pictures import HELD_OUT_SEED, OBJECTS, SIDE, load_vit, named_pictures, normalised  # noqa: E402
from book_lib.vision.vit import attention_rollout  # noqa: E402

DATA = Path(__file__).with_name("data.json")
N, MOST, COSTS = 200, 8, 0.1                                                 # pictures; patches that count; what a patch that matters costs


def maps_of(weights):
    """Maps of the class token [b, layers · (1 + heads) + 1, n]: of each layer the mean and its heads; last, the rollout of all layers."""
    each = [torch.cat([layer.mean(1, keepdim=True), layer], 1)[:, :, 0, 1:] for layer in weights]
    return torch.cat([*each, attention_rollout(weights)[:, :1, 1:]], 1)


def blanked(image, patch_size):
    """A picture [3, h, w] once for each of its patches, filled with the picture's mean colour: [n, 3, h, w]."""
    h, w = image.shape[-2:]
    columns, n = w // patch_size, h * w // patch_size**2
    copies = image.float().expand(n, -1, -1, -1).clone()
    for i, copy in enumerate(copies):
        top, left = i // columns * patch_size, i % columns * patch_size
        copy[:, top : top + patch_size, left : left + patch_size] = image.float().mean((1, 2))[:, None, None]
    return copies


def costs_of(model, image, label):
    """The right class's probability, and how much of it each blanked patch takes away [n]: (p, costs)."""
    p = model(normalised(image[None])).softmax(-1)[0, label]
    return p.item(), p - model(normalised(blanked(image, model.patch_embedding.patch_size))).softmax(-1)[:, label]


def shared(values, others):
    """How many of the MOST places with the largest values are among those of others, [..., n] both: [...]."""
    places = [torch.zeros_like(one).scatter(-1, one.topk(MOST).indices, 1.0) for one in (values, others)]
    return (places[0] * places[1]).sum(-1)


def in_the_box(costs, box, grid):
    """How many of the MOST costliest patches [n] eight patches picked at random in the object's box would name on average.

    box: (cx, cy, w, h) in shares of the picture; grid: (rows, columns). A patch lies in the box if its middle does.
    """
    down, over = ((torch.arange(n) + 0.5) / n for n in grid)
    inside = (((down - box[1]).abs() <= box[3] / 2)[:, None] & ((over - box[0]).abs() <= box[2] / 2)).flatten()
    return min(MOST / inside.sum().item(), 1) * inside[costs.topk(MOST).indices].sum().item()


def scene_of(i):
    """The scene of held-out picture i."""
    return make_scene(HELD_OUT_SEED + i, n_objects=1, size=(SIDE, SIDE), size_classes=OBJECTS)


@torch.no_grad()
def measured(model, n=N):
    """Of the first n held-out pictures those that the model names rightly: [(number, label, p, maps, costs)]."""
    images, labels = named_pictures(n, HELD_OUT_SEED)
    logits, weights = model.attention(normalised(images))
    maps = maps_of(weights)
    return [(i, int(labels[i]), *(found := costs_of(model, images[i], labels[i]))[:1], maps[i], found[1])
            for i in range(n) if logits[i].argmax() == labels[i]]


def main():
    model = load_vit()
    rows, whole = measured(model), lambda values, scale: [round(scale * x) for x in values.tolist()]
    pictures = []
    for wanted in range(len(CLASSES)):
        i, label, p, maps, costs = next(row for row in rows if row[1] == wanted and row[4].max() > COSTS)
        found = {"label": label, "p": round(p, 4), "maps": [whole(one, 10_000) for one in maps], "costs": whole(costs, 1_000_000)}
        pictures.append(plain_scene(scene_of(i)) | found)
    agreement = torch.stack([shared(maps, costs.expand_as(maps)) for *_, maps, costs in rows]).mean(0)
    by_box = sum(in_the_box(costs, scene_of(i).boxes[0].tolist(), model.grid) for i, *_, costs in rows) / len(rows)
    data = {"classes": list(CLASSES), "n": len(rows), "matters": sum(bool(costs.max() > COSTS) for *_, costs in rows),
            "by_box": round(by_box, 3), "agreement": [round(x, 3) for x in agreement.tolist()], "pictures": pictures}
    DATA.write_text(json.dumps(data, separators=(",", ":")) + "\n", "utf-8")


if __name__ == "__main__":
    main()
