"""c: padding is hidden in the encoder"""

observed = {"a": [3, 4, 5], "b": [0, 1, 2, 3, 4, 5], "c": [0, 1, 2, 3, 4, 5], "d": []}
