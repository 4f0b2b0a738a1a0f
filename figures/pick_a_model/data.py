from book_lib.experiments.compressed import MODELS
from book_lib.experiments.compressed_variants import ROUNDED, variants


def data(state):
    """Every measured variant of both models; of those rounded after a training only the ones that no smaller or equal file beats."""
    return [{"model": model} | one for model in MODELS for one in _worth_a_dot(variants(model))]


def _worth_a_dot(rows):
    def beaten(one):
        return any(other["bytes"] <= one["bytes"] and other["quality"] > one["quality"] for other in rows)

    return [one for one in rows if not one["name"].endswith(tuple(f", {words}" for words in ROUNDED.values())) or not beaten(one)]
