"""The book's running example: four words of "The animal did not cross the road because it was too tired", small enough to redo on paper.

Each word has three features: is a living thing, is a place, needs something to refer to. Row form: query = features @ W_QUERY.
"""

import math

SENTENCE = ["The", "animal", "did", "not", "cross", "the", "road", "because", "it", "was", "too", "tired"]
TOKENS = ["animal", "road", "it", "tired"]
FEATURES = {"animal": [1, 0, 0], "road": [0, 1, 0], "it": [0, 0, 1], "tired": [1, 0, 1], "wide": [0, 1, 1]}
W_QUERY = [[1, 0], [0, 0], [2, 1]]
W_KEY = [[2, 0], [0, 2], [-1, 0]]
W_VALUE = [[4, 0], [0, 4], [1, 1]]


def project(token: str, matrix: list[list[int]]) -> list[int]:
    """The features [3] of a token times a matrix [3, 2]."""
    return [sum(x * w for x, w in zip(FEATURES[token], column, strict=True)) for column in zip(*matrix, strict=True)]


def projections(tokens: list[str]) -> dict[str, list[list[int]]]:
    """query, key and value [n, 2] of these tokens."""
    return {name: [project(token, m) for token in tokens] for name, m in (("query", W_QUERY), ("key", W_KEY), ("value", W_VALUE))}


def attend(query: list, key: list, value: list, scale: bool = True) -> dict[str, list]:
    """One attention by plain arithmetic: scores, scaled and weights [n, n], output [n, d_v]; equal to scaled_dot_product_attention."""
    root = math.sqrt(len(key[0])) if scale else 1
    scores = [[sum(a * b for a, b in zip(q, k, strict=True)) for k in key] for q in query]
    scaled = [[score / root for score in row] for row in scores]
    weights = [softmax(row) for row in scaled]
    output = [[sum(w * v[c] for w, v in zip(row, value, strict=True)) for c in range(len(value[0]))] for row in weights]
    return {"scores": scores, "scaled": scaled, "weights": weights, "output": output}


def softmax(scores: list[float]) -> list[float]:
    """exp of each score over their sum, safe for large scores."""
    top = max(scores)
    parts = [math.exp(score - top) for score in scores]
    return [part / sum(parts) for part in parts]
