"""Scenes to detect things in: drawn shapes and real handwritten digits on textured ground, with exact boxes.

A scene is made from its seed alone, so a set of scenes is a range of numbers and nothing is stored or downloaded.
"""

import functools
import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image

CLASSES = ("disc", "ring", "square", "triangle", "cross", "digit")
SIDES = (64, 72, 80, 88, 96)                                     # px a side of a picture may have
SIZE_CLASSES = {"small": (8, 13), "medium": (13, 24), "large": (24, 44)}     # longer side of a box, px: from, up to
AREAS = {"small": (0, 12**2), "medium": (12**2, 22**2), "large": (22**2, math.inf)}     # area of a box, px²: from, up to
HARD_SIDES = (64, 80, 96, 112, 128)                              # the harder set of chapter 9: larger pictures
HARD_SIZE_CLASSES = {"tiny": (6, 8)} | SIZE_CLASSES              # and smaller objects among the others
HARD_AREAS = {"small": (0, 8**2), "medium": (8**2, 22**2), "large": (22**2, math.inf)}
MAX_OBJECTS = 8
MAX_COVERED = 0.15                                               # share of a box another box may cover
MEAN, STD = 0.5, 0.25                                            # how pixels are normalised for a network
SHARP = {"square": [[-1, -1], [1, -1], [1, 1], [-1, 1]], "triangle": [[0, -1], [0.87, 0.5], [-0.87, 0.5]]}
ARM = 0.36                                                       # half the width of a cross's arm, as a share of half its length


@dataclass(frozen=True)
class Scene:
    """A picture and what is in it.

    image: uint8 [h, w, 3]; labels: int64 [n], numbers of CLASSES; boxes: float32 [n, 4], (cx, cy, w, h) as shares of width and height;
    seed: the number the scene was made from, None where it was drawn from a description.
    """

    image: np.ndarray
    labels: np.ndarray
    boxes: np.ndarray
    seed: int | None

    @property
    def size(self):
        """Height and width of the picture, px."""
        return self.image.shape[:2]

    @property
    def boxes_xyxy(self):
        """Corners of the boxes, float32 [n, 4], px."""
        h, w = self.size
        centre, side = self.boxes[:, :2], self.boxes[:, 2:]
        return np.concatenate((centre - side / 2, centre + side / 2), axis=1) * np.float32([w, h, w, h])


def make_scene(seed, *, n_objects=None, size=None, sides=SIDES, size_classes=SIZE_CLASSES):
    """Draw one scene.

    seed: whole number of at least 0; n_objects: 0 to 8, by default drawn from 1 to 8; size: (height, width) in px, by default drawn from
    sides; size_classes: {name: (from, up to)}, each object's longer side in px, every class as likely as another. Where no free place is
    found for an object, the scene has fewer. Returns a Scene; the same arguments give the same scene.
    Raises ValueError for numbers out of range.
    """
    _require(seed, n_objects, size, sides, size_classes)
    rng = np.random.default_rng([seed, 20])
    h, w = size if size is not None else rng.choice(sides, 2).tolist()
    wanted = int(rng.integers(1, MAX_OBJECTS + 1)) if n_objects is None else n_objects
    picture = _ground(rng, h, w)
    labels, corners = [], []
    for _ in range(wanted):
        label = int(rng.integers(len(CLASSES)))
        place = _free_place(rng, _drawn_outline(rng, CLASSES[label], size_classes), corners, h, w)
        if place is not None:
            _paint(rng, picture, *place)
            labels.append(label)
            corners.append(place[2])
    return _finished(picture, 6 * rng.standard_normal((h, w), dtype=np.float32), labels, corners, seed)


def _finished(picture, noise, labels, corners, seed):
    """The Scene of a picture that everything but the noise has been painted on."""
    h, w = noise.shape
    picture += noise[..., None]
    corners = np.float32(corners).reshape(-1, 4)
    sides = np.float32([w, h])
    boxes = np.concatenate(((corners[:, :2] + corners[:, 2:]) / 2 / sides, (corners[:, 2:] - corners[:, :2]) / sides), axis=1)
    return Scene(picture.clip(0, 255).astype(np.uint8), np.int64(labels), boxes.astype(np.float32), seed)


def make_scenes(n, *, seed=0, **settings):
    """n different scenes, made from the seeds seed, seed + 1, …: a list of Scene. Sets whose ranges do not meet share no scene.

    settings: further keywords of make_scene.
    """
    return [make_scene(seed + i, **settings) for i in range(n)]


