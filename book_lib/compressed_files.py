"""Weights in as few bytes as their kind allows, in one .safetensors file: rounded, from a codebook, or with the zeros left out."""

import json
import math
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from book_lib.compression import Quantised, codebook, quantise

KEY = "compressed"                                                           # under which a file says how its tensors are packed
KINDS = ("float32", "float16", "int8", "int8, one scale", "int4", "codebook4", "sparse", "sparse int8", "sparse int4")


def own_weights(model):
    """The state of a model without second names of shared tensors, {name: tensor}; load it with strict=False."""
    seen, own = set(), {}
    for name, tensor in model.state_dict(keep_vars=True).items():
        if id(tensor) not in seen:
            seen.add(id(tensor))
            own[name] = tensor.detach()
    return own


def save_compressed(path, weights, kind="float32"):
    """Write weights {name: tensor} to a .safetensors file.

    kind: that of every tensor of two or more axes, or {name: kind} for some; all others stay as they are. "int8": a byte for each number
    and a float32 scale for each entry of the first axis, or one scale in all; "int4": half a byte and such scales. "codebook4": half a
    byte, and 16 float32 values. "sparse": a bit for each number and float32 for those that are not zero; "sparse int8": a bit, and a byte
    for those, "sparse int4" half a byte. Returns the size of the file, bytes.
    """
    path, packed, said = Path(path), {}, {}
    if path.suffix != ".safetensors":
        raise ValueError(f"path is {str(path)!r}, expected a name that ends in .safetensors")
    kinds = {name: kind for name, tensor in weights.items() if tensor.dim() >= 2} if isinstance(kind, str) else kind
    if wrong := [name for name in kinds if name not in weights or kinds[name] not in KINDS]:
        raise ValueError(f"kind says {kinds[wrong[0]]!r} for {wrong[0]!r}, expected names of weights and kinds of {', '.join(KINDS)}")
    for name, tensor in weights.items():
        tensor = tensor.detach().contiguous()
        kind_here = kinds.get(name, "float32")
        if kind_here == "float32":
            packed[name] = tensor
            continue
        said[name] = [kind_here, *tensor.shape]
        packed |= {f"{name}.{part}": value.contiguous() for part, value in _pack(tensor, kind_here).items()}
    save_file(packed, path, {KEY: json.dumps(said)} if said else None)
    return path.stat().st_size


def load_compressed(path):
    """Read what save_compressed has written, or any other .safetensors file: {name: tensor}, float32 where it was packed."""
    with safe_open(path, framework="pt") as file:
        said = json.loads((file.metadata() or {}).get(KEY, "{}"))
    tensors = load_file(path)
    for name, (kind, *shape) in said.items():
        parts = {key: tensors.pop(f"{name}.{key}") for key in _parts(kind)}
        tensors[name] = _unpack(parts, kind, shape)
    return tensors


def _parts(kind):
    return {"float16": ("half",), "int8": ("whole", "scale"), "int8, one scale": ("whole", "scale"), "int4": ("nibbles", "scale"),
            "codebook4": ("nibbles", "centres"), "sparse": ("places", "values"), "sparse int8": ("places", "whole", "scale"),
            "sparse int4": ("places", "nibbles", "scale")}[kind]


def _pack(tensor, kind):
    if kind == "float16":
        return {"half": tensor.half()}
    if kind == "codebook4":
        codes, centres = codebook(tensor, 4)
        return {"nibbles": _in_pairs(codes), "centres": centres}
    if kind == "sparse":
        return {"places": _as_bits(tensor != 0), "values": tensor[tensor != 0]}
    whole, scale, _ = quantise(tensor, bits=4 if kind.endswith("int4") else 8, per_channel=kind != "int8, one scale")
    if kind == "int4":
        return {"nibbles": _in_pairs(whole + 8), "scale": scale.flatten()}
    if kind == "sparse int8":
        return {"places": _as_bits(whole != 0), "whole": whole[whole != 0], "scale": scale.flatten()}
    if kind == "sparse int4":
        return {"places": _as_bits(whole != 0), "nibbles": _in_pairs(whole[whole != 0] + 8), "scale": scale.flatten()}
    return {"whole": whole, "scale": scale.flatten()}


def _unpack(parts, kind, shape):
    if kind == "float16":
        return parts["half"].float()
    if kind == "codebook4":
        return parts["centres"][_from_pairs(parts["nibbles"], shape).long()]
    if kind == "sparse":
        return _filled(parts["places"], parts["values"], shape)
    if kind == "sparse int4":
        kept = _from_bits(parts["places"], shape)
        parts["whole"] = _from_pairs(parts["nibbles"], [int(kept.sum())]).to(torch.int8) - 8
    whole = {"int4": lambda: _from_pairs(parts["nibbles"], shape).to(torch.int8) - 8,
             "sparse int8": lambda: _filled(parts["places"], parts["whole"], shape),
             "sparse int4": lambda: _filled(parts["places"], parts["whole"], shape)}.get(kind, lambda: parts["whole"])()
    scale = parts["scale"].view(-1, *[1] * (len(shape) - 1))
    return Quantised(whole, scale, torch.zeros_like(scale)).values()


def _in_pairs(numbers):
    """Numbers from 0 to 15, two in a byte."""
    flat = F.pad(numbers.flatten().to(torch.uint8), (0, numbers.numel() % 2))
    return flat[::2] << 4 | flat[1::2]


def _from_pairs(nibbles, shape):
    return torch.stack([nibbles >> 4, nibbles & 15], dim=1).flatten()[: math.prod(shape)].view(shape)


def _as_bits(kept):
    return torch.from_numpy(np.packbits(kept.numpy().ravel()))


def _from_bits(places, shape):
    return torch.from_numpy(np.unpackbits(places.numpy(), count=math.prod(shape)).astype(bool)).view(shape)


def _filled(places, values, shape):
    kept = _from_bits(places, shape)
    whole = torch.zeros(shape, dtype=values.dtype)
    whole[kept] = values
    return whole
