"""what you observed for a should be a list of places from 0 to 5"""

observed = {"a": [4, 5, 6], "b": [0, 1, 2, 3, 4, 5], "c": [], "d": []}