def draw_scene(ground, objects, noise):
    """Draw a scene from its description, as the page does where a reader builds one.

    ground: a dict of size (height, width) in px, angle, length and strength of the stripes, grid [m, n] and strength of the blotches
    ("angle", "length", "waves", "grid", "blotches"), "tints" [2, 3] of both and the mean "colour" [3]; objects, painted in this order:
    dicts of "name" (one of CLASSES), "side" (the longer side of the box, px), "centre" (x, y) in px, "colour" [3], and for a digit its
    "ink" [rows, columns] from 0 to 1, for shapes with corners their "turn" in radians; noise [height, width]: added to the grey of every
    pixel. Returns a Scene without a seed.
    """
    h, w = ground["size"]
    picture, corners = _draw_ground(**ground), []
    for one in objects:
        place = _placed(_outline(one["name"], one["side"], one.get("turn", 0.0), one.get("ink")), *one["centre"], h, w)
        _blend(picture, *place[:2], np.array(one["colour"]))
        corners.append(place[2])
    return _finished(picture, noise, [CLASSES.index(one["name"]) for one in objects], corners, None)


def mirrored(scene, which):
    """One of the eight ways to lay a scene on the table: which & 1 swaps left and right, & 2 top and bottom, & 4 rows and columns.

    which: 0 (the scene itself) to 7. Returns a Scene with the same labels and the boxes moved along.
    """
    if which not in range(8):
        raise ValueError(f"which is {which!r}, expected a whole number from 0 to 7")
    image, boxes = scene.image, scene.boxes.copy()
    if which & 1:
        image, boxes[:, 0] = image[:, ::-1], 1 - boxes[:, 0]
    if which & 2:
        image, boxes[:, 1] = image[::-1], 1 - boxes[:, 1]
    if which & 4:
        image, boxes = image.swapaxes(0, 1), boxes[:, [1, 0, 3, 2]]
    return Scene(np.ascontiguousarray(image), scene.labels, boxes, scene.seed)


def scene_batch(scenes, *, pad_to=None):
    """Put scenes of different sizes into one batch, each in the upper left corner, the rest padded with zeros.

    pad_to: (height, width) in px of the batch, by default the largest of each.
    Returns (images float [b, 3, h, w] with about zero mean and unit variance, mask bool [b, h, w], True = is real,
    targets: for each scene {"labels": int64 [n], "boxes": float [n, 4]}, boxes as shares of the scene's own, unpadded size).
    """
    if not scenes:
        raise ValueError("scenes is empty, expected at least one scene")
    largest = [max(scene.size[axis] for scene in scenes) for axis in (0, 1)]
    h, w = largest if pad_to is None else pad_to
    if h < largest[0] or w < largest[1]:
        raise ValueError(f"pad_to is {(h, w)}, expected at least {tuple(largest)}, the largest scene")
    images, mask = torch.zeros(len(scenes), 3, h, w), torch.zeros(len(scenes), h, w, dtype=torch.bool)
    for i, scene in enumerate(scenes):
        rows, columns = scene.size
        images[i, :, :rows, :columns] = torch.from_numpy(scene.image).permute(2, 0, 1).float().div_(255).sub_(MEAN).div_(STD)
        mask[i, :rows, :columns] = True
    targets = [{"labels": torch.from_numpy(scene.labels), "boxes": torch.from_numpy(scene.boxes)} for scene in scenes]
    return images, mask, targets


def coco_annotations(scenes):
    """What COCO's annotation file says, for these scenes: a dict with images, annotations and categories.

    Image ids are places in the list; category ids are numbers of CLASSES plus 1; boxes are (x, y, width, height) in px.
    """
    annotations = []
    for i, scene in enumerate(scenes):
        for label, (left, top, right, bottom) in zip(scene.labels.tolist(), scene.boxes_xyxy.tolist(), strict=True):
            box = [left, top, right - left, bottom - top]
            annotations.append({"id": len(annotations) + 1, "image_id": i, "category_id": label + 1, "bbox": box, "area": box[2] * box[3],
                                "iscrowd": 0})
    return {
        "info": {"description": "scenes drawn by book_lib.data.scenes"},
        "images": [{"id": i, "height": scene.size[0], "width": scene.size[1]} for i, scene in enumerate(scenes)],
        "annotations": annotations,
        "categories": [{"id": label + 1, "name": name} for label, name in enumerate(CLASSES)],
    }


