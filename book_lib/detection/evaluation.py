"""Average precision as COCO measures it, computed by pycocotools."""

import contextlib
import io
import math

import numpy as np
import torch
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

NAMES = ("AP", "AP50", "AP75", "AP_small", "AP_medium", "AP_large", "AR1", "AR10", "AR100", "AR_small", "AR_medium", "AR_large")
COCO_AREAS = {"small": (0, 32**2), "medium": (32**2, 96**2), "large": (96**2, math.inf)}    # area of a box, px²: from, up to


def average_precision(found, scenes, *, areas=COCO_AREAS):
    """Score detections on scenes as COCO does (Lin et al. 2014): the mean over classes and over IoU thresholds 0.50, 0.55, … 0.95.

    found: for each scene a dict with scores [q], labels [q] and boxes_xyxy [q, 4] in px of the unpadded picture, tensors or arrays.
    scenes: what is there, anything with labels [n] and boxes_xyxy [n, 4] in px; where it has crowd_labels [m] and crowds_xyxy [m, 4], too,
    detections inside these regions are neither right nor wrong, and nothing is missed there.
    areas: {"small": (from, up to), "medium": …, "large": …} in px², those of COCO unless given.
    Returns {name: share from 0 to 1} for AP, AP50, AP75, AP_small, AP_medium, AP_large and the average recalls AR1, AR10, AR100 (with so
    many detections a picture), AR_small, AR_medium, AR_large; -1 where no object is of that size.
    Raises ValueError where found and scenes differ in number, where there is no object at all, and for detections or objects whose boxes
    or scores are no finite numbers, whose corners are in the wrong order, or whose labels are no whole numbers from 0 on.
    """
    if len(found) != len(scenes):
        raise ValueError(f"found has {len(found)} entries for {len(scenes)} scenes, expected one each")
    if set(areas) != set(COCO_AREAS):
        raise ValueError(f"areas has {list(areas)}, expected 'small', 'medium' and 'large'")
    objects = [_rows(f"objects of picture {i}", scene.labels, scene.boxes_xyxy, scene.labels) for i, scene in enumerate(scenes)]
    crowds = [_rows(f"crowds of picture {i}", scene.crowd_labels, scene.crowds_xyxy, scene.crowd_labels)
              if hasattr(scene, "crowd_labels") else np.zeros((0, 6)) for i, scene in enumerate(scenes)]
    answers = [_rows(f"detections of picture {i}", one["labels"], one["boxes_xyxy"], one["scores"]) for i, one in enumerate(found)]
    if not sum(map(len, objects)):
        raise ValueError(f"scenes has {len(scenes)} entries and not one object, so that nothing can be scored")
    with contextlib.redirect_stdout(io.StringIO()):                  # pycocotools prints what it does
        scoring = COCOeval(_coco(objects, objects, crowds), _coco(objects, answers), "bbox")
        scoring.params.areaRngLbl = ["all", *areas]
        scoring.params.areaRng = [[0, 1e10], *([low, min(high, 1e10)] for low, high in areas.values())]
        scoring.evaluate()
        scoring.accumulate()
        scoring.summarize()
    return dict(zip(NAMES, scoring.stats.tolist(), strict=True))


def _rows(which, labels, boxes_xyxy, scores):
    """One row (label, left, top, right, bottom, score) for each object or detection of a picture, float64 [n, 6], after a look at each."""
    labels, boxes, scores = map(_float64, (labels, boxes_xyxy, scores))
    boxes = boxes if boxes.size else boxes.reshape(0, 4)
    n = len(labels)
    if labels.shape != (n,) or scores.shape != (n,) or boxes.shape != (n, 4):
        raise ValueError(f"{which}: labels {list(labels.shape)}, boxes_xyxy {list(boxes.shape)} and scores {list(scores.shape)}, expected "
                         "[n], [n, 4] and [n]")
    rows = np.column_stack((labels, boxes, scores))
    wrong = (
        (~np.isfinite(rows).all(1), "finite numbers; where a network made them, its training has diverged"),
        ((boxes[:, 2:] < boxes[:, :2]).any(1), "corners (left, top, right, bottom) in px"),
        ((labels < 0) | (labels % 1 != 0), "a label from 0 on"),
    )
    for places, wanted in wrong:
        for i in np.flatnonzero(places)[:1]:
            came = f"label {labels[i]:g}, box {boxes[i].tolist()} and score {scores[i]:g}"
            raise ValueError(f"{which}: number {i} has {came}, expected {wanted}")
    return rows


def _float64(values):
    return torch.as_tensor(values).detach().to("cpu", torch.float64).numpy()


def _coco(objects, rows, crowds=()):
    """Rows of each picture as pycocotools holds them; the classes are those of the objects, as COCO counts no other."""
    labels = sorted({int(label) for picture in objects for label in picture[:, 0]})
    annotations = []
    for is_crowd, pictures in enumerate((rows, crowds)):
        for picture, own in enumerate(pictures):
            for label, left, top, right, bottom, score in own.tolist():
                w, h = right - left, bottom - top
                annotations.append({"id": len(annotations) + 1, "image_id": picture, "category_id": int(label) + 1,
                                    "bbox": [left, top, w, h], "area": w * h, "score": score, "iscrowd": is_crowd})
    coco = COCO()
    coco.dataset = {"images": [{"id": i} for i in range(len(rows))], "categories": [{"id": label + 1} for label in labels],
                    "annotations": annotations}
    coco.createIndex()
    return coco
