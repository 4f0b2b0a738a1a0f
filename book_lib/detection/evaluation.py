"""Average precision as COCO measures it, computed by pycocotools."""

import contextlib
import io

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from book_lib.data.scenes import AREAS, coco_annotations

NAMES = ("AP", "AP50", "AP75", "AP_small", "AP_medium", "AP_large", "AR1", "AR10", "AR100", "AR_small", "AR_medium", "AR_large")


def average_precision(found, scenes, *, areas=AREAS):
    """Score detections on scenes as COCO does (Lin et al. 2014): the mean over classes and over IoU thresholds 0.50, 0.55, … 0.95.

    found: for each scene a dict with scores [q], labels [q] and boxes_xyxy [q, 4] in px of the unpadded picture, tensors or arrays.
    areas: {name: (from, up to)} in px², for small, medium and large objects.
    Returns {name: share from 0 to 1} for AP, AP50, AP75, AP_small, AP_medium, AP_large and the average recalls AR1, AR10, AR100 (with so
    many detections a picture), AR_small, AR_medium, AR_large; -1 where no object is of that size.
    Raises ValueError where found and scenes differ in number.
    """
    if len(found) != len(scenes):
        raise ValueError(f"found has {len(found)} entries for {len(scenes)} scenes, expected one each")
    with contextlib.redirect_stdout(io.StringIO()):                  # pycocotools prints what it does
        truth = COCO()
        truth.dataset = coco_annotations(scenes)
        truth.createIndex()
        rows = _rows(found)
        if not len(rows):
            return dict.fromkeys(NAMES, 0.0)
        scoring = COCOeval(truth, truth.loadRes(rows), "bbox")
        scoring.params.areaRngLbl = ["all", *areas]
        scoring.params.areaRng = [[0, 1e10], *([low, min(high, 1e10)] for low, high in areas.values())]
        scoring.evaluate()
        scoring.accumulate()
        scoring.summarize()
    return dict(zip(NAMES, scoring.stats.tolist(), strict=True))


def _rows(found):
    """One row (picture, x, y, width, height, score, category) for each detection, as pycocotools wants them."""
    rows = []
    for picture, detections in enumerate(found):
        boxes = np.asarray(detections["boxes_xyxy"], dtype=np.float64).reshape(-1, 4)
        row = np.empty((len(boxes), 7))
        row[:, 0], row[:, 5], row[:, 6] = picture, detections["scores"], np.asarray(detections["labels"]) + 1
        row[:, 1:3], row[:, 3:5] = boxes[:, :2], boxes[:, 2:] - boxes[:, :2]
        rows.append(row)
    return np.concatenate(rows)