def save_scenes(scenes, folder, *, name="annotations.json"):
    """Write scenes as a data set in COCO's format: PNGs named after their seeds, and what coco_annotations says as a JSON of this name.

    Scenes without a seed are named after their place in the list. Returns the path of the JSON.
    """
    folder, content = Path(folder), coco_annotations(scenes)
    folder.mkdir(parents=True, exist_ok=True)
    for i, (scene, image) in enumerate(zip(scenes, content["images"], strict=True)):
        image["file_name"] = f"scene_{i if scene.seed is None else scene.seed}.png"
        Image.fromarray(scene.image).save(folder / image["file_name"])
    (folder / name).write_text(json.dumps(content), encoding="utf-8")
    return folder / name


def _ground(rng, h, w):
    """Stripes and blotches about a mean colour: float32 [h, w, 3], 0 to 255."""
    angle, length, grid = rng.uniform(0, math.pi), rng.uniform(4, 20), rng.normal(0, 1, (5, 5))
    colour, waves, blotches = rng.uniform(60, 195, 3), rng.uniform(0, 16), rng.uniform(5, 22)
    return _draw_ground((h, w), angle, length, waves, grid, blotches, rng.uniform(0.4, 1.0, (2, 3)), colour)


def _draw_ground(size, angle, length, waves, grid, blotches, tints, colour):
    y, x = np.ogrid[: size[0], : size[1]]
    stripes = np.sin((math.cos(angle) * x + math.sin(angle) * y) * np.float32(2 * math.pi / length))
    pattern = np.stack((stripes * waves, _stretched(np.asarray(grid), *size) * blotches)).astype(np.float32)
    return np.tensordot(pattern, np.asarray(tints, dtype=np.float32), (0, 0)) + np.asarray(colour, dtype=np.float32)


def _stretched(grid, h, w):
    """A small grid stretched bilinearly to h rows and w columns."""
    return _stretch_matrix(h, len(grid)) @ grid @ _stretch_matrix(w, grid.shape[1]).T


@functools.cache
def _stretch_matrix(n, m):
    place = np.clip((np.arange(n) + 0.5) * m / n - 0.5, 0, m - 1)
    return np.maximum(0, 1 - np.abs(place[:, None] - np.arange(m)))


def _drawn_outline(rng, name, size_classes):
    low, high = size_classes[str(rng.choice(list(size_classes)))]
    side = rng.uniform(low, high)
    if name == "digit":
        return _outline(name, side, ink=_digits()[rng.integers(len(_digits()))])
    return _outline(name, side, turn=0.0 if name in ("disc", "ring") else rng.uniform(-0.4, 0.4))


def _outline(name, side, turn=0.0, ink=None):
    """(coverage function on a grid of px about the centre, half the width, half the height in px)."""
    if name in ("disc", "ring"):
        radius = side / 2
        inner = radius * 0.55 if name == "ring" else 0.0
        return lambda x, y: _round(x, y, radius, inner), radius, radius
    if name == "digit":
        ink = np.asarray(ink)
        rows, columns = ink.shape
        h, w = (side, side * columns / rows) if rows >= columns else (side * rows / columns, side)
        return lambda x, y: _digit(ink, x, y, w, h), w / 2, h / 2
    corners = _turned(SHARP.get(name, [[-1, -ARM], [1, -ARM], [1, ARM], [-1, ARM], [-ARM, -1], [ARM, -1], [ARM, 1], [-ARM, 1]]), turn)
    corners -= (corners.max(0) + corners.min(0)) / 2             # the centre of the box, not of the shape, is the origin
    corners *= side / (corners.max(0) - corners.min(0)).max()
    parts = [corners[:4], corners[4:]] if name == "cross" else [corners]
    half = corners.max(0)
    return lambda x, y: np.maximum.reduce([_convex(part, x, y) for part in parts]), half[0], half[1]


def _turned(corners, angle):
    return np.array(corners, dtype=float) @ [[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]]


def _round(x, y, radius, inner):
    distance = np.hypot(x, y)
    cover = np.clip(radius - distance + 0.5, 0, 1)
    return cover * np.clip(distance - inner + 0.5, 0, 1) if inner else cover


