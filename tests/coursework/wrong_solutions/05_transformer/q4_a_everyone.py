"""a: the word at place 3 is seen by itself and by all later words"""

observed = {"a": [0, 1, 2, 3, 4, 5], "b": [0, 1, 2, 3, 4, 5], "c": [], "d": []}
