"""Write a trained model as one file for the page: `python tools/export_page_model.py detr --kind int8 --output detr.bin`.

The format is described in figures/_lib/engine/model_file.js, which reads it there; read_page_model reads it here. Batch norms are folded
into the convolutions before them, linear maps are laid [in, out]. Matrices get the kind asked for; biases, norms, object queries and
learned positions stay float32. The build of the book makes the files that its pages load, so none is stored.
"""

import argparse
import hashlib
import json
import struct
import sys
import zlib
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from book_lib.book.models import load_model, model_folder  # noqa: E402
from book_lib.data.scenes import CLASSES  # noqa: E402
from book_lib.data.translation import SOURCE_VOCABULARY, TARGET_VOCABULARY  # noqa: E402
from book_lib.experiments import named_pictures, pixels, small_deformable, small_detectors, small_lanes  # noqa: E402
from book_lib.experiments.translator import LONGEST, SIZES  # noqa: E402

MAGIC = b"A2D page model 1"
KINDS = ("float32", "float16", "int8")
EPS = 1e-5                                                                   # of nn.BatchNorm2d
EXACT = ("queries", "positions", "level_code")                               # one row each, kept as they are
TABLES = ("embedding.weight", "colours.weight")
TRANSLATOR = {
    "sizes": SIZES,
    "words": {"source": SOURCE_VOCABULARY, "target": TARGET_VOCABULARY},
    "limits": {"characters": 64, "words": LONGEST, "beams": 8},
    "room": 2_000_000,
}
HEADERS = {
    "detr": {"sizes": small_detectors.SIZES, "words": {"classes": CLASSES}, "limits": {"side": [32, 96]}, "room": 3_000_000},
    "deformable_detr": {"sizes": small_deformable.DEFORMABLE_SIZES, "words": {"classes": CLASSES}, "limits": {"side": [32, 96]},
                        "room": 6_000_000},
    "igpt": {"sizes": pixels.SIZES, "room": 600_000},
    "lanes": {"sizes": small_lanes.SIZES, "units": small_lanes.UNITS, "words": {"classes": ["no lane", "lane"]},
              "limits": {"side": [32, 128]}, "room": 3_000_000},
    "translator": TRANSLATOR,
    "translator_no_mask": TRANSLATOR,
    "vit_digits": {"sizes": named_pictures.VIT | {"n_classes": named_pictures.N_DIGITS, "eps": 1e-6}, "room": 200_000},
}                                                                            # room: numbers of 4 bytes for one answer


def page_model(name, kind="int8"):
    """The bytes of a model's file. Raises ValueError for a model without a page form and for an unknown kind."""
    if name not in HEADERS or kind not in KINDS:
        raise ValueError(f"name is {name!r} and kind {kind!r}, expected one of {', '.join(HEADERS)} and one of {', '.join(KINDS)}")
    source = hashlib.sha256((model_folder(name) / "weights.safetensors").read_bytes()).hexdigest()
    return page_file(name, kind, source, laid_out(load_model(name)[0]), **HEADERS[name])


def page_file(name, kind, source, matrices, **more):
    """The bytes of a file that holds matrices {name: float32 [rows, columns]}; more: sizes, room and what else the header says."""
    entries, body = [], b""
    for key, matrix in matrices.items():
        axis = 0 if key.endswith(TABLES) else 1                              # one scale for each word, or for each output of a map
        entry = {"name": key, "shape": list(matrix.shape), "kind": "float32" if len(matrix) == 1 or key in EXACT else kind}
        entries.append(entry | {"offset": len(body)} | ({"axis": axis} if entry["kind"] == "int8" else {}))
        body += padded(as_bytes(matrix, entry["kind"], axis), b"\0")
    header = {"model": name, "kind": kind, "source": source, **more, "tensors": entries}
    text = padded(json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode(), b" ")
    return MAGIC + struct.pack("<II", len(text), zlib.crc32(text + body)) + text + body


def read_page_model(content):
    """What a file holds: (header, {name: float32 array}). Raises ValueError for other bytes and for damaged ones."""
    if content[:16] != MAGIC:
        raise ValueError(f"content begins with {content[:16]!r}, expected {MAGIC!r}: this is no model for the page")
    length, crc = struct.unpack("<II", content[16:24])
    if zlib.crc32(content[24:]) != crc:
        raise ValueError("content is damaged: its CRC-32 differs from the one it carries")
    header, body = json.loads(content[24 : 24 + length]), content[24 + length :]
    return header, {entry["name"]: from_bytes(body[entry["offset"] :], entry) for entry in header["tensors"]}


def laid_out(weights):
    """PyTorch's parameters as matrices for the page: {name: float32 [rows, columns]}."""
    weights = {name: tensor.double().numpy() for name, tensor in weights.items()}
    norms = {name.removesuffix(".running_var") for name in weights if name.endswith(".running_var")}
    matrices = {}
    for name, tensor in weights.items():
        part, _, last = name.rpartition(".")
        if part in norms:
            continue
        if tensor.ndim == 4:                                                 # [out, in, ky, kx] -> [ky · kx · in, out]
            bias = weights.get(f"{part}.bias", np.zeros(len(tensor)))
            norm = part[:-1] + "1" if part.endswith("stem.0") else part.replace("conv", "bn")
            if norm in norms:
                factor, shift, mean, variance = (weights[f"{norm}.{key}"] for key in ("weight", "bias", "running_mean", "running_var"))
                scale = factor / np.sqrt(variance + EPS)
                tensor, bias = tensor * scale[:, None, None, None], shift + (bias - mean) * scale
            matrices |= {name: tensor.transpose(2, 3, 1, 0).reshape(-1, len(tensor)), f"{part}.bias": bias[None]}
        elif tensor.ndim == 2:
            matrices[name] = tensor if name in EXACT or name.endswith(TABLES) else tensor.T
        elif name not in matrices:
            matrices[name] = tensor[None]
    return {name: np.ascontiguousarray(matrix, dtype=np.float32) for name, matrix in matrices.items()}


def as_bytes(matrix, kind, axis):
    if kind != "int8":
        return matrix.astype(np.dtype(kind).newbyteorder("<")).tobytes()
    scales = np.maximum(np.abs(matrix).max(axis=1 - axis, keepdims=True) / 127, np.finfo(np.float32).tiny).astype("<f4")
    return scales.tobytes() + np.rint(matrix / scales).astype(np.int8).tobytes()


def from_bytes(body, entry):
    (rows, columns), kind = entry["shape"], entry["kind"]
    if kind != "int8":
        return np.frombuffer(body, np.dtype(kind).newbyteorder("<"), rows * columns).reshape(rows, columns).astype(np.float32)
    scales = np.frombuffer(body, "<f4", columns if entry["axis"] else rows)
    whole = np.frombuffer(body[scales.nbytes :], np.int8, rows * columns).reshape(rows, columns)
    return whole * (scales if entry["axis"] else scales[:, None])


def padded(content, filler):
    return content + filler * (-len(content) % 4)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=HEADERS)
    parser.add_argument("--kind", choices=KINDS, default="int8")
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args(arguments)
    content = page_model(options.name, options.kind)
    options.output.write_bytes(content)
    print(f"{options.output}: {len(content):,} bytes, {options.kind}, source {read_page_model(content)[0]['source'][:12]}…")


if __name__ == "__main__":
    main()
