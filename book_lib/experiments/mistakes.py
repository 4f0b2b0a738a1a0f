"""What a detector gets wrong, object by object (chapter 11), in the manner of Hoiem et al. 2012 and Bolya et al. 2020."""

import torch

from book_lib.detection.boxes import box_iou

KINDS = ("second box", "wrong class", "inaccurate box", "nothing there", "missed")


def mistakes(found, scene, *, min_score=0.5, least_iou=0.5, near=0.1):
    """Sort what is wrong in the detections of one scene with at least min_score.

    found: dict of scores, labels, boxes_xyxy [n, 4] in px; scene: with labels and boxes_xyxy. Best detections first, each takes the object
    of its class that it overlaps most, if by at least least_iou; what takes none is a "second box" (of an object that is taken), has the
    "wrong class" (overlaps an object of another by least_iou), is an "inaccurate box" (overlaps any object by at least near), or stands
    where "nothing there" is. An object that nothing took is "missed".
    Returns a list of dicts with "kind", "label", "box" [4] in px and "score", None for a missed object.
    """
    sure = found["scores"] >= min_score
    scores, labels, boxes = (found[name][sure] for name in ("scores", "labels", "boxes_xyxy"))
    wanted, places = torch.as_tensor(scene.labels), torch.as_tensor(scene.boxes_xyxy)
    free, wrong = torch.ones(len(wanted), dtype=torch.bool), []
    for score, label, box in sorted(zip(scores.tolist(), labels, boxes, strict=True), key=lambda one: -one[0]):
        overlap = box_iou(box[None], places)[0]
        same = torch.where(wanted == label, overlap, 0.0)
        mine = torch.where(free, same, 0.0)
        if len(mine) and mine.max() >= least_iou:
            free[mine.argmax()] = False
            continue
        best, best_same = (part.max().item() if len(part) else 0.0 for part in (overlap, same))
        kind = ("second box" if best_same >= least_iou else "wrong class" if best >= least_iou else
                "inaccurate box" if best >= near else "nothing there")
        wrong.append({"kind": kind, "label": int(label), "box": box.tolist(), "score": score})
    for label, box in zip(wanted[free].tolist(), places[free].tolist(), strict=True):
        wrong.append({"kind": "missed", "label": label, "box": box, "score": None})
    return wrong


def counted(answers, scenes, **settings):
    """How many mistakes of each kind there are for 100 objects: {kind: number}. answers: the detections of each scene."""
    kinds = [one["kind"] for found, scene in zip(answers, scenes, strict=True) for one in mistakes(found, scene, **settings)]
    n_objects = sum(len(scene.labels) for scene in scenes)
    return {kind: 100 * kinds.count(kind) / n_objects for kind in KINDS}
