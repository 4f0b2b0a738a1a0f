"""The page draws scenes, matches and weighs answers as the library does."""

import io
from base64 import b64decode

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.optimize import linear_sum_assignment

from book_lib.data.scenes import CLASSES, _digits, draw_scene
from book_lib.detection.criterion import WEIGHTS, detection_losses
from book_lib.detection.matching import match, matching_cost
from page_engine import run_in_node

SOFTMAX = """globalThis.softmax = list => {
  const parts = list.map(x => Math.exp(x));
  return parts.map(x => x / parts.reduce((a, b) => a + b));
};
"""


def described(seed, n=7):
    """A ground, objects that overlap each other and the border, and noise."""
    rng = np.random.default_rng(seed)
    h, w = rng.choice([64, 80, 96], 2).tolist()
    ground = {
        "size": (h, w), "angle": rng.uniform(0, 3), "length": rng.uniform(4, 20), "waves": rng.uniform(0, 16),
        "blotches": rng.uniform(5, 22), "grid": rng.normal(size=(5, 5)).tolist(),
        "tints": rng.uniform(0.4, 1, (2, 3)).tolist(), "colour": rng.uniform(60, 195, 3).tolist(),
    }
    objects = []
    for i in range(n):
        one = {"name": CLASSES[i % 6], "side": rng.uniform(8, 44), "centre": rng.uniform(0, (w, h)).tolist()}
        one["colour"] = rng.uniform(0, 255, 3).tolist()
        objects.append(one | ({"ink": _digits()[i].tolist()} if one["name"] == "digit" else {"turn": rng.uniform(-0.4, 0.4)}))
    return ground, objects, (6 * rng.standard_normal((h, w))).astype(np.float32)


@pytest.mark.parametrize("seed", range(4))
def test_a_scene_drawn_in_javascript_has_the_pixels_and_boxes_of_python(seed):
    ground, objects, noise = described(seed)
    code = """const pixels = drawScene(data.ground, data.objects, data.noise);
    return [pixels, data.objects.map(one => boxOf(one, data.ground.size)), pictureAddress(pixels, ...data.ground.size)];"""
    data = {"ground": ground, "objects": objects, "noise": noise.flatten().tolist()}
    pixels, boxes, address = run_in_node(code, data, more=["draw_scene.js"])
    scene = draw_scene(ground, objects, noise)
    apart = np.abs(np.array(pixels).reshape(scene.image.shape) - scene.image)
    assert apart.max() <= 1 and (apart > 0).mean() < 1e-3                    # a rounding error may fall on the edge of a grey level
    assert np.array(boxes) == pytest.approx(scene.boxes, abs=1e-5)
    png = Image.open(io.BytesIO(b64decode(address.split(",")[1])))
    png.verify()
    assert np.array(Image.open(io.BytesIO(b64decode(address.split(",")[1])))).flatten().tolist() == pixels


@pytest.mark.parametrize("n, m", [(20, 0), (20, 1), (20, 6), (9, 9), (5, 3)])
def test_the_cheapest_pairs_are_scipys(n, m):
    cost = np.random.default_rng(n + m).normal(size=(n, m))
    (rows,) = run_in_node("return [assign(data)];", cost.tolist(), more=["matching.js"])
    queries, objects = linear_sum_assignment(cost)
    assert len(set(rows)) == m and rows == [int(queries[list(objects).index(i)]) for i in range(m)]


def test_costs_and_losses_are_the_librarys():
    generator = torch.Generator().manual_seed(0)
    logits, boxes = torch.randn(20, 7, generator=generator), torch.rand(20, 4, generator=generator) * 0.4 + 0.1
    inside = torch.tensor([0.3, 0.3, 0.1, 0.1])                              # centres from 0.3 to 0.7, sides from 0.1 to 0.5
    target = {"labels": torch.tensor([0, 5, 3]), "boxes": torch.rand(3, 4, generator=generator) * 0.4 + inside}
    code = """const answers = readAnswers(data), cost = matchingCost(answers, data.targets), rows = assign(cost);
    return [cost, rows, detectionLoss(answers, data.targets, rows)];"""
    targets = [{"label": label, "box": box} for label, box in zip(target["labels"].tolist(), target["boxes"].tolist(), strict=True)]
    data = {"logits": logits.flatten().tolist(), "boxes": boxes.flatten().tolist(), "targets": targets}
    cost, rows, loss = run_in_node(SOFTMAX + code, data, more=["matching.js"])
    assert np.array(cost) == pytest.approx(matching_cost(logits, boxes, target).numpy(), abs=1e-5)
    queries, objects = match(logits[None], boxes[None], [target])[0]
    assert rows == [queries[objects.tolist().index(i)].item() for i in range(3)]
    expected = {name: value.item() for name, value in detection_losses(logits[None], boxes[None], [target]).items()}
    expected["total"] = sum(WEIGHTS[name] * value for name, value in expected.items())
    assert loss == pytest.approx(expected)
