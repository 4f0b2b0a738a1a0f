"""b: the source is not masked causally"""

observed = {"a": [3, 4, 5], "b": [1, 2, 3, 4, 5], "c": [], "d": []}
