"""COCO's annotation format: read your own photographs and boxes from it, with every mistake named, and write detections as its results."""

import json
import math
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

from book_lib.checks import is_whole
from book_lib.data.photographs import read_photograph, size_in_file

SLACK = 1.0                                                      # px by which a box may leave its picture before anything is said: rounding
SHOWN = 5                                                        # mistakes that a message spells out


@dataclass(frozen=True)
class Photograph:
    """A picture on disk and what is in it.

    size: (height, width), px; labels: int64 [n], places in the list of categories; boxes_xyxy: float32 [n, 4], corners in px, inside the
    picture; crowd_labels and crowds_xyxy: regions that hold many objects of a kind, which are neither learnt nor counted as missed;
    upright: whether the picture is turned as its EXIF orientation says before it is used; image_id: its number in the file.
    """

    path: Path
    image_id: int
    size: tuple
    labels: np.ndarray
    boxes_xyxy: np.ndarray
    crowd_labels: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    crowds_xyxy: np.ndarray = field(default_factory=lambda: np.zeros((0, 4), np.float32))
    upright: bool = True

    def picture(self):
        """The picture as a PIL image in RGB. Raises ValueError as read_photograph does."""
        return read_photograph(self.path, upright=self.upright)


class CocoPhotographs(NamedTuple):
    """What read_coco returns: a list of Photograph, and the categories as (id, name), in the order of the labels."""

    photographs: list
    categories: tuple


def read_coco(annotations, folder=None, *, categories=None, upright=None, repair=False):
    """Read photographs and boxes from a file in COCO's format (Lin et al. 2014): a JSON with images, annotations and categories.

    annotations: path of the JSON, or what it holds; folder: of the pictures, the JSON's own unless given. Category ids may be any whole
    numbers, with gaps: labels are their places in rising order. categories: ((id, name), …) of the set a model was trained on, so that
    this set, perhaps with fewer of them, gets the same labels. upright: whether boxes were drawn on pictures turned as EXIF says; None
    finds out from the sizes the file states. repair: cut boxes off at the picture's sides and leave out those without area, with a
    warning, instead of refusing. Pictures without objects are kept.
    Returns CocoPhotographs. Raises ValueError with the first mistakes, and how many there are.
    """
    if isinstance(annotations, dict):
        content, annotations = _require_lists(annotations, "annotations"), Path("annotations")
    else:
        content, annotations = _read_json(Path(annotations)), Path(annotations)
    folder = annotations.parent if folder is None else Path(folder)
    problems = []
    known = _categories(content["categories"], categories, problems)
    rows = _by_picture(content, known, problems)
    _refuse(annotations, problems)
    places = {number: place for place, (number, _) in enumerate(known)}
    photographs, repaired, outside = [], [], []
    for image in content["images"]:
        found = _locate(image, folder, upright, problems)
        if found is None:
            continue
        path, size, turned = found
        kept, crowds = [], []
        for one in rows.get(image["id"], ()):
            box = _corners(one, image, size, problems if not repair else repaired, outside)
            if box is not None:
                (crowds if one.get("iscrowd") else kept).append((places[one["category_id"]], box))
        photographs.append(Photograph(path, image["id"], size, *_arrays(kept), *_arrays(crowds), turned))
    if not problems and any(max(photograph.size) > 1 for photograph in photographs) and _are_shares(content):
        problems.append("every bbox lies between 0 and 1: these are shares of the picture, and COCO wants px")
    _refuse(annotations, problems, _guess(content, outside))
    if not any(len(photograph.labels) for photograph in photographs):
        raise ValueError(f"{annotations.name} has {len(photographs)} pictures and not one object in them: nothing can be learnt or scored")
    if repaired:
        warnings.warn(f"{annotations.name}: {len(repaired)} boxes were cut off or left out: {_listed(repaired)}", stacklevel=2)
    return CocoPhotographs(photographs, known)


def coco_results(found, photographs, categories):
    """Detections as COCO's results format, a list of dicts with image_id, category_id, bbox (left, top, width, height) in px and score.

    found: for each photograph a dict of scores [q], labels [q] and boxes_xyxy [q, 4] in px; categories: ((id, name), …) by label.
    Raises ValueError where found and photographs differ in number.
    """
    if len(found) != len(photographs):
        raise ValueError(f"found has {len(found)} entries for {len(photographs)} photographs, expected one each")
    return [
        {"image_id": photograph.image_id, "category_id": categories[label][0],
         "bbox": [left, top, right - left, bottom - top], "score": score}
        for photograph, one in zip(photographs, found, strict=True)
        for score, label, (left, top, right, bottom) in zip(*(one[key].tolist() for key in ("scores", "labels", "boxes_xyxy")), strict=True)
    ]


def _read_json(path):
    if not path.is_file():
        raise ValueError(f"annotations is {str(path)!r}, expected an existing JSON file in COCO's format")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path.name} is no JSON: {error}") from error
    if isinstance(content, list):
        raise ValueError(f"{path.name} holds a list, as COCO's results do; annotations are a dict with images, annotations and categories")
    return _require_lists(content, path.name)


def _require_lists(content, name):
    content = content if isinstance(content, dict) else {}
    missing = [key for key in ("images", "annotations", "categories") if not isinstance(content.get(key), list)]
    if missing:
        raise ValueError(f"{name} has no list {' and no list '.join(map(repr, missing))}, expected 'images', 'annotations' and "
                         "'categories'")
    return content


