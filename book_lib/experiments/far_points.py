"""How far from its reference point a Deformable DETR looks, layer by layer, and what it loses when it may not (chapter 11)."""

from contextlib import contextmanager

import torch

from book_lib.data.scenes import scene_batch
from book_lib.detection.deformable_attention import DeformableAttention
from book_lib.detection.matching import match

FINEST = 4                                                                   # px of a picture in a pixel of the finest map


@torch.no_grad()
def looked_at(model, scenes, *, min_score=0.5):
    """Where the layers of a Deformable DETR look, in scenes answered one at a time.

    Returns {"encoder 1": (offsets [n, n_levels, n_points, 2], weights [n, n_levels, n_points]), …, "decoder 1": …}: how far each place lies
    from the reference, (x, y) in px of the picture, one row for each pixel or query and head; weights of a row sum to 1. Of the decoder
    the queries are kept that name an object in the end with at least min_score.
    """
    kept = {}
    for scene in scenes:
        images, mask, _ = scene_batch([scene])
        output, sampling = model.sampling(images, mask)
        maps = model.maps(images, mask)
        height, width = maps.shapes[0]
        size = torch.tensor([width, height]) * FINEST
        sure = output.logits[-1, 0].sigmoid().amax(-1) >= min_score
        pixels = own_places(maps.shapes)
        for kind, layers in (("encoder", sampling.encoder), ("decoder", sampling.decoder)):
            for layer, (places, weights) in enumerate(layers):
                centre = pixels if kind == "encoder" else sampling.references[layer][0, sure, :2]
                rows = slice(None) if kind == "encoder" else sure
                offsets = (places[0, rows] - centre[:, None, None, None]) * size
                kept.setdefault(f"{kind} {layer + 1}", []).append((offsets.flatten(0, 1), weights[0, rows].flatten(0, 1)))
    return {name: tuple(torch.cat(parts) for parts in zip(*pairs, strict=True)) for name, pairs in kept.items()}


def own_places(shapes):
    """The centre of each pixel of maps without padding, as shares of width and height: [n, 2], (x, y)."""
    rows = [torch.cartesian_prod((torch.arange(h) + 0.5) / h, (torch.arange(w) + 0.5) / w).flip(-1) for h, w in shapes]
    return torch.cat(rows)


def farther_than(reach, offsets, weights):
    """The share of all weight that lies farther than reach px from its reference: offsets and weights as looked_at returns them."""
    far = offsets.norm(dim=-1) > reach
    return ((weights * far).sum() / weights.sum()).item()


def weighted_quantile(share, offsets, weights):
    """The distance, px, within which that share of the weight lies."""
    distances, order = offsets.norm(dim=-1).flatten().sort()
    running = weights.flatten()[order].double().cumsum(0)
    return distances[torch.searchsorted(running, share * running[-1])].item()


def fetches_nothing(places, shapes):
    """Which places [..., n_levels, n_points, 2] lie half a pixel or more outside of their map, where all is zero: bool [..., n_points]."""
    size = torch.tensor([(w, h) for h, w in shapes]).to(places)[:, None]
    return ((places * size <= -0.5) | (places * size >= size + 0.5)).any(-1)


@contextmanager
def only_within(reach, model, *, parts=("encoder", "decoder"), whose="far", rescale=True, seed=0, taken=None):
    """Let no layer of a Deformable DETR count a place farther than reach px from the reference, as long as the with block lasts.

    rescale: the weights of the others are scaled up, so that those of a query and head sum to 1 again, where one is left. parts: whose
    layers; whose: "far", or "outside", those of the far places alone that fetch nothing, since they lie outside of their map, or "random":
    as many places as are far for each query and head, drawn at random, which follows from seed. taken: a list, to which every call of a
    layer adds the share of its weight that is switched off.
    Raises ValueError for parts that there are not, and for another whose.
    """
    if not set(parts) <= {"encoder", "decoder"} or not parts:
        raise ValueError(f"parts is {parts!r}, expected 'encoder', 'decoder' or both")
    if whose not in ("far", "outside", "random"):
        raise ValueError(f"whose is {whose!r}, expected 'far', 'outside' or 'random'")
    generator = torch.Generator().manual_seed(seed)

    def limited(attention):
        def places_and_weights(query, reference, shapes):
            places, weights = type(attention).places_and_weights(attention, query, reference, shapes)
            height, width = shapes[0]
            steps = (places - reference[:, :, None, :, None, :2]) * (torch.tensor([width, height]) * FINEST)
            kept = steps.norm(dim=-1) <= reach
            if whose == "outside":
                kept |= ~fetches_nothing(places, shapes)
            kept = kept.flatten(3)
            if whose == "random":
                kept = kept.gather(-1, torch.rand(kept.shape, generator=generator).argsort(-1))
            left = weights.flatten(3) * kept
            if taken is not None:
                taken.append(1 - (left.sum() / weights.sum()).item())
            if rescale:
                left = left / left.sum(-1, keepdim=True).clamp(min=1e-12)
            return places, left.view_as(weights)

        return places_and_weights

    layers = [layer for name, layer in model.named_modules()
              if isinstance(layer, DeformableAttention) and name.startswith(tuple(f"{part}_layers" for part in parts))]
    for layer in layers:
        layer.places_and_weights = limited(layer)
    try:
        yield model
    finally:
        for layer in layers:
            del layer.places_and_weights


@torch.no_grad()
def look_of(model, scene, query):
    """What one query of a Deformable DETR looks at in its last decoder layer, as plain numbers for a table.

    Returns {"reference": [x, y], "box": [cx, cy, w, h], as shares of the picture, "score", "label": of its best class, "points":
    [[x, y, weight, level], …], the places of all heads, x and y as shares, weights adding up to 1}.
    """
    output, sampling = model.sampling(*scene_batch([scene])[:2])
    places, weights = (part[0, query] for part in sampling.decoder[-1])
    shares = output.logits[-1, 0, query].sigmoid()
    levels = torch.arange(places.size(1))[None, :, None].expand(weights.shape)
    points = torch.cat((places, (weights / len(weights))[..., None], levels[..., None]), -1).flatten(0, 2)
    return {
        "reference": [round(x, 3) for x in sampling.references[-1][0, query, :2].tolist()],
        "box": [round(x, 3) for x in output.boxes[-1, 0, query].tolist()],
        "score": round(shares.max().item(), 3),
        "label": int(shares.argmax()),
        "points": [[round(x, 3), round(y, 3), round(weight, 4), int(level)] for x, y, weight, level in points.tolist()],
    }


def query_of(model, scene, thing):
    """The query whose last answer the matching gives to one object of a scene."""
    images, mask, targets = scene_batch([scene])
    with torch.no_grad():
        output = model(images, mask)
    ((queries, things),) = match(output.logits[-1], output.boxes[-1], targets, classes="sigmoid", class_cost=2.0)
    return queries[things == thing].item()
