"""Two rules of label assignment as plain loops over objects and priors: what the vectorised ones are compared and timed with."""


def corners_of(target, priors):
    """The objects as lists [left, top, right, bottom], px."""
    height, width = priors.size
    return [[(cx - w / 2) * width, (cy - h / 2) * height, (cx + w / 2) * width, (cy + h / 2) * height]
            for cx, cy, w, h in target["boxes"].tolist()]


def max_iou_loop(target, priors, *, thresholds):
    """RetinaNet's rule as torchvision reads it: objects [p], -1 negative, -2 ignored; thresholds: (negative below, positive from)."""
    boxes, anchors = corners_of(target, priors), priors.boxes_xyxy.tolist()
    low, high = thresholds
    best, theirs, highest = [-1.0] * len(anchors), [-1] * len(anchors), []
    for i, box in enumerate(boxes):
        ious = []
        for j, anchor in enumerate(anchors):
            iou = _iou(box, anchor)
            ious.append(iou)
            if iou > best[j]:
                best[j], theirs[j] = iou, i
        top = max(ious)
        highest.append([j for j, iou in enumerate(ious) if iou == top])
    objects = [i if iou >= high else -1 if iou < low else -2 for i, iou in zip(theirs, best, strict=True)]
    for places in highest:
        for j in places:
            objects[j] = theirs[j]
    return objects


def fcos_loop(target, priors, *, ranges, radius):
    """FCOS's rule: objects [p], -1 negative."""
    boxes = corners_of(target, priors)
    objects = []
    for (x, y), stride, level in zip(priors.centres.tolist(), priors.strides.tolist(), priors.levels.tolist(), strict=True):
        chosen, smallest = -1, float("inf")
        low, high = ranges[level]
        for i, (left, top, right, bottom) in enumerate(boxes):
            if not (left < x < right and top < y < bottom) or not low <= max(x - left, y - top, right - x, bottom - y) <= high:
                continue
            near = max(abs(x - (left + right) / 2), abs(y - (top + bottom) / 2)) < radius * stride
            area = (right - left) * (bottom - top)
            if near and area < smallest:
                chosen, smallest = i, area
        objects.append(chosen)
    return objects


def _iou(a, b):
    w, h = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    if w <= 0 or h <= 0:
        return 0.0
    return w * h / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - w * h)
