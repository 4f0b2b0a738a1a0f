"""a surprise is the negative logarithm"""

answers = {"a": 0.125, "b": 0.4, "c": -0.928, "d": 2.53}
