from book_lib.experiments.compressed import MODELS
from book_lib.experiments.compressed_variants import variants


def data(state):
    """Every measured variant of both models."""
    return [{"model": model} | one for model in MODELS for one in variants(model)]
