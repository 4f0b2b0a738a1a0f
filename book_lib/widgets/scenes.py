"""What the figures of detection share: a scene as plain values, maps packed into text, and the picture of a scene with boxes."""

import io
import json
from base64 import b64decode, b64encode
from html import escape

from book_lib.widgets.base import is_number, is_whole, is_words

WIDE = 320                                                                   # px a scene is drawn wide
COLOURS = 48                                                                 # in a picture's palette


def recorded(path) -> dict:
    """The data written beside a figure's module; empty before they are recorded for the first time, so that they can be."""
    return json.loads(path.read_text("utf-8")) if path.is_file() else {}


def plain_scene(scene) -> dict:
    """A Scene of book_lib.data.scenes as JSON's own types: its picture as a PNG of at most 48 colours, its size, its objects.

    Returns {"image": data URI, "size": [width, height], "objects": [[class, cx, cy, w, h], …]}, boxes in ten thousandths.
    """
    from PIL import Image

    file, few = io.BytesIO(), Image.fromarray(scene.image).quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    few.save(file, "PNG", optimize=True)
    objects = [[int(label), *thousandths(box)] for label, box in zip(scene.labels, scene.boxes, strict=True)]
    height, width = scene.size
    return {"image": f"data:image/png;base64,{b64encode(file.getvalue()).decode()}", "size": [width, height], "objects": objects}


def thousandths(box) -> list[int]:
    """A box (cx, cy, w, h) in shares of the picture as whole ten thousandths."""
    return [round(10_000 * float(x)) for x in box]


def is_scene(one, n_classes: int) -> bool:
    return (
        set(one) == {"image", "size", "objects"}
        and isinstance(one["image"], str)
        and one["image"].startswith("data:image/png;base64,")
        and len(one["size"]) == 2
        and all(is_whole(side, 8, 2048) for side in one["size"])
        and 1 <= len(one["objects"]) <= 20
        and all(is_whole(label, 0, n_classes - 1) and is_box(box) for label, *box in one["objects"])
    )


def is_box(box) -> bool:
    return len(box) == 4 and all(is_whole(x, -10_000, 20_000) for x in box)


def are_classes(names) -> bool:
    return is_words(names, 1, 12)


def packed(values) -> list:
    """[scale, text]: numbers of at least 0 as whole numbers up to 255 in base64, to be multiplied by scale / 255."""
    flat = [float(x) for x in values]
    scale = float(f"{max(flat):.6g}") or 1.0
    return [scale, b64encode(bytes(min(255, round(255 * x / scale)) for x in flat)).decode()]


def unpacked(pair) -> list[float]:
    scale, text = pair
    return [byte * scale / 255 for byte in b64decode(text)]


def is_packed(pair, n: int) -> bool:
    scale, text = pair
    return is_number(scale, 1e-12) and len(b64decode(text)) == n


def are_answers(one, n_classes: int) -> bool:
    """Whether boxes, labels, scores and maps over the cells of a grid fit each other: what a detector answers for one scene."""
    return (
        len(one["grid"]) == 2
        and all(is_whole(side, 1, 64) for side in one["grid"])
        and len(one["boxes"]) == len(one["labels"]) == len(one["scores"]) == len(one["maps"])
        and all(is_box(box) for box in one["boxes"])
        and all(is_whole(label, 0, n_classes - 1) for label in one["labels"])
        and all(is_number(score, 0, 1) for score in one["scores"])
        and all(is_packed(pair, one["grid"][0] * one["grid"][1]) for pair in one["maps"])
    )


def share_inside(weights, grid, box) -> float:
    """The share of weights over the cells of a grid (rows, columns) on cells whose middle lies in a box in ten thousandths."""
    rows, columns = grid
    cx, cy, w, h = (x / 10_000 for x in box)
    middles = [((j + 0.5) / columns, (i + 0.5) / rows) for i in range(rows) for j in range(columns)]
    held = sum(x for x, (a, b) in zip(weights, middles, strict=True) if abs(a - cx) <= w / 2 and abs(b - cy) <= h / 2)
    return held / sum(weights)


def corners(box, size) -> tuple[float, float, float, float]:
    """(left, top, width, height) of a box in ten thousandths, in px of the drawn scene."""
    high = WIDE * size[1] / size[0]
    cx, cy, w, h = (x / 10_000 for x in box)
    return (cx - w / 2) * WIDE, (cy - h / 2) * high, w * WIDE, h * high


def rectangle(box, size, style: str) -> str:
    x, y, w, h = corners(box, size)
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" style="fill:none;{style}"/>'


def dimmed(weights, grid, size) -> str:
    """The cells of a grid (rows, columns) over a scene, the darker the less weight they have."""
    rows, columns = grid
    w, h = WIDE / columns, WIDE * size[1] / size[0] / rows
    return "".join(
        f'<rect x="{i % columns * w:.1f}" y="{i // columns * h:.1f}" width="{w:.1f}" height="{h:.1f}"'
        f' style="fill:#000;fill-opacity:{0.7 * (1 - x / max(weights)):.2f}"/>'
        for i, x in enumerate(weights)
    )


def scene_svg(one, marks: str, title: str) -> str:
    """The picture with its objects outlined and marks (SVG text, in px of a scene 320 wide) over it."""
    high = WIDE * one["size"][1] / one["size"][0]
    outlines = "".join(rectangle(box, one["size"], "stroke:#fff;stroke-width:5;stroke-opacity:.8") for _, *box in one["objects"])
    outlines += "".join(rectangle(box, one["size"], "stroke:#1d2329;stroke-width:2.5") for _, *box in one["objects"])
    return (
        f'<svg viewBox="0 0 {WIDE} {high:.1f}" width="{WIDE}" role="img" aria-label="{escape(title)}">'
        f'<image href="{one["image"]}" width="{WIDE}" height="{high:.1f}" preserveAspectRatio="none" style="image-rendering:pixelated"/>'
        f"{outlines}{marks}</svg>"
    )
