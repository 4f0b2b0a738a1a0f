"""d: no output looks at later words"""

observed = {"a": [3, 4, 5], "b": [0, 1, 2, 3, 4, 5], "c": [], "d": [0, 1, 2, 3]}
