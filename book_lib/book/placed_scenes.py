"""Scenes that a reader composes in a page: the same drawn here, and the detector's answer as the page records it.

An object is what a figure's state holds: {"name", "x", "y", "side", "colour"} in px, colour a number of COLOURS, shapes with corners
perhaps with a "turn", a digit with its "digit".
"""

from base64 import b64encode

import numpy as np
import torch
from sklearn.datasets import load_digits

from book_lib.data.scenes import draw_scene, scene_batch
from book_lib.experiments.small_deformable import load_deformable
from book_lib.experiments.small_detectors import load_detr

SIDE = 80
COLOURS = [[230, 80, 40], [40, 90, 200], [245, 210, 60], [30, 30, 40], [240, 240, 235], [150, 50, 150]]
GROUND = {"size": [SIDE, SIDE], "angle": 0.6, "length": 11.0, "waves": 9.0, "blotches": 12.0, "tints": [[0.9, 0.8, 0.5], [0.6, 0.9, 1.0]],
          "colour": [122, 132, 112]}
NOISE_STEP = 0.25


def digits():
    """One digit of each class, cut to its ink: whole numbers 0 to 16."""
    images, targets = load_digits(return_X_y=True)
    cut = []
    for digit in range(10):
        image = images[targets == digit][0].reshape(8, 8)
        rows, columns = np.flatnonzero(image.max(1) > 4), np.flatnonzero(image.max(0) > 4)
        cut.append(image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(int).tolist())
    return cut


def ground_and_noise():
    """The ground, and noise in whole steps of NOISE_STEP: int8 [SIDE, SIDE]."""
    rng = np.random.default_rng(4)
    grid = np.round(rng.normal(size=(5, 5)), 2).tolist()
    return GROUND | {"grid": grid}, np.rint(6 / NOISE_STEP * rng.standard_normal((SIDE, SIDE))).clip(-127, 127).astype(np.int8)


def described(one):
    """An object of a figure as draw_scene wants it."""
    ink = {"ink": np.minimum(1, 1.3 * (np.array(digits()[one["digit"]]) / 16))} if one["name"] == "digit" else {"turn": one.get("turn", 0)}
    return {"name": one["name"], "side": one["side"], "centre": (one["x"], one["y"]), "colour": COLOURS[one["colour"]]} | ink


def drawn(objects):
    """The Scene of a figure's objects."""
    ground, noise = ground_and_noise()
    return draw_scene(ground, [described(one) for one in objects], noise * np.float32(NOISE_STEP))


@torch.no_grad()
def answer(objects):
    """The detector's last layer on a scene, rounded for the page: logits, boxes, and each query's attention in 1/255 of its largest."""
    images, mask, _ = scene_batch([drawn(objects)])
    output, maps = load_detr().attention(images, mask)
    weights = maps.on_memory[-1][0].mean(0)
    top = weights.amax(1, keepdim=True)
    return {
        "grid": [SIDE // 8, SIDE // 8],
        "logits": [round(x, 3) for x in output.logits[-1, 0].flatten().tolist()],
        "boxes": [round(x, 4) for x in output.boxes[-1, 0].flatten().tolist()],
        "weights": b64encode((255 * weights / top).round().byte().numpy().tobytes()).decode(),
    }


@torch.no_grad()
def deformable_answer(objects):
    """What the Deformable DETR's last layer answers to a scene, and where its queries look, rounded for the page.

    references: (x, y) of each query as shares of the picture; places [n_queries, n_heads, n_levels, n_points, 2]: the same, in
    ten thousandths, int16; weights: of these places, in 1/255 of each query's largest.
    """
    images, mask, _ = scene_batch([drawn(objects)])
    model = load_deformable()
    output, sampled = model.sampling(images, mask)
    places, weights = (part[0] for part in sampled.decoder[-1])
    shares = weights / weights.amax((1, 2, 3), keepdim=True)
    return {
        "size": list(places.shape[1:4]),
        "shapes": [list(shape) for shape in model.maps(images, mask).shapes],
        "logits": [round(x, 3) for x in output.logits[-1, 0].flatten().tolist()],
        "boxes": [round(x, 4) for x in output.boxes[-1, 0].flatten().tolist()],
        "references": [round(x, 4) for x in sampled.references[-1][0].flatten().tolist()],
        "places": b64encode((1e4 * places).round().clamp(-32768, 32767).numpy().astype("<i2").tobytes()).decode(),
        "weights": b64encode((255 * shares).round().byte().numpy().tobytes()).decode(),
    }


def page_data(objects):
    """What a figure with such scenes holds in its data.json: how to draw them, and the recorded answer to these objects."""
    ground, noise = ground_and_noise()
    return {"ground": ground, "noise": b64encode(noise.tobytes()).decode(), "noise_step": NOISE_STEP, "colours": COLOURS,
            "digits": digits(), "answer": answer(objects)}
