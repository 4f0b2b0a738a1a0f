"""Plain data between the process that checks and the process that runs a student's code.

Nothing received is ever executed or unpickled: numbers, text, containers and arrays arrive as data, everything else as a handle.
What arrives is believed in nothing: sizes are compared with the bytes that came, and everything that could be large has a limit.
"""

import json
import math
import struct

import numpy as np
import torch

_HEADER = struct.Struct(">II")
_MAX_TEXT_BYTES = 2**20
_MAX_BYTES = 16 * 2**20
_MAX_DEPTH = 20
_MAX_PIECES = 20_000
_MAX_SIDES, _MAX_SIDE = 12, 2**31
_NAMES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64", "complex64", "complex128"]
_TORCH_DTYPES = {name: getattr(torch, name) for name in _NAMES}
_NUMPY_DTYPES = {name: np.dtype(name) for name in [*_NAMES, "uint16", "uint32", "uint64"] if name != "bfloat16"}


class WireError(Exception):
    """What arrived is not a message of ours, or is too large to be an answer."""


def send(connection, message, blobs=()):
    """Send a JSON message and the raw bytes of its arrays over a stream socket. Raises WireError above 1 MB of text or 16 MB of numbers."""
    text, size = json.dumps(message).encode(), sum(len(blob) for blob in blobs)
    if len(text) > _MAX_TEXT_BYTES or size > _MAX_BYTES:
        raise WireError(f"an answer of {(len(text) + size) / 2**20:.0f} MB is too large")
    connection.sendall(_HEADER.pack(len(text), size) + text + b"".join(blobs))


def send_cells(connection, cells):
    """Send the source of the cells of a notebook, one message a cell, the text as bytes (they may be larger than a message's text)."""
    send(connection, {"cells": len(cells)})
    for source in cells:
        send(connection, {}, [source.encode(errors="replace")])


def receive_cells(connection):
    """The cells that send_cells sent."""
    message, _ = receive(connection)
    return [receive(connection)[1].decode() for _ in range(message["cells"])]


def receive(connection, most_bytes=_MAX_BYTES):
    """Receive one message: (JSON object, bytes of its arrays). Raises EOFError when the other side is gone."""
    text_size, body_size = _HEADER.unpack(_read(connection, _HEADER.size))
    if text_size > _MAX_TEXT_BYTES or text_size + body_size > most_bytes + _MAX_TEXT_BYTES:
        raise WireError("the answer is too large")
    try:
        message = json.loads(_read(connection, text_size))
    except (ValueError, RecursionError) as error:
        raise WireError("the answer is not readable") from error
    if not isinstance(message, dict):
        raise WireError("the answer is not readable")
    return message, _read(connection, body_size)


def _read(connection, size):
    chunks = bytearray()
    while len(chunks) < size:
        chunk = connection.recv(min(size - len(chunks), 2**20))
        if not chunk:
            raise EOFError
        chunks += chunk
    return bytes(chunks)


class Encoder:
    """Turns values into JSON and bytes. `to_handle(value)` says what to send for what is not data."""

    def __init__(self, to_handle):
        self.to_handle = to_handle
        self.blobs = []
        self.arrays = []
        self.offset = self.pieces = 0

    def encode(self, value, depth=0):
        """The JSON form of `value`; the bytes of its arrays are appended to `blobs`, the arrays themselves to `arrays`."""
        self.pieces += 1
        if depth > _MAX_DEPTH or self.pieces > _MAX_PIECES:
            raise WireError(f"the answer is nested deeper than {_MAX_DEPTH} levels, or has more than {_MAX_PIECES} parts")
        if value is None or isinstance(value, bool | str):
            return value
        if isinstance(value, np.generic) and value.dtype.name in _NUMPY_DTYPES:
            return self._array("scalar", value, np.asarray(value))
        if isinstance(value, int | float):
            return value
        if isinstance(value, list | tuple):
            kind = "list" if isinstance(value, list) else "tuple"
            return {"kind": kind, "items": [self.encode(item, depth + 1) for item in value]}
        if isinstance(value, dict):
            pairs = [[self.encode(key, depth + 1), self.encode(item, depth + 1)] for key, item in value.items()]
            return {"kind": "dict", "items": pairs}
        if isinstance(value, np.ndarray) and value.dtype.name in _NUMPY_DTYPES:
            return self._array("array", value, value)
        dense = isinstance(value, torch.Tensor) and value.layout == torch.strided and value.device.type == "cpu"
        if dense and str(value.dtype).removeprefix("torch.") in _TORCH_DTYPES:
            return self._tensor(value)
        return self.to_handle(value)

    def _array(self, kind, value, array):
        return self._store(kind, value, array.dtype.name, array.shape, np.ascontiguousarray(array).tobytes())

    def _tensor(self, value):
        form = self._store("tensor", value, str(value.dtype).removeprefix("torch."), value.shape, tensor_bytes(value))
        return form | {"grad": True} if value.requires_grad else form

    def _store(self, kind, value, dtype, shape, blob):
        self.blobs.append(blob)
        self.arrays.append(value)
        start, self.offset = self.offset, self.offset + len(blob)
        return {"kind": kind, "dtype": dtype, "shape": list(shape), "start": start, "size": len(blob)}


