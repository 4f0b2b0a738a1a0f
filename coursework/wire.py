"""Plain data between the process that checks and the process that runs a student's code.

Nothing received is ever executed or unpickled: numbers, text, containers and arrays arrive as data, everything else as a handle.
"""

import json
import struct

import numpy as np
import torch

_HEADER = struct.Struct(">II")
_MAX_BYTES = 32 * 2**20
_MAX_DEPTH = 20
_TORCH_DTYPES = {str(dtype).removeprefix("torch."): dtype for dtype in vars(torch).values() if isinstance(dtype, torch.dtype)}
_NUMPY_KINDS = "biufc"


class WireError(Exception):
    """What arrived is not a message of ours, or is too large to be an answer."""


def send(connection, message, blobs=()):
    """Send a JSON message and the raw bytes of its arrays over a stream socket. Raises WireError above 32 MB."""
    text = json.dumps(message).encode()
    body = b"".join(blobs)
    if len(text) + len(body) > _MAX_BYTES:
        raise WireError(f"an answer of {(len(text) + len(body)) / 2**20:.0f} MB is too large")
    connection.sendall(_HEADER.pack(len(text), len(body)) + text + body)


def receive(connection):
    """Receive one message: (JSON object, bytes of its arrays). Raises EOFError when the other side is gone."""
    text_size, body_size = _HEADER.unpack(_read(connection, _HEADER.size))
    if text_size + body_size > _MAX_BYTES:
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
        self.offset = 0

    def encode(self, value, depth=0):
        """The JSON form of `value`; the bytes of its arrays are appended to `blobs`, the arrays themselves to `arrays`."""
        if depth > _MAX_DEPTH:
            raise WireError(f"the answer is nested deeper than {_MAX_DEPTH} levels")
        if value is None or isinstance(value, bool | str):
            return value
        if isinstance(value, np.generic) and value.dtype.kind in _NUMPY_KINDS:
            return self._array("scalar", value, np.asarray(value))
        if isinstance(value, int | float):
            return value
        if isinstance(value, list | tuple):
            kind = "list" if isinstance(value, list) else "tuple"
            return {"kind": kind, "items": [self.encode(item, depth + 1) for item in value]}
        if isinstance(value, dict):
            pairs = [[self.encode(key, depth + 1), self.encode(item, depth + 1)] for key, item in value.items()]
            return {"kind": "dict", "items": pairs}
        if isinstance(value, np.ndarray) and value.dtype.kind in _NUMPY_KINDS:
            return self._array("array", value, value)
        if isinstance(value, torch.Tensor) and value.layout == torch.strided and value.device.type == "cpu":
            return self._tensor(value)
        return self.to_handle(value)

    def _array(self, kind, value, array):
        return self._store(kind, value, array.dtype.name, array.shape, np.ascontiguousarray(array).tobytes())

    def _tensor(self, value):
        return self._store("tensor", value, str(value.dtype).removeprefix("torch."), value.shape, tensor_bytes(value))

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

    def decode(self, form):
        """The value of a JSON form. Raises WireError where it is malformed, whatever the sender intended."""
        try:
            return self._decode(form)
        except (KeyError, TypeError, ValueError, RuntimeError, RecursionError, OverflowError, MemoryError) as error:
            raise WireError("the answer is not readable") from error

    def _decode(self, form):
        if not isinstance(form, dict):
            return form
        kind = form["kind"]
        if kind == "list":
            return [self._decode(item) for item in form["items"]]
        if kind == "tuple":
            return tuple(self._decode(item) for item in form["items"])
        if kind == "dict":
            return {self._decode(key): self._decode(item) for key, item in form["items"]}
        if kind in ("array", "scalar", "tensor"):
            return self._decode_array(kind, form)
        return self.from_handle(form)

    def _decode_array(self, kind, form):
        shape = tuple(int(n) for n in form["shape"])
        raw = self.body[form["start"] : form["start"] + form["size"]]
        if kind == "tensor":
            dtype = _TORCH_DTYPES[form["dtype"]]
            value = torch.frombuffer(bytearray(raw), dtype=dtype).reshape(shape) if raw else torch.empty(shape, dtype=dtype)
        else:
            value = np.frombuffer(bytearray(raw), dtype=np.dtype(form["dtype"])).reshape(shape)
        self.arrays.append(value)
        return value[()] if kind == "scalar" else value


def tensor_bytes(tensor):
    """The numbers of a dense tensor as bytes, row by row."""
    flat = tensor.detach().resolve_conj().resolve_neg().contiguous().reshape(-1)
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
