"""Record where the shipped translator and the shipped DETR look, for the figure of the cover. Run after their recipes; takes seconds."""

import json
from pathlib import Path

import torch

from book_lib.book.packing import packed, plain_scene, thousandths
from book_lib.data.scenes import CLASSES, make_scenes, scene_batch
from book_lib.data.translation import encode_source, encode_target
from book_lib.detection.boxes import box_iou
from book_lib.experiments.small_detectors import HELD_OUT_SEED, detect, load_detr
from book_lib.experiments.translator import load_translator, translate

DATA = Path(__file__).with_name("data.json")
SENTENCES = {                                                                # and what each of the characters means by itself
    "这个动物没有过马路，因为它太累了。": "this (a) moving thing not (has) cross horse way , be- cause it too tired (now) .",
    "这个动物没有过马路，因为它太宽了。": "this (a) moving thing not (has) cross horse way , be- cause it too wide (now) .",
}


def looks_of_translator(translator, sentence: str):
    """Where the shipped translator looks while it writes each word: decoder's last layer, mean of the heads.

    Returns {"source": characters, "gloss": what each means by itself, "words": the translation, "noun": place of the noun written for 它,
    "maps": for each word the weights of the characters, packed}.
    """
    english, = translate(translator, [sentence])
    with torch.no_grad():
        memory, seen, _ = translator.encode(encode_source([sentence]))
        weights = translator.decode(encode_target([english]), memory, seen)[2][-1][0].mean(dim=0)
    words = english.split()
    return {
        "source": list(sentence), "gloss": SENTENCES[sentence].split(" "), "words": words, "noun": words.index("because") + 2,
        "maps": [packed(row[: len(sentence)].tolist()) for row in weights[: len(words)]],
    }


def looks_of_detector(detr, scene, classes, *, least=0.5):
    """What the shipped DETR's sure queries answer for a scene, and where they look: last layer, mean of the heads.

    Returns plain_scene's values and {"classes", "boxes", "labels", "scores", "grid": [h, w], "maps": packed}, surest query first.
    """
    images, mask, _ = scene_batch([scene])
    with torch.no_grad():
        grid = list(detr.features(images, mask)[0].shape[-2:])
        output, maps = detr.attention(images, mask)
    scores, best = output.logits[-1, 0].softmax(dim=-1)[:, :-1].max(dim=-1)
    sure = [query for query in scores.argsort(descending=True).tolist() if scores[query] >= least]
    return plain_scene(scene) | {
        "classes": list(classes), "grid": grid,
        "boxes": [thousandths(output.boxes[-1, 0, query]) for query in sure],
        "labels": [int(best[query]) for query in sure],
        "scores": [round(float(scores[query]), 3) for query in sure],
        "maps": [packed(maps.on_memory[-1][0].mean(dim=0)[query].tolist()) for query in sure],
    }


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
    translator = load_translator()[0].double()
    sentences = [looks_of_translator(translator, sentence) for sentence in SENTENCES]
    data = {"sentences": sentences, "scene": looks_of_detector(detr, plain, CLASSES)}
    DATA.write_text(json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n", "utf-8")


if __name__ == "__main__":
    main()
