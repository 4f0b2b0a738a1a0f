"""a: the word at place 3 is seen by itself"""

observed = {"a": [3], "b": [0, 1, 2, 3, 4, 5], "c": [], "d": []}
