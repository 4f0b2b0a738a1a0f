"""What ordinary files need for the held-out digits, in bits per pixel: rivals for a model's nats (chapter 7)."""

import gzip
import io
import zlib

import numpy as np
from PIL import Image

from book_lib.experiments.pixels import SIDE, digits

KINDS = ("bytes", "png", "gzip", "gzip, one each", "zlib after training digits")
WINDOW = 2**15                                                               # bytes that zlib looks back


def file_bits(kind, part="held out"):
    """Bits per pixel of a part of the digits, one byte a pixel before compression; whole files, headers included.

    kind: "bytes" (nothing compressed), "png" (all digits on one sheet of 20 in a row, grey, the best of Pillow's settings), "gzip" (all
    digits in one file), "gzip, one each" (a file for each digit) or "zlib after training digits" (one stream whose dictionary is the last
    32 KiB of the training digits, which are not counted). Raises ValueError for another.
    """
    pixels = digits(part)[0].numpy().astype(np.uint8)
    if kind not in KINDS:
        raise ValueError(f"kind is {kind!r}, expected one of {', '.join(map(repr, KINDS))}")
    if kind == "bytes":
        n_bytes = pixels.size
    elif kind == "png":
        file = io.BytesIO()
        Image.fromarray(_sheet(pixels)).save(file, "PNG", optimize=True)
        n_bytes = len(file.getvalue())
    elif kind == "gzip":
        n_bytes = len(gzip.compress(pixels.tobytes(), 9, mtime=0))
    elif kind == "gzip, one each":
        n_bytes = sum(len(gzip.compress(digit.tobytes(), 9, mtime=0)) for digit in pixels)
    else:
        known = digits("train")[0].numpy().astype(np.uint8).tobytes()[-WINDOW:]
        stream = zlib.compressobj(9, zdict=known)
        n_bytes = len(stream.compress(pixels.tobytes()) + stream.flush())
    return 8 * n_bytes / pixels.size


def _sheet(pixels):
    """Digits [n, 64] on one sheet [rows * 8, 20 * 8]; what is left over in the last row is 0."""
    rows = -(-len(pixels) // 20)
    tiles = np.zeros((20 * rows, SIDE, SIDE), dtype=np.uint8)
    tiles[: len(pixels)] = pixels.reshape(-1, SIDE, SIDE)
    return tiles.reshape(rows, 20, SIDE, SIDE).swapaxes(1, 2).reshape(rows * SIDE, 20 * SIDE)
