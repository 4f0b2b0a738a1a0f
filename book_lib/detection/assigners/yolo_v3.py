"""Assignment by shape of anchor over several levels: YOLOv3 (Redmon and Farhadi 2018)."""

import torch
import torch.nn.functional as F

from book_lib.detection.assigners.assignment import IGNORED, Assignment, all_negative, checked_target, require_predictions
from book_lib.detection.assigners.yolo_v2 import box_loss, last_claim, shape_claims, yolo_boxes
from book_lib.detection.boxes import box_iou

PAPER, RELEASED = 0.5, 0.7                                       # ignore_above: of the priors in the paper, of predictions in yolov3.cfg
SHAPES = (((10, 13), (16, 30), (33, 23)), ((30, 61), (62, 45), (59, 119)), ((116, 90), (156, 198), (373, 326)))    # strides 8, 16, 32


@torch.no_grad()
def yolo_v3(target, priors, predicted_xyxy=None, *, n_classes, ignore_above=PAPER):
    """Give an object the one anchor, of all levels, most like it in shape, in the cell of that level that holds its middle.

    (Redmon and Farhadi 2018, section 2.1.) target: labels [n] and boxes [n, 4] as shares; priors: anchors of all levels. A prior that
    serves no object is ignored where it overlaps any object by more than ignore_above: the prior itself, as the paper says (0.5), or, where
    predicted_xyxy [p, 4] in px is given, the predicted box, as in the published code and configuration (0.7).
    Two objects that want the same prior: the later one gets its box, and both their classes are asked for; so the order matters, and the
    earlier one is counted as lost. Objects whose middle no cell holds are lost.
    Returns an Assignment with classes. Raises ValueError for what check_targets refuses, for predictions that do not fit, and for points.
    """
    labels, boxes_xyxy = checked_target(target, priors, n_classes)
    if predicted_xyxy is not None:
        require_predictions(priors, predicted_xyxy=predicted_xyxy)
    if not len(labels):
        return all_negative(priors, classes=torch.zeros(len(priors), n_classes, dtype=torch.bool, device=priors.centres.device))
    claims = shape_claims(boxes_xyxy, priors)
    iou = box_iou(boxes_xyxy, priors.boxes_xyxy if predicted_xyxy is None else predicted_xyxy)
    classes = claims.T.float() @ F.one_hot(labels, n_classes).float() > 0
    return Assignment(last_claim(claims, iou.amax(0) > ignore_above), len(labels), classes=classes)


def yolo_v3_loss(answers, target, priors, *, ignore_above=RELEASED, by_prediction=True):
    """YOLOv3's loss for one picture: the function whose gradient with respect to the answers is what darknet passes back.

    answers [p, 5 + n_classes]: x, y, w, h, objectness and class logits. Objectness 1 for positives, 0 for negatives, nothing for ignored
    priors; place, size and each class by itself for positives. by_prediction: whether predicted boxes are compared with ignore_above, or
    the priors. Returns (loss, Assignment). Raises ValueError as yolo_v3 does.
    """
    n_classes = answers.size(-1) - 5
    predicted = yolo_boxes(answers.detach(), priors) if by_prediction else None
    found = yolo_v3(target, priors, predicted, n_classes=n_classes, ignore_above=ignore_above)
    positive, (_, boxes_xyxy) = found.objects >= 0, checked_target(target, priors, n_classes)
    own = answers[positive]
    counted = found.objects != IGNORED
    loss = F.binary_cross_entropy_with_logits(answers[counted, 4], positive[counted].to(answers), reduction="sum")
    loss = loss + box_loss(own, boxes_xyxy[found.objects[positive]], priors, positive)
    return loss + F.binary_cross_entropy_with_logits(own[:, 5:], found.classes[positive].to(answers), reduction="sum"), found
