"""what you observed for b should be one of"""

observed = {"a": "same", "b": "?", "c": "different", "d": "same"}