def _categories(stated, wanted, problems):
    """((id, name), …) in rising order of the ids, or the wanted ones where the file's agree with them."""
    ids = [one.get("id") for one in stated]
    for number in ids:
        if not is_whole(number):
            problems.append(f"category id {number!r} is no whole number")
    for number in sorted({number for number in ids if ids.count(number) > 1}, key=str):
        problems.append(f"category id {number} stands for {ids.count(number)} categories")
    if problems:
        return ()
    own = tuple(sorted((one["id"], str(one.get("name", one["id"]))) for one in stated))
    if wanted is None:
        return own
    for number, name in own:
        if (number, name) not in wanted:
            there = dict(wanted).get(number)
            problems.append(f"category {number} is {name!r} here and {'unknown' if there is None else repr(there)} in the training's set")
    return tuple(wanted)


def _by_picture(content, known, problems):
    """{image id: its annotations}, after a look at all ids."""
    images = [image.get("id") for image in content["images"]]
    if not images:
        problems.append("'images' is empty")
    for number in sorted({number for number in images if images.count(number) > 1}, key=str) if len(set(images)) < len(images) else ():
        problems.append(f"image id {number!r} stands for {images.count(number)} pictures")
    images, numbers, rows = set(images), {number for number, _ in known}, {}
    for one in content["annotations"]:
        where = f"annotation {one.get('id')}"
        if one.get("image_id") not in images:
            other = "; the id is there as text or number of the other kind" if str(one.get("image_id")) in map(str, images) else ""
            problems.append(f"{where} has image_id {one.get('image_id')!r}, and no picture has it{other}")
        elif one.get("category_id") not in numbers:
            problems.append(f"{where} has category_id {one.get('category_id')!r}, and the categories are {_few(sorted(numbers))}")
        else:
            rows.setdefault(one["image_id"], []).append(one)
    return rows


def _locate(image, folder, upright, problems):
    """(path, (height, width), upright) of a picture, or None where it is missing or its size is not the stated one."""
    name = image.get("file_name")
    path = folder / str(name)
    if not name or not path.is_file():
        there = folder / Path(str(name)).name
        hint = f", but {there.name} is there" if name and there.is_file() else ""
        problems.append(f"picture {image['id']} has file_name {name!r}, and {folder} has no such file{hint}")
        return None
    try:
        lies, stands, orientation = size_in_file(path)
    except ValueError as error:
        problems.append(str(error))
        return None
    stated = (image.get("height"), image.get("width"))
    turned = upright
    if turned is None and orientation != 1:
        if lies == stands or stated not in (lies, stands):
            problems.append(f"{name} has EXIF orientation {orientation}, and the stated size {_px(stated)} does not tell whether its boxes "
                            "were drawn on the picture as it lies in the file or turned as viewers show it: say upright=False or "
                            "upright=True")
            return None
        turned = stated == stands
    size = lies if turned is False else stands
    if None not in stated and stated != size:
        problems.append(f"{name} is {_px(size)}, and the file states {_px(stated)}: was it resized or turned after its boxes were drawn?")
        return None
    return path, size, turned is not False


def _corners(one, image, size, problems, outside):
    """(left, top, right, bottom) of an annotation, cut off at the picture's sides; None where it has no area there."""
    where, box = f"annotation {one.get('id')} of {image.get('file_name')}", one.get("bbox")
    numbers = isinstance(box, list) and len(box) == 4 and all(isinstance(x, int | float) and math.isfinite(x) for x in box)
    if not numbers:
        problems.append(f"{where} has bbox {box}, expected four finite numbers [left, top, width, height] in px")
        return None
    left, top, width, height = box
    if width <= 0 or height <= 0:
        problems.append(f"{where} has bbox {box}: a box of {width} x {height} px has no area; leave it out")
        return None
    rows, columns = size
    if left < -SLACK or top < -SLACK or left + width > columns + SLACK or top + height > rows + SLACK:
        outside.append(box)
        problems.append(f"{where} has bbox {box}, which leaves the picture of {_px(size)}")
    cut = max(left, 0), max(top, 0), min(left + width, columns), min(top + height, rows)
    return cut if cut[2] > cut[0] and cut[3] > cut[1] else None


def _are_shares(content):
    return bool(content["annotations"]) and all(max(one["bbox"]) <= 1 for one in content["annotations"])


def _guess(content, outside):
    """What is probably wrong with all boxes, where some of them leave their picture."""
    boxes = [one["bbox"] for one in content["annotations"] if isinstance(one.get("bbox"), list) and len(one["bbox"]) == 4]
    if outside and all(box[2] > box[0] and box[3] > box[1] for box in boxes):
        return "are these corners [left, top, right, bottom]? COCO wants [left, top, width, height]"
    return ""


def _refuse(path, problems, guess=""):
    if problems:
        raise ValueError(f"{path.name}: {_listed(problems)}{f'; {guess}' if guess else ''}")


def _listed(problems):
    more = f"; and {len(problems) - SHOWN} more" if len(problems) > SHOWN else ""
    return f"{'; '.join(problems[:SHOWN])}{more}"


def _few(numbers):
    return f"{numbers[0]} to {numbers[-1]} ({len(numbers)} of them)" if len(numbers) > 8 else ", ".join(map(str, numbers))


def _px(size):
    height, width = size
    return f"{width} x {height} px (width x height)"


def _arrays(rows):
    return np.array([label for label, _ in rows], np.int64), np.array([box for _, box in rows], np.float32).reshape(-1, 4)
