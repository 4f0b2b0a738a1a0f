"""what you observed for d should be one of"""

observed = {"a": "smaller", "b": "the same", "c": "larger", "d": "?"}
