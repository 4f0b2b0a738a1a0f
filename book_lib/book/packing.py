"""Numbers and scenes packed small, as the data.json of interactive figures hold them."""

import io
from base64 import b64decode, b64encode

COLOURS = 48                                                                 # in a picture's palette


def packed(values):
    """[scale, text]: numbers of at least 0 as whole numbers up to 255 in base64, to be multiplied by scale / 255."""
    flat = [float(x) for x in values]
    scale = float(f"{max(flat):.6g}") or 1.0
    return [scale, b64encode(bytes(min(255, round(255 * x / scale)) for x in flat)).decode()]


def unpacked(pair):
    scale, text = pair
    return [byte * scale / 255 for byte in b64decode(text)]


def thousandths(box):
    """A box (cx, cy, w, h) in shares of the picture as whole ten thousandths."""
    return [round(10_000 * float(x)) for x in box]


def picture_address(image):
    """A picture, uint8 [h, w, 3], as the address (data URI) of a PNG of at most 48 colours."""
    from PIL import Image

    file, few = io.BytesIO(), Image.fromarray(image).quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    few.save(file, "PNG", optimize=True)
    return f"data:image/png;base64,{b64encode(file.getvalue()).decode()}"


def plain_scene(scene):
    """A Scene of book_lib.data.scenes as JSON's own types: its picture, as picture_address gives it, its size, its objects.

    Returns {"image": data URI, "size": [width, height], "objects": [[class, cx, cy, w, h], …]}, boxes in ten thousandths.
    """
    objects = [[int(label), *thousandths(box)] for label, box in zip(scene.labels, scene.boxes, strict=True)]
    height, width = scene.size
    return {"image": picture_address(scene.image), "size": [width, height], "objects": objects}
