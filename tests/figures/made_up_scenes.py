"""Made-up data for the figures of detection, where a test needs to know every number: no network stands behind it."""

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment

from book_lib.book.figure import recorder
from book_lib.book.packing import packed, plain_scene, thousandths
from book_lib.data.scenes import CLASSES


def run_of(scene, *, n_queries=12, n_snapshots=10, seed=0):
    """A run for matching_over_time: queries that drift from random boxes towards the objects, their costs, and the cheapest pairs."""
    rng = np.random.default_rng(seed)
    n = len(scene.labels)
    goals = rng.permutation(n_queries)[:n]
    start, found = rng.uniform(0.2, 0.8, (n_queries, 4)), []
    for i in range(n_snapshots):
        share = (i / (n_snapshots - 1)) ** 2
        boxes = start + rng.normal(0, 0.06 * (1 - share), start.shape)
        boxes[goals] += share * (scene.boxes - boxes[goals])
        cost = 5 * np.abs(boxes[:, None] - scene.boxes[None]).sum(-1)
        rows, columns = linear_sum_assignment(cost)
        matched = rows[np.argsort(columns)].tolist()
        labels = rng.integers(len(CLASSES), size=n_queries)
        labels[goals] = np.where(rng.random(n) < share, scene.labels, labels[goals])
        found.append((100 * i * i, boxes.clip(0.01, 0.99), rng.uniform(0.2, 1, n_queries), labels, cost, matched))
    kept = sorted({row for *_, matched in found for row in matched})
    snapshots = [
        {"step": step, "boxes": [thousandths(boxes[q]) for q in kept], "scores": [round(float(scores[q]), 2) for q in kept],
         "classes": [int(labels[q]) for q in kept], "cost": [[round(float(x), 2) for x in cost[q]] for q in kept],
         "matched": [kept.index(row) for row in matched]}
        for step, boxes, scores, labels, cost, matched in found
    ]
    return {"classes": list(CLASSES), "scene": plain_scene(scene), "queries": kept, "of": n_queries, "snapshots": snapshots}


def explorer_of(scenes, *, n_queries=12, n_reports=900, seed=0):
    """Data for query_explorer: each query has a region and a preferred size of its own; the last query never reports anything."""
    rng = np.random.default_rng(seed)
    homes, likes, shown = rng.uniform(0.15, 0.85, (n_queries, 2)), rng.integers(3, size=n_queries), []
    for scene in scenes:
        h, w = (-(-side // 16) for side in scene.size)
        boxes = np.concatenate((homes, np.full((n_queries, 2), 0.2)), axis=1)
        y, x = np.mgrid[:h, :w]
        away = (((x + 0.5) / w)[None] - homes[:, :1, None]) ** 2 + (((y + 0.5) / h)[None] - homes[:, 1:, None]) ** 2
        weights = np.exp(-away / 0.03).reshape(n_queries, -1)
        shown.append(plain_scene(scene) | {
            "boxes": [thousandths(box) for box in boxes], "labels": rng.integers(len(CLASSES), size=n_queries).tolist(),
            "scores": rng.uniform(0, 1, n_queries).round(3).tolist(), "grid": [h, w], "maps": [packed(row / row.sum()) for row in weights]})
    found = []
    for query in rng.integers(n_queries - 1, size=n_reports).tolist():
        size = int(likes[query] if rng.random() < 0.7 else rng.integers(3))
        found.append((query, size, *(homes[query] + rng.normal(0, 0.08, 2)).clip(0, 1).tolist()))
    return {"classes": list(CLASSES), "scenes": shown, "reports": recorder("query_explorer").pack_reports(found), "over": 300, "least": 0.5}


def encoder_of(scenes, *, n_layers=2, n_heads=3, seed=0):
    """Data for encoder_attention: random weights, each row of each head adding up to 1."""
    generator, shown = torch.Generator().manual_seed(seed), []
    for scene in scenes:
        h, w = (-(-side // 16) for side in scene.size)
        weights = [(3 * torch.randn(n_heads, h * w, h * w, generator=generator)).softmax(dim=-1) for _ in range(n_layers)]
        shown.append(recorder("encoder_attention").attention_scene(scene, weights, (h, w)))
    return {"classes": list(CLASSES), "scenes": shown}
