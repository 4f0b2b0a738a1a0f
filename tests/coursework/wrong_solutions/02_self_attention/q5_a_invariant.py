"""a: each token keeps its own output, so the rows move with the tokens: equivariant, not invariant"""

observed = {"a": "same", "b": "same", "c": "same", "d": "sharper"}
