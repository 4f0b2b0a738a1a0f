"""what you observed for d should be one of"""

observed = {"a": "fewer", "b": "the same", "c": "none", "d": "?"}
