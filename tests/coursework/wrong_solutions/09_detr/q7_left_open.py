"""what you observed for c should be one of"""

observed = {"a": "permuted alike", "b": "same", "c": "?", "d": "same"}
