"""The small trained models that come with the book: what recipes/NAME.py has left in models/NAME/."""

import json
from pathlib import Path

import torch
from safetensors.torch import save_file

from book_lib.compressed_files import load_compressed

ROOT = Path(__file__).parents[2]


def model_folder(name):
    """The folder of a shipped model: models/NAME in the repository, or beside the installed library."""
    beside = Path(__file__).parents[1] / "shipped_models" / name
    return beside if beside.exists() else ROOT / "models" / name


def save_model(name, weights, metrics, *, half=False):
    """Write models/NAME/weights.safetensors and metrics.json.

    weights: {name: tensor}, stored in float32, or with half in float16; metrics: JSON values, with seeds, versions, seconds and scores.
    """
    save_log(name, metrics)
    dtype = torch.float16 if half else torch.float32
    save_file({key: tensor.detach().to(dtype).contiguous() for key, tensor in weights.items()}, model_folder(name) / "weights.safetensors")


def save_log(name, metrics):
    """Write models/NAME/metrics.json alone, for a recipe that compares trainings and ships no weights."""
    folder = model_folder(name)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "metrics.json").write_text(json.dumps(metrics, indent=1) + "\n", encoding="utf-8")


def load_model(name):
    """Read models/NAME. Returns (weights {name: tensor}, metrics dict). Raises ValueError where the recipe has not been run."""
    folder = model_folder(name)
    if not (folder / "weights.safetensors").exists():
        raise ValueError(f"there is no trained model {name!r} in {folder.parent.name}/; run `python recipes/{name}.py` first")
    return load_compressed(folder / "weights.safetensors"), load_log(name)


def load_log(name):
    """Read models/NAME/metrics.json. Raises ValueError where the recipe has not been run."""
    path = model_folder(name) / "metrics.json"
    if not path.exists():
        raise ValueError(f"there is no log {name!r} in {path.parents[1].name}/; run its recipe first, or `make experiments` of its chapter")
    return json.loads(path.read_text(encoding="utf-8"))
