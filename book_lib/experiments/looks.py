"""Where one object query of a DETR or a Deformable DETR looks in a scene, as places and weights (chapter 11)."""

import torch

from book_lib.data.scenes import CLASSES, scene_batch
from book_lib.detection.detr import DETR


@torch.no_grad()
def looks_of(model, scene, query, *, layer=-1):
    """Ask where an object query looks in the attention of a decoder layer to the memory, all heads together.

    model: a DETR or DeformableDETR of one picture without padding; query: its number. Returns {"places": for each level [n, 2], (x, y) as
    shares of width and height; "weights": for each level [n], which sum to 1 over all levels; "box": what it answers, (cx, cy, w, h) in
    shares; "reference": (x, y) from where it looks, or None for a DETR}. Raises ValueError for a query that the model does not have.
    """
    images, mask, _ = scene_batch([scene])
    output, where = model.attention(images, mask) if isinstance(model, DETR) else model.sampling(images, mask)
    boxes = output.boxes[-1, 0]
    if query not in range(len(boxes)):
        raise ValueError(f"query is {query!r}, expected one of 0 to {len(boxes) - 1}")
    if isinstance(model, DETR):
        shape = model.features(images, mask)[0].shape[-2:]
        weights = where.on_memory[layer][0, :, query].mean(0)
        return {"places": [_middles(*shape)], "weights": [weights], "box": boxes[query], "reference": None}
    places, weights = (part[0, query] for part in where.decoder[layer])                                    # [n_heads, n_levels, n_points …]
    return {"places": list(places.transpose(0, 1).flatten(1, 2)), "weights": list(weights.transpose(0, 1).flatten(1) / len(weights)),
            "box": boxes[query], "reference": where.references[layer][0, query, :2]}


@torch.no_grad()
def query_for(model, scene, name):
    """The object query that reports a class with the highest score in a scene. Raises ValueError where name is none of the classes."""
    if name not in CLASSES:
        raise ValueError(f"name is {name!r}, expected one of {', '.join(CLASSES)}")
    images, mask, _ = scene_batch([scene])
    logits = model(images, mask).logits[-1, 0]
    scores = logits.softmax(-1) if isinstance(model, DETR) else logits.sigmoid()
    return int(scores[:, CLASSES.index(name)].argmax())


def cells_for_half(weights):
    """The smallest number of cells that hold half of the attention. weights [n], which sum to 1."""
    return int((weights.sort(descending=True).values.cumsum(0) < 0.5).sum()) + 1


def _middles(h, w):
    """The middles of the cells of a map, row by row, as (x, y) in shares: [h w, 2]."""
    y, x = torch.meshgrid((torch.arange(h) + 0.5) / h, (torch.arange(w) + 0.5) / w, indexing="ij")
    return torch.stack((x.flatten(), y.flatten()), -1)
