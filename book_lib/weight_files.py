"""Files of weights: read without running any code in them, and named for what they are where they are something else."""

import pickle
import zipfile
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

AGAIN = "fetch it again and compare its size and sha256 with the published ones"


def read_weight_file(path):
    """What a .pth, .pt or .safetensors file holds: whatever torch.save was given, if tensors and Python's own types, or {name: tensor}.

    Raises ValueError where there is no such file, and where it cannot be read: saying, as far as its bytes tell, what it is and what to do.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"path is {str(path)!r}, expected an existing file")
    try:
        return load_file(path) if path.suffix == ".safetensors" else torch.load(path, map_location="cpu", weights_only=True)
    except (SafetensorError, pickle.UnpicklingError, EOFError, RuntimeError, ValueError, LookupError, AttributeError, OSError) as error:
        kind = path.suffix if path.suffix == ".safetensors" else ".pth"
        raise ValueError(f"{path.name} cannot be read as a {kind} file of weights: {_what_it_is(path, str(error))}") from error


def _what_it_is(path, complaint):
    """What a file that could not be read is, and what to do."""
    with path.open("rb") as file:
        start = file.read(512)
    text = start.lstrip().lower()
    if not start:
        return f"it is empty; {AGAIN}"
    if text.startswith((b"<!doctype html", b"<html", b"<head", b"<?xml")):
        return "it is a web page, probably of an address that shows the file or an error; fetch the file itself"
    if start.startswith(b"version https://git-lfs"):
        return "it is a pointer of Git LFS, which stands for the file; fetch the file itself with `git lfs pull`"
    if "GLOBAL" in complaint and "blocked" in complaint:
        return f"it would run {_class_named_in(complaint)} while it is read; do not load it by other means"
    if "GLOBAL" in complaint:
        return (f"beside tensors it holds Python objects ({_class_named_in(complaint)}), which could run code and are not read; where you "
                "trust its maker, load it once with torch.load(..., weights_only=False) and save {'model': its weights} alone")
    if path.suffix == ".safetensors":
        if int.from_bytes(start[:8], "little") + 8 > path.stat().st_size or "incomplete" in complaint.lower():
            return f"it is cut short at {path.stat().st_size} bytes, or of another kind; {AGAIN}"
    elif start.startswith(b"PK") and not zipfile.is_zipfile(path):
        return f"it is cut short at {path.stat().st_size} bytes; {AGAIN}"
    elif start.startswith(b"PK"):
        return f"it is an archive that is damaged or that torch.save did not write; {AGAIN}"
    return f"it is damaged, or of another kind; {AGAIN}"


def _class_named_in(complaint):
    """The class that torch names when it refuses to read a file: the word after GLOBAL, such as argparse.Namespace."""
    words = complaint.replace(",", " ").split()
    return next((words[i + 1].strip("`'") for i, word in enumerate(words[:-1]) if word.strip("`'") == "GLOBAL"), "of a class of its own")
