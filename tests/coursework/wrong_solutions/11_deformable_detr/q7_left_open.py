"""what you observed for d should be one of"""

observed = {"a": "same", "b": "different", "c": "same", "d": "?"}