class Decoder:
    """The inverse of Encoder. `from_handle(form)` makes what stands for something that is not data."""

    def __init__(self, body, from_handle):
        self.body = body
        self.from_handle = from_handle
        self.arrays = []
        self.pieces = 0

    def decode(self, form):
        """The value of a JSON form. Raises WireError where it is malformed, whatever the sender intended."""
        try:
            return self._decode(form)
        except (KeyError, TypeError, ValueError, RuntimeError, RecursionError, OverflowError, MemoryError) as error:
            raise WireError("the answer is not readable") from error

    def _decode(self, form, depth=0):
        self.pieces += 1
        if self.pieces > _MAX_PIECES or depth > _MAX_DEPTH:
            raise WireError("the answer has too many parts")
        if isinstance(form, list):
            raise ValueError("a bare list")
        if not isinstance(form, dict):
            return form
        kind = form["kind"]
        if kind in ("list", "tuple"):
            items = [self._decode(item, depth + 1) for item in form["items"]]
            return items if kind == "list" else tuple(items)
        if kind == "dict":
            return {self._decode(key, depth + 1): self._decode(item, depth + 1) for key, item in form["items"]}
        if kind in ("array", "scalar", "tensor"):
            return self._decode_array(kind, form)
        return self.from_handle(form)

    def _decode_array(self, kind, form):
        dtype = (_TORCH_DTYPES if kind == "tensor" else _NUMPY_DTYPES)[form["dtype"]]
        shape, start, size = form["shape"], form["start"], form["size"]
        if not all(type(n) is int and 0 <= n <= _MAX_SIDE for n in (*shape, start, size)) or len(shape) > _MAX_SIDES:
            raise ValueError("no shape of an array")
        if kind == "scalar" and shape:
            raise ValueError("a scalar with sides")
        if math.prod(shape) * dtype.itemsize != size or start + size > len(self.body):
            raise ValueError("the shape does not fit the bytes that came")
        raw = bytearray(self.body[start : start + size])
        if form["dtype"] == "bool" and raw.translate(None, b"\0\1"):
            raise ValueError("a truth value that is neither")
        if kind == "tensor":
            value = torch.frombuffer(raw, dtype=dtype).reshape(shape) if raw else torch.zeros(shape, dtype=dtype)
            if form.get("grad") is True:
                value.requires_grad_()
        else:
            value = np.frombuffer(raw, dtype=dtype).reshape(shape)
        self.arrays.append(value)
        return value[()] if kind == "scalar" else value


def tensor_bytes(tensor):
    """The numbers of a dense tensor as bytes, row by row."""
    flat = torch.empty(tensor.numel(), dtype=tensor.dtype)      # a new one: a view of one element may keep a stride that is not 1
    flat.copy_(tensor.detach().reshape(-1))
    return flat.view(torch.uint8).numpy().tobytes() if flat.numel() else b""


def array_bytes(array):
    """The numbers of a NumPy array or a dense tensor as bytes, row by row."""
    return tensor_bytes(array) if isinstance(array, torch.Tensor) else np.ascontiguousarray(array).tobytes()


def overwrite(array, raw):
    """Write bytes back into an array of the same size, in place."""
    if isinstance(array, torch.Tensor):
        with torch.no_grad():
            array.copy_(torch.frombuffer(bytearray(raw), dtype=array.dtype).reshape(array.shape))
    else:
        array[...] = np.frombuffer(raw, dtype=array.dtype).reshape(array.shape)
