"""what you observed for c should be one of"""

observed = {"a": "same", "b": "different", "c": "?", "d": "same"}
