"""b: the matching finds the same pairs"""

observed = {"a": "permuted alike", "b": "different", "c": "different", "d": "same"}