def _convex(corners, x, y):
    cover = np.inf
    for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        length = math.hypot(x1 - x0, y1 - y0)
        cover = np.minimum(cover, ((x1 - x0) * (y - y0) - (y1 - y0) * (x - x0)) / length)     # px inside this edge
    return np.clip(cover + 0.5, 0, 1)


def _digit(digit, x, y, w, h):
    rows, columns = digit.shape
    row, column = (y / h + 0.5) * rows - 0.5, (x / w + 0.5) * columns - 0.5
    at_rows = np.maximum(0, 1 - np.abs(row - np.arange(rows)))                  # [h, rows]
    at_columns = np.maximum(0, 1 - np.abs(column.T - np.arange(columns)))       # [w, columns]
    inside = (np.abs(y) <= h / 2) * (np.abs(x) <= w / 2)
    return (at_rows @ digit @ at_columns.T) * inside


@functools.cache
def _digits():
    """scikit-learn's handwritten digits, each cut to its ink: a list of float arrays, 0 to 1."""
    from sklearn.datasets import load_digits

    cut = []
    for image in load_digits().images / 16:
        rows, columns = np.flatnonzero(image.max(1) > 0.25), np.flatnonzero(image.max(0) > 0.25)
        cut.append(np.minimum(1, 1.3 * image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]))
    return cut


def _free_place(rng, outline, taken, h, w):
    """What _placed returns, at a place where no box covers much of another, or None."""
    _, half_w, half_h = outline
    if 2 * half_w > w - 2 or 2 * half_h > h - 2:
        return None
    for _ in range(20):
        cx, cy = rng.uniform(half_w + 1, w - half_w - 1), rng.uniform(half_h + 1, h - half_h - 1)
        box = (cx - half_w, cy - half_h, cx + half_w, cy + half_h)
        if all(_covered(box, other) <= MAX_COVERED for other in taken):
            return _placed(outline, cx, cy, h, w)
    return None


def _placed(outline, cx, cy, h, w):
    """(coverage, (left, top) of its patch in px, corners of the box) of an outline whose centre stands at cx, cy."""
    cover, half_w, half_h = outline
    box = (cx - half_w, cy - half_h, cx + half_w, cy + half_h)
    left, top = max(int(box[0]) - 1, 0), max(int(box[1]) - 1, 0)
    x = np.arange(left, min(int(box[2]) + 2, w))[None, :] + 0.5 - cx
    y = np.arange(top, min(int(box[3]) + 2, h))[:, None] + 0.5 - cy
    return cover(x, y), (left, top), box


def _covered(a, b):
    """The share of the smaller of two boxes that the other covers."""
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    smaller = min((a[2] - a[0]) * (a[3] - a[1]), (b[2] - b[0]) * (b[3] - b[1]))
    return max(width, 0) * max(height, 0) / smaller


def _paint(rng, picture, cover, corner, box):
    ground = _patch(picture, cover, corner).mean((0, 1))
    colour = rng.uniform(0, 255, 3)
    while np.abs(colour - ground).max() < 70:
        colour = rng.uniform(0, 255, 3)
    _blend(picture, cover, corner, colour)


def _blend(picture, cover, corner, colour):
    patch, cover = _patch(picture, cover, corner), cover.astype(np.float32)[..., None]
    patch += cover * (colour.astype(np.float32) - patch)


def _patch(picture, cover, corner):
    (left, top), (h, w) = corner, cover.shape
    return picture[top : top + h, left : left + w]


def _require(seed, n_objects, size, sides, size_classes):
    if not isinstance(seed, int | np.integer) or seed < 0:
        raise ValueError(f"seed is {seed!r}, expected a whole number of at least 0")
    if n_objects is not None and n_objects not in range(MAX_OBJECTS + 1):
        raise ValueError(f"n_objects is {n_objects!r}, expected a whole number from 0 to {MAX_OBJECTS}")
    if size is not None and not (len(size) == 2 and all(map(_is_side, size))):
        raise ValueError(f"size is {size!r}, expected (height, width), two whole numbers of px from 32 to 512")
    if not sides or not all(map(_is_side, sides)):
        raise ValueError(f"sides is {sides!r}, expected whole numbers of px from 32 to 512")
    if not size_classes or not all(2 <= low <= high for low, high in size_classes.values()):
        raise ValueError(f"size_classes is {size_classes!r}, expected (from, up to) in px for each name, from 2 px on")


def _is_side(side):
    return isinstance(side, int) and 32 <= side <= 512
