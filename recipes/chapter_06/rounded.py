"""The two models with rounded weights and activations, without any training: three minutes.

Weights: 8 to 2 bits, one scale for each output or one for each matrix, or k-means codebooks. Activations: 8 bits, with ranges from 64
training examples, in full or without one number in a thousand. torch int8: the linear maps on torch's own kernels.
"""

import functools

from book_lib import compression
from book_lib.compression import clustered, rounded
from book_lib.experiments.compressed import HELD_OUT, MODELS, QUALITY, fold_batch_norms, load, loss_on_examples, measure, quality

FACTS = {"quality": QUALITY, "held_out": HELD_OUT, "calibrated_on": 64}
WEIGHTS = {
    "float32": None,
    **{f"{bits} bits": functools.partial(rounded, bits=bits) for bits in (8, 6, 5, 4, 3, 2)},
    **{f"{bits} bits, one scale": functools.partial(rounded, bits=bits, per_channel=False) for bits in (8, 6, 4)},
    **{f"{bits} bits, codebook": functools.partial(clustered, bits=bits) for bits in (4, 3)},
}
KINDS = {"float32": "float32", "8 bits": "int8", "8 bits, one scale": "int8, one scale", "4 bits": "int4", "4 bits, codebook": "codebook4"}
SHARES = {"full range": 1.0, "without 1 in 1000": 0.999}


def plan(runs):
    activations = [("float32", "full range"), ("8 bits", "full range"), ("8 bits", "without 1 in 1000"), ("torch int8", "while it runs")]
    return [{"model": name, "weights": weights, "activations": "float32"} for name in MODELS for weights in WEIGHTS] + [
        {"model": name, "weights": weights, "activations": kind} for name in MODELS for weights, kind in activations]


def run(model, weights, activations):
    network = fold_batch_norms(load(model))
    if weights == "torch int8":
        return {"quality": round(quality(model, compression.torch_int8(network)), 4)}
    ranges = None if activations == "float32" else compression.calibrate(network, loss_on_examples, share=SHARES[activations])
    if WEIGHTS[weights] is not None:
        compression.settle(compression.round_weights(network, WEIGHTS[weights]))
    if ranges is not None:
        compression.round_activations(network, ranges)
    measured = measure(model, network, KINDS.get(weights, "float32"))
    return {"quality": round(measured.quality, 4)} | ({"bytes": measured.bytes} if weights in KINDS and ranges is None else {})
