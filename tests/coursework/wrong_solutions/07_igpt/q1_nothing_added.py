"""one is added to each count first"""

answers = {"a": 0, "b": 0.5, "c": 0.916, "d": 2.5}
