"""Find what is in a picture or in a folder of them: pictures with boxes come out, and a file in COCO's results format.

`python -m book_lib.detection.predict photos --weights mine/detector.safetensors --out found`
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
from PIL import ImageDraw, ImageFont

from book_lib.data.coco import Photograph, coco_results, read_coco
from book_lib.data.photographs import SUFFIXES, read_photograph
from book_lib.detection.detector_files import load_detector
from book_lib.detection.evaluation import average_precision
from book_lib.detection.fine_tuning import detect_photographs

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")     # Okabe and Ito's, by label


def predict(detector, source, out, *, threshold=0.7, annotations=None):
    """Let a Detector answer a picture, or all pictures of a folder, in the order of their names.

    source: a file or a folder; out: a folder, made where there is none, for each picture with the boxes whose score is at least threshold,
    under its own name as .png, results.json with all detections in COCO's results format, and images.json, which tells their image ids.
    annotations: a JSON in COCO's format for these pictures; then its image ids are used, boxes are scored, and images.json is left out.
    Returns (detections, one dict of scores, labels and boxes_xyxy in px for each picture; photographs, as read; COCO's scores or None).
    Raises ValueError where there is no picture, for pictures that cannot be read, and as read_coco does.
    """
    if not 0 <= threshold <= 1:
        raise ValueError(f"threshold is {threshold}, expected a score from 0 to 1")
    source, out = Path(source), Path(out)
    photographs = _pictures_in(source)
    if annotations is not None:
        photographs = _annotated(photographs, source, annotations, detector.categories)
    found = detect_photographs(detector.model, photographs, preparation=detector.preparation)
    out.mkdir(parents=True, exist_ok=True)
    for photograph, one in zip(photographs, found, strict=True):
        picture = draw_detections(photograph.picture(), one, detector.categories, threshold=threshold)
        picture.save(out / f"{photograph.path.stem}.png")
    _write(out / "results.json", coco_results(found, photographs, detector.categories))
    if annotations is not None:
        return found, photographs, average_precision(found, photographs)
    _write(out / "images.json", [{"id": photograph.image_id, "file_name": photograph.path.name, "height": photograph.size[0],
                                  "width": photograph.size[1]} for photograph in photographs])
    return found, photographs, None


def draw_detections(picture, found, categories, *, threshold=0.7):
    """A copy of a PIL image with the boxes of at least threshold, each with its category's name and its score.

    found: a dict of scores [q], labels [q] and boxes_xyxy [q, 4] in px of this picture; categories: ((id, name), …) by label.
    """
    picture = picture.copy()
    pen, width = ImageDraw.Draw(picture), max(1, round(min(picture.size) / 200))
    font = ImageFont.load_default(max(10, min(picture.size) // 30))
    rows = sorted(zip(*(found[key].tolist() for key in ("scores", "labels", "boxes_xyxy")), strict=True), key=lambda row: row[0])
    for score, label, box in rows:                               # the surest are drawn last, over the others
        if score < threshold:
            continue
        colour, text = COLOURS[label % len(COLOURS)], f"{categories[label][1]} {score:.2f}"
        left, top = max(box[0], 0), max(box[1], 0)
        right, bottom = max(left, min(box[2], picture.width - 1)), max(top, min(box[3], picture.height - 1))
        pen.rectangle([left, top, right, bottom], outline=colour, width=width)
        pen.rectangle(pen.textbbox((left + width, top + width), text, font=font), fill=colour)
        pen.text((left + width, top + width), text, fill="white", font=font)
    return picture


def _pictures_in(source):
    """The pictures of a folder, or the one that source is, as Photograph without objects; numbered from 1 on."""
    if not source.exists():
        raise ValueError(f"source is {str(source)!r}, expected a picture or a folder of pictures")
    paths = sorted(path for path in source.iterdir() if path.suffix.lower() in SUFFIXES) if source.is_dir() else [source]
    if not paths:
        raise ValueError(f"{source} holds no picture, that is, no file that ends in {', '.join(SUFFIXES)}")
    stems = [path.stem for path in paths]
    if len(set(stems)) < len(stems):
        twice = next(stem for stem in stems if stems.count(stem) > 1)
        raise ValueError(f"{source} holds {stems.count(twice)} pictures named {twice}, which would be stored under one name")
    nothing, pictures = (np.zeros(0, np.int64), np.zeros((0, 4), np.float32)), []
    for i, path in enumerate(paths):
        picture = read_photograph(path)
        pictures.append(Photograph(path, i + 1, (picture.height, picture.width), *nothing))
    return pictures


def _annotated(photographs, source, annotations, categories):
    """The photographs of the annotation file that are among these."""
    there = {photograph.path.resolve() for photograph in photographs}
    known, _ = read_coco(annotations, source if source.is_dir() else source.parent, categories=categories)
    known = [photograph for photograph in known if photograph.path.resolve() in there]
    if not known:
        raise ValueError(f"{Path(annotations).name} names none of the {len(photographs)} pictures of {source}")
    return known


def _write(path, content):
    path.write_text(json.dumps(content), encoding="utf-8")


def main(arguments=None):
    """The shell command. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m book_lib.detection.predict", description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path, help="a picture, or a folder of pictures")
    parser.add_argument("--weights", type=Path, required=True, help="what fine_tuning has stored, or the published DETR for COCO")
    parser.add_argument("--out", type=Path, required=True, help="a folder for the pictures with boxes and results.json")
    parser.add_argument("--threshold", type=float, default=0.7, help="the lowest score that is drawn; default 0.7")
    parser.add_argument("--annotations", type=Path, help="a JSON in COCO's format for these pictures: prints their AP")
    options = parser.parse_args(arguments)
    try:
        detector = load_detector(options.weights)
        found, photographs, scores = predict(detector, options.source, options.out, threshold=options.threshold,
                                             annotations=options.annotations)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    for photograph, one in zip(photographs, found, strict=True):
        names = [detector.categories[label][1] for label in one["labels"][one["scores"] >= options.threshold].tolist()]
        print(f"{photograph.path.name}: {', '.join(sorted(names)) or 'nothing'}")
    if scores is not None:
        print(f"AP {scores['AP']:.3f}, AP50 {scores['AP50']:.3f}")
    print(f"stored in {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
