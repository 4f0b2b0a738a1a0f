"""what you observed for c should be one of"""

observed = {"a": "shuffled alike", "b": "different", "c": "?", "d": "same"}
