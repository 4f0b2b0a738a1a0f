"""Pack the attention weights of any model for the figure; run as a script, record the two heads that chapter 3 makes by hand."""

import json
from pathlib import Path

import torch

from book_lib.attention import scaled_dot_product_attention

DATA = Path(__file__).with_name("data.json")
TOKENS = ["animal", "road", "it", "tired"]
WHOM = [[1, 0], [0, 0], [2, 1], [3, 1]], [[2, 0], [0, 2], [-1, 0], [1, 0]]                # queries, keys: whom could the word stand for?
WHAT = [[0, 0], [0, 0], [2, 0], [2, 0]], [[0, 0], [0, 0], [0, 0], [2, 0]]                 # and: what is said about it?


def attention_example(label, queries, weights, keys=None, asks=(), glosses=()):
    """One sentence for a HeadExplorer: its words, and its weights rounded to whole numbers from 0 to 255.

    weights: for each layer [n_heads, n, m], tensors, arrays or lists; keys: the words looked at, by default the queries (self-attention);
    asks: places of the queries that matter most, shown bold; the average distance is taken over them. glosses: for keys that are Chinese
    characters, the words they form, [[word, pinyin, gloss], …] as book_lib.data.translation_glosses.reading cuts them.
    """
    keys = queries if keys is None else keys
    layers = [layer if isinstance(layer, list) else layer.tolist() for layer in weights]
    rounded = [[[round(255 * x) for row in head for x in row] for head in layer] for layer in layers]
    one = {"label": label, "queries": list(queries), "keys": list(keys), "weights": rounded, "asks": list(asks)}
    return one | {"glosses": [list(word) for word in glosses]} if glosses else one


def two_heads_by_hand():
    heads = []
    for query, key in (WHOM, WHAT):
        query, key = torch.tensor(query, dtype=torch.float64), torch.tensor(key, dtype=torch.float64)
        heads.append(scaled_dot_product_attention(query, key, key)[1].tolist())
    return attention_example(" ".join(TOKENS), TOKENS, [heads], asks=[2])


def main():
    DATA.write_text(json.dumps([two_heads_by_hand()], separators=(",", ":")) + "\n", "utf-8")


if __name__ == "__main__":
    main()
