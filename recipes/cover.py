"""Record what the figure of the cover shows: where the shipped translator and DETR look. Run after their recipes; takes seconds."""

import torch

from book_lib.data.scenes import CLASSES, make_scenes
from book_lib.detection.boxes import box_iou
from book_lib.experiments.small_detectors import HELD_OUT_SEED, detect, load_detr
from book_lib.experiments.translator import load_translator
from book_lib.widgets import one_idea


def is_clear(scene, found):
    """Whether every object, none of them tiny, is named once and well, and nothing else is."""
    sure = found["scores"] >= 0.5
    boxes, labels = found["boxes_xyxy"][sure], found["labels"][sure]
    if not 4 <= len(scene.labels) == int(sure.sum()) or (scene.boxes[:, 2:].prod(1) < 0.012).any() or len(set(scene.labels.tolist())) < 4:
        return False
    iou, at = box_iou(torch.tensor(scene.boxes_xyxy), boxes).max(1)
    return iou.min() > 0.75 and labels[at].tolist() == scene.labels.tolist() and len(set(at.tolist())) == len(at)


def main():
    torch.set_num_threads(1)
    detr, held_out = load_detr(), make_scenes(1000, seed=HELD_OUT_SEED)
    clear = [scene for scene, found in zip(held_out, detect(detr, held_out), strict=True) if is_clear(scene, found)]
    bright = [scene for scene in clear if scene.size[1] >= scene.size[0] and scene.image.mean() >= 128]
    plain = max(bright, key=lambda scene: scene.boxes[:, 2:].prod(1).min())      # chosen for its looks, not for the detector's
    one_idea.record(load_translator()[0].double(), detr, plain, CLASSES)


if __name__ == "__main__":
    main()
