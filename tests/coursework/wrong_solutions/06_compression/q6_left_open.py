"""what you observed for d should be one of"""

observed = {"a": "larger", "b": "the same", "c": "larger", "d": "?"}
