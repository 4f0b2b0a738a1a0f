"""what you observed for c should be a list"""

observed = {"a": [3, 4, 5], "b": [0, 1, 2, 3, 4, 5], "c": "?", "d": []}
